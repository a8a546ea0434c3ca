using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>Tests grant types without a browser, and what the exceptions say where a server refuses one.</summary>
[TestFixture]
public sealed class GrantTypeTests
{
    private const string TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";

    [Test]
    [Description("RFC 6749 §4.4: the client's own token")]
    public async Task The_clients_own_token([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(
            new()
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
                // django-oauth-toolkit knows no resources.
                o.Resources = server is ServerKind.Django ? [] : [new("https://api.example.com/photos")];
            },
            server: server
        );

        var token = await party.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(token.Scopes, Is.EqualTo(new[] { "photos.read" }));
        Assert.That(await party.Client.GetAccessTokenAsync(GrantOwner.Client), Is.SameAs(token));
    }

    [TestCase(ServerKind.OidcProvider, "invalid_request")]
    [TestCase(ServerKind.OpenIddict, "unauthorized_client")]
    [TestCase(ServerKind.Django, "unauthorized_client")]
    [Description("RFC 6749 §5.2: a client that is registered for another grant type")]
    public async Task Not_registered_for_the_grant_type(ServerKind server, string error)
    {
        await using var party = await RelyingParty.StartAsync(server: server);

        Assert.That(
            async () => await party.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo(error)
        );
    }

    [Test]
    [Description("RFC 6749 §4.5, §5.2: a grant type that the server does not know")]
    public async Task An_unknown_grant_type([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(server: server);

        Assert.That(
            async () => await party.Client.RequestTokenAsync(TokenRequest.Extension("urn:example:unknown", [])),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property(nameof(EndpointException.Error))
                .EqualTo("unsupported_grant_type")
                .And.Message.Contains("does not support this grant type")
        );
    }

    [Test]
    [Description("RFC 6749 §4.5: a grant type of the server's own, and what the server says of wrong credentials")]
    public async Task A_grant_type_of_the_server()
    {
        await using var party = await StartAsync(OpenIddictHandlers.CustomGrantType);

        var response = await party.Client.RequestTokenAsync(Voucher("valid"));

        Assert.That(response.AccessToken.Scopes, Is.EqualTo(new[] { "photos.read" }));
        Assert.That(
            async () => await party.Client.RequestTokenAsync(Voucher("spent")),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property(nameof(EndpointException.Error))
                .EqualTo("invalid_grant")
                .And.Message.Contains("The voucher is not valid.")
                .And.Message.Not.Contains("spent")
        );

        static TokenRequest Voucher(string voucher) =>
            TokenRequest.Extension(OpenIddictHandlers.CustomGrantType, [new("voucher", voucher), new("scope", "photos.read")]);
    }

    [Test]
    [Description("RFC 8693 §2.1, §2.2.1: Alice's access token is exchanged for one with fewer scopes")]
    public async Task Token_exchange()
    {
        await using var party = await StartAsync(TokenExchange);
        var grant = await party.SignInAsync();

        var response = await party.Client.RequestTokenAsync(Exchange(grant.AccessToken!));

        Assert.That(response.AccessToken.Scopes, Is.EqualTo(new[] { "profile" }));
        Assert.That(response.AccessToken, Is.Not.EqualTo(grant.AccessToken));
        Assert.That(
            response.AdditionalMembers["issued_token_type"].GetString(),
            Is.EqualTo("urn:ietf:params:oauth:token-type:access_token")
        );

        await party.Client.RevokeAsync(RelyingParty.Owner);
        Assert.That(
            async () => await party.Client.RequestTokenAsync(Exchange(grant.AccessToken!)),
            Throws.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("invalid_grant"),
            "the subject token was revoked"
        );

        static TokenRequest Exchange(AccessToken subject) =>
            TokenRequest.Extension(
                TokenExchange,
                [
                    new("subject_token", subject.Reveal()),
                    new("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                    new("scope", "profile"),
                ]
            );
    }

    private static Task<RelyingParty> StartAsync(string grantType) =>
        RelyingParty.StartAsync(
            new() { ["grant_types"] = new JsonArray("authorization_code", "refresh_token", grantType) },
            server: ServerKind.OpenIddict
        );
}
