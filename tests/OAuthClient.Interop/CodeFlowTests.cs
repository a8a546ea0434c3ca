using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Tests the authorization code grant with a secret and without one, and its refusals.</summary>
[TestFixture]
public sealed class CodeFlowTests
{
    [Test]
    [Description(
        "RFC 6749 §2.3.1, §4.1: the secret by Basic and in the body, with a secret that must be form-encoded, and a client id "
            + "with a space"
    )]
    public async Task With_a_secret(
        [Values] ServerKind server,
        [Values(null, ClientAuthenticationMethod.ClientSecretBasic, ClientAuthenticationMethod.ClientSecretPost)]
            ClientAuthenticationMethod? method
    )
    {
        await using var party = await RelyingParty.StartAsync(
            new()
            {
                ["token_endpoint_auth_method"] =
                    method is ClientAuthenticationMethod.ClientSecretPost ? "client_secret_post" : "client_secret_basic",
            },
            o => o.ClientAuthentication = method,
            server: server
        );

        var grant = await party.SignInAsync();

        Assert.That(grant.Subject, Is.EqualTo(party.Provider.Alice));
        Assert.That(grant.Server, Is.EqualTo(party.Provider.Issuer.OriginalString));
        Assert.That(grant.Scopes, Is.EquivalentTo(new[] { "openid", "profile", "email", "offline_access" }));
        Assert.That(grant.CanRefresh, Is.True);
        Assert.That(await party.Client.GetAccessTokenAsync(RelyingParty.Owner), Is.EqualTo(grant.AccessToken));
    }

    [Test]
    [Description("RFC 6749 §2.1, RFC 7636: a public client, protected only by PKCE")]
    public async Task Without_a_secret([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(
            new() { ["token_endpoint_auth_method"] = "none", ["client_secret"] = null },
            o => o.ClientSecret = null,
            server: server
        );

        var grant = await party.SignInAsync();

        Assert.That(grant.Subject, Is.EqualTo(party.Provider.Alice));
        Assert.That(
            await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { RejectedToken = grant.AccessToken }),
            Is.Not.EqualTo(grant.AccessToken)
        );
    }

    [Test]
    [Description("OAuth 2.0 Form Post Response Mode §2: the authorization response in the body of a request")]
    public async Task By_form_post([Values(ServerKind.OidcProvider, ServerKind.OpenIddict)] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(options: o => o.ResponseMode = "form_post", server: server);

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo(party.Provider.Alice));
    }

    [Test]
    [Description("RFC 6749 §5.2: the message states the cause, without the secret")]
    public async Task A_wrong_secret_is_reported([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(options: o => o.ClientSecret = "another secret", server: server);

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
    [Description("RFC 6749 §5.2: the message states that a confidential client has no secret here")]
    public async Task A_missing_secret_is_reported([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(options: o => o.ClientSecret = null, server: server);

        Assert.That(
            async () => await party.SignInAsync(),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property(nameof(EndpointException.Error))
                .EqualTo("invalid_client")
                .And.Message.Contains("ClientSecret is not set")
        );
    }

    [Test]
    [Description("RFC 6749 §4.1.2.1: Alice refuses, and no grant is stored")]
    public async Task Alice_refuses([Values] ServerKind server)
    {
        using Visitor alice = new() { Refuses = true };
        await using var party = await RelyingParty.StartAsync(server: server);

        Assert.That(
            async () => await party.SignInAsync(alice),
            Throws.TypeOf<AuthorizationResponseException>().With.Property(nameof(AuthorizationResponseException.IsAccessDenied)).True
        );
        Assert.That(await party.Client.FindGrantAsync(RelyingParty.Owner), Is.Null);
    }

    [Test]
    [Description("RFC 6749 §4.1.2: another node of the application presents a code that was used")]
    public async Task A_used_code([Values] ServerKind server)
    {
        using Visitor alice = new();
        await using var party = await RelyingParty.StartAsync(server: server);
        await using var other = party.StartNode();
        var pending = await party.Client.BeginAuthorizationAsync(new() { Prompt = "consent" });
        var response = await alice.AuthorizeAsync(pending.AuthorizationUri);
        await party.Client.CompleteAuthorizationAsync(pending, response, RelyingParty.Owner);
        var restored = PendingAuthorization.Unprotect(pending.Protect(data => data), data => data);

        Assert.That(
            async () => await other.GetRequiredService<IOAuthClient>().CompleteAuthorizationAsync(restored, response, RelyingParty.Owner),
            Throws.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("invalid_grant")
        );
    }

    [Test]
    [Description("OpenID Connect Core §3.1.2.1, §3.1.3.7: the ID Token states when Alice was authenticated")]
    public async Task Time_of_the_authentication([Values] ServerKind server)
    {
        using Visitor alice = new();
        await using var party = await RelyingParty.StartAsync(server: server);
        var pending = await party.Client.BeginAuthorizationAsync(new() { Prompt = "consent", MaxAge = TimeSpan.FromMinutes(5) });
        var response = await alice.AuthorizeAsync(pending.AuthorizationUri);

        var grant = await party.Client.CompleteAuthorizationAsync(pending, response, RelyingParty.Owner);

        Assert.That(grant.IdTokenClaims!.Value.GetProperty("auth_time").GetInt64(), Is.Positive);
    }

    [Test]
    [Description("OpenID Connect Core §5.3: the claims about Alice, requested with her access token")]
    public async Task Userinfo([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(server: server);
        await party.SignInAsync();

        var alice = await party.Client.GetUserInfoAsync(RelyingParty.Owner);

        Assert.That(alice.Subject, Is.EqualTo(party.Provider.Alice));
        Assert.That(alice["name"], Is.EqualTo("Alice Ärmel"));
        Assert.That(alice["email"], Is.EqualTo("alice@example.com"));
    }
}
