using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Tests introspection responses of the provider, plain and signed.</summary>
[TestFixture]
public sealed class IntrospectionTests
{
    private const string ScopesAreForTheAudience = "OpenIddict states the scopes only to the audience of the token";

    [Test]
    [Description("RFC 7662: a valid token, the same token after its revocation, and a token that never was")]
    public async Task Valid_and_revoked_token([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(server: server);
        var grant = await party.SignInAsync();
        var introspection = party.Services.GetRequiredService<TokenIntrospection>();

        var token = await introspection.IntrospectAsync(grant.AccessToken!);
        Assert.That(token.IsActive, Is.True);
        Assert.That(token.ClientId, Is.EqualTo(grant.ClientId));
        Assert.That(token.ExpiresAt, Is.EqualTo(grant.AccessToken!.ExpiresAt).Within(TimeSpan.FromSeconds(5)));
        // django-oauth-toolkit states Alice by her user name only.
        Assert.That(server is ServerKind.Django ? token.UserName : token.Subject, Is.EqualTo("alice"));
        Assert.That(token.Scopes, server is ServerKind.OpenIddict ? Is.Empty : Is.EquivalentTo(grant.Scopes), ScopesAreForTheAudience);

        await party.Client.RevokeAsync(RelyingParty.Owner);
        Assert.That((await introspection.IntrospectAsync(grant.AccessToken!)).IsActive, Is.False);
        Assert.That((await introspection.IntrospectAsync(grant.RefreshToken!)).IsActive, Is.False);
        Assert.That((await introspection.IntrospectAsync("no token of this server")).IsActive, Is.False);
    }

    [TestCase(ServerKind.OidcProvider, HttpStatusCode.Unauthorized)]
    [TestCase(ServerKind.OpenIddict, HttpStatusCode.Unauthorized)]
    [TestCase(ServerKind.Django, HttpStatusCode.Forbidden)]
    [Description("RFC 7662 §2.3: a client that does not authenticate learns nothing about a token")]
    public async Task A_wrong_secret(ServerKind server, HttpStatusCode status)
    {
        await using var party = await RelyingParty.StartAsync(options: o => o.ClientSecret = "another secret", server: server);

        Assert.That(
            async () => await party.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync("a token"),
            Throws
                .TypeOf<EndpointException>()
                .With.Property(nameof(EndpointException.StatusCode))
                .EqualTo(status)
                .And.Message.Contains("introspection endpoint")
        );
    }

    [TestCase("RS256")]
    [TestCase("PS256")]
    [TestCase("ES256")]
    [Description("RFC 9701: the response is a JWT that the provider signed")]
    public async Task Signed_response(string signature)
    {
        await using var party = await RelyingParty.StartAsync(
            new() { ["introspection_signed_response_alg"] = signature },
            o =>
            {
                o.SignedIntrospectionResponses = true;
                o.IdTokenSigningAlgorithms = ["RS256", signature];
            }
        );
        var grant = await party.SignInAsync();
        var introspection = party.Services.GetRequiredService<TokenIntrospection>();

        var token = await introspection.IntrospectAsync(grant.AccessToken!);
        Assert.That(token.IsActive, Is.True);
        Assert.That(token.Subject, Is.EqualTo("alice"));
        Assert.That(token.ExpiresAt - token.IssuedAt, Is.EqualTo(TimeSpan.FromMinutes(10)));

        await party.Client.RevokeAsync(RelyingParty.Owner);
        Assert.That((await introspection.IntrospectAsync(grant.AccessToken!)).IsActive, Is.False);
    }

    [Test]
    [Description("RFC 8707: the audience of a token")]
    public async Task Audience_of_a_token([Values(ServerKind.OidcProvider, ServerKind.OpenIddict)] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(
            options: o =>
            {
                o.Scopes = ["openid", "photos.read"];
                o.Resources = [new("https://api.example.com/photos")];
            },
            server: server
        );
        var grant = await party.SignInAsync();

        var token = await party.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync(grant.AccessToken!);

        Assert.That(token.Audience, Is.EqualTo(new[] { "https://api.example.com/photos" }));
        Assert.That(
            token.Scopes,
            server is ServerKind.OpenIddict ? Is.Empty : Is.EqualTo(new[] { "photos.read" }),
            ScopesAreForTheAudience
        );
    }
}
