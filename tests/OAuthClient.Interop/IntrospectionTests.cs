using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Tests introspection responses of the provider, plain and signed.</summary>
[TestFixture]
public sealed class IntrospectionTests
{
    [TestCase(null)]
    [TestCase("RS256")]
    [TestCase("PS256")]
    [TestCase("ES256")]
    [Description("RFC 7662, RFC 9701: a valid token, and the same token after its revocation")]
    public async Task Valid_and_revoked_token(string? signature)
    {
        JsonObject metadata = [];
        if (signature is not null)
            metadata["introspection_signed_response_alg"] = signature;
        await using var party = await RelyingParty.StartAsync(
            metadata,
            o =>
            {
                o.SignedIntrospectionResponses = signature is not null;
                o.IdTokenSigningAlgorithms = ["RS256", signature ?? "RS256"];
            }
        );
        var grant = await party.SignInAsync();
        var introspection = party.Services.GetRequiredService<TokenIntrospection>();

        var token = await introspection.IntrospectAsync(grant.AccessToken!);
        Assert.That(token.IsActive, Is.True);
        Assert.That(token.Subject, Is.EqualTo("alice"));
        Assert.That(token.ClientId, Is.EqualTo(grant.ClientId));
        Assert.That(token.Scopes, Is.EquivalentTo(grant.Scopes));
        Assert.That(token.ExpiresAt - token.IssuedAt, Is.EqualTo(TimeSpan.FromMinutes(10)));

        await party.Client.RevokeAsync(RelyingParty.Owner);
        Assert.That((await introspection.IntrospectAsync(grant.AccessToken!)).IsActive, Is.False);
        Assert.That((await introspection.IntrospectAsync(grant.RefreshToken!)).IsActive, Is.False);
    }

    [Test]
    [Description("RFC 8707: the audience of a token")]
    public async Task Audience_of_a_token()
    {
        await using var party = await RelyingParty.StartAsync(options: o =>
        {
            o.Scopes = ["openid", "photos.read"];
            o.Resources = [new("https://api.example.com/photos")];
        });
        var grant = await party.SignInAsync();

        var token = await party.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync(grant.AccessToken!);

        Assert.That(token.Audience, Is.EqualTo(new[] { "https://api.example.com/photos" }));
        Assert.That(token.Scopes, Is.EqualTo(new[] { "photos.read" }));
    }
}
