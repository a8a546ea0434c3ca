using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Tests the authorization code grant with every client authentication method.</summary>
[TestFixture]
public sealed class CodeFlowTests
{
    [TestCase("client_secret_basic", ClientAuthenticationMethod.ClientSecretBasic)]
    [TestCase("client_secret_basic", null)]
    [TestCase("client_secret_post", ClientAuthenticationMethod.ClientSecretPost)]
    [Description(
        "RFC 6749 §2.3.1, §4.1: the secret by Basic and in the body, with a secret that must be form-encoded, and a client id "
            + "with a space"
    )]
    public async Task With_a_secret(string registered, ClientAuthenticationMethod? method)
    {
        await using var party = await RelyingParty.StartAsync(
            new() { ["token_endpoint_auth_method"] = registered },
            o => o.ClientAuthentication = method
        );

        var grant = await party.SignInAsync();

        Assert.That(grant.Subject, Is.EqualTo("alice"));
        Assert.That(grant.Server, Is.EqualTo(party.Provider.Issuer.OriginalString.TrimEnd('/')));
        Assert.That(grant.Scopes, Is.EquivalentTo(new[] { "openid", "profile", "email", "offline_access" }));
        Assert.That(grant.CanRefresh, Is.True);
        Assert.That(await party.Client.GetAccessTokenAsync(RelyingParty.Owner), Is.EqualTo(grant.AccessToken));
    }

    [Test]
    [Description("RFC 6749 §2.1, RFC 7636: a public client, protected only by PKCE")]
    public async Task Without_a_secret()
    {
        await using var party = await RelyingParty.StartAsync(
            new() { ["token_endpoint_auth_method"] = "none", ["client_secret"] = null },
            o => o.ClientSecret = null
        );

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo("alice"));
    }

    [Test]
    [Description("RFC 8705 §2.2, §5: a client certificate, at the endpoint for certificates")]
    public async Task With_a_certificate()
    {
        await using var party = await RelyingParty.StartAsync(
            new()
            {
                ["token_endpoint_auth_method"] = "self_signed_tls_client_auth",
                ["client_secret"] = null,
                ["jwks"] = Certificates.ClientSet(),
            },
            o => o.ClientSecret = null,
            builder =>
                builder.UseClientCertificate(_ => Certificates.Client).BackChannel.ConfigurePrimaryHttpMessageHandler(Certificates.Network)
        );

        var grant = await party.SignInAsync();

        Assert.That(grant.Subject, Is.EqualTo("alice"));
        Assert.That(
            await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { RejectedToken = grant.AccessToken }),
            Is.Not.EqualTo(grant.AccessToken)
        );
    }

    [Test]
    [Description("RFC 6749 §5.2: the message states the cause, without the secret")]
    public async Task A_wrong_secret_is_reported()
    {
        await using var party = await RelyingParty.StartAsync(options: o => o.ClientSecret = "another secret");

        Assert.That(
            async () => await party.SignInAsync(),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property(nameof(EndpointException.Error))
                .EqualTo("invalid_client")
                .And.Message.Contains("ClientSecret")
                .And.Message.Not.Contains("another secret")
        );
    }

    [Test]
    [Description("RFC 6749 §4.4: the client's own token")]
    public async Task The_clients_own_token()
    {
        await using var party = await RelyingParty.StartAsync(
            new JsonObject
            {
                ["grant_types"] = new JsonArray("client_credentials"),
                ["response_types"] = new JsonArray(),
                ["redirect_uris"] = new JsonArray(),
                ["scope"] = "photos.read",
            },
            o =>
            {
                o.Scopes = ["photos.read"];
                o.RedirectUri = null;
                o.Resources = [new("https://api.example.com/photos")];
            }
        );

        var token = await party.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(token.Scopes, Is.EqualTo(new[] { "photos.read" }));
        Assert.That(await party.Client.GetAccessTokenAsync(GrantOwner.Client), Is.SameAs(token));
    }
}
