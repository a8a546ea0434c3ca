namespace OAuthClient.Interop;

/// <summary>Tests what is particular to django-oauth-toolkit.</summary>
[TestFixture]
public sealed class DjangoTests
{
    [Test]
    [Description("RFC 8414 §3: version 1 of the toolkit redirects from the address of its metadata, so the endpoints are set")]
    public async Task Without_metadata()
    {
        await using var party = await RelyingParty.StartAsync(options: SetEndpoints, server: ServerKind.Django);

        Assert.That((await party.SignInAsync()).Subject, Is.EqualTo(party.Provider.Alice));

        void SetEndpoints(OAuthClientOptions o)
        {
            string issuer = o.Issuer!.OriginalString;
            o.AuthorizationEndpoint = new(issuer + "/authorize/");
            o.TokenEndpoint = new(issuer + "/token/");
            o.UserInfoEndpoint = new(issuer + "/userinfo/");
            o.JwksUri = new(issuer + "/.well-known/jwks.json");
        }
    }

    [Test]
    [Description("RFC 8414 §3: the exception states that the address of the metadata redirects, and what to set instead")]
    public async Task Metadata_behind_a_redirect()
    {
        await using var party = await RelyingParty.StartAsync(
            options: o => o.Issuer = new(o.Issuer!.GetLeftPart(UriPartial.Authority) + "/v1"),
            server: ServerKind.Django
        );

        Assert.That(
            async () => await party.SignInAsync(),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contains("returned 301 (a redirect, which is not followed)")
                .And.Message.Contains("set MetadataAddress")
        );
    }

    [Test]
    [Description("RFC 8414 §3: the metadata at an address of their own are found by MetadataAddress")]
    public async Task Metadata_at_another_address()
    {
        await using var party = await RelyingParty.StartAsync(
            options: o => o.MetadataAddress = new(o.Issuer!.GetLeftPart(UriPartial.Authority) + "/v1/.well-known/openid-configuration/"),
            server: ServerKind.Django
        );

        Assert.That((await party.SignInAsync()).Subject, Is.Not.Null);
    }

    [Test]
    [Description("RFC 6749 §4.1.2.1: the server refuses a scope that it does not know")]
    public async Task An_unknown_scope()
    {
        await using var party = await RelyingParty.StartAsync(options: o => o.Scopes = ["openid", "unknown"], server: ServerKind.Django);

        Assert.That(
            async () => await party.SignInAsync(),
            Throws
                .TypeOf<AuthorizationResponseException>()
                .With.Property(nameof(AuthorizationResponseException.Error))
                .EqualTo("invalid_scope")
        );
    }
}
