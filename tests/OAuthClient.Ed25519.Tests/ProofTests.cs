using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Ed25519.Tests;

/// <summary>Tests proofs of possession of an Ed25519 key, at servers that verify them (RFC 9449 §4.2, RFC 8037 §3.1).</summary>
[TestFixture]
public sealed class ProofTests
{
    [TestCase("EdDSA")]
    [TestCase("Ed25519")]
    [Description("RFC 9449 §5, §6: code, API call, refresh; the thumbprint of an OKP key has its members only (RFC 8037 §2)")]
    public async Task Tokens_are_bound_to_an_Ed25519_key(string algorithm)
    {
        var key = Ed25519SigningKey.Parse(SampleKeys.Pem, algorithm);
        await using var host = await OAuthTestHost.StartAsync(
            register: client => client.UseDPoPSigner(_ => key),
            server: o => (o.RequireDPoP, o.Ed25519) = (true, new TestEd25519()),
            api: OAuthTestHost.ForOwner
        );

        var grant = await host.SignInAsync();
        Assert.That((await host.Http.GetAsync("/me")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await host.Http.GetAsync("/me")).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        var header = JsonSerializer.Deserialize<JsonElement>(
            System.Buffers.Text.Base64Url.DecodeFromChars(host.Api.Requests[^1].Headers["DPoP"].Split('.')[0])
        );
        Assert.That(header.GetProperty("alg").GetString(), Is.EqualTo(algorithm));
        Assert.That(header.GetProperty("jwk").EnumerateObject().Select(member => member.Name), Is.EqualTo(new[] { "crv", "kty", "x" }));
        Assert.That(grant.AccessToken!.TokenType, Is.EqualTo("DPoP"));
    }
}
