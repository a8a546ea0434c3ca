using Microsoft.Extensions.Logging.Abstractions;

namespace OAuthClient.Tests;

/// <summary>Tests when ID Tokens can be validated, and which token is stored (OpenID Connect Core §3.1.3.7).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class IdTokenValidatorTests
{
    private static readonly Uri Keys = new("https://server.example.com/jwks");

    [TestCase(true, true, "RS256", true)]
    [TestCase(true, false, "RS256", false)]
    [TestCase(true, false, "HS256", true)]
    [TestCase(true, false, "HS256 RS256", false)]
    [TestCase(false, true, "RS256", false)]
    [TestCase(false, false, "HS256", false)]
    [Description("Validation requires the issuer, and the server's keys or, for HMAC algorithms only, the client secret")]
    public async Task Validation_requires_an_issuer_and_keys(bool hasIssuer, bool hasKeys, string algorithms, bool isPossible)
    {
        await using ScriptedServer server = new();
        server.Answers("""{"keys":[]}""");
        var configuration = SampleConfiguration.Create(o => o.IdTokenSigningAlgorithms = algorithms.Split(' '));
        var metadata = SampleConfiguration.Server.With(ServerEndpoint.Keys, hasKeys ? Keys : null) with
        {
            Issuer = hasIssuer ? SampleConfiguration.Issuer : null,
        };
        IdTokenValidator validation = new(
            new JwtSignatureValidator(new JwksCache(server.BackChannelOf(), server.Clock, NullLogger.Instance)),
            server.Clock
        );

        Assert.That(IdTokenValidator.CanValidate(metadata, configuration), Is.EqualTo(isPossible));
        await validation.PrefetchKeysAsync(metadata, configuration);
        Assert.That(server.Requests, Has.Count.EqualTo(isPossible && hasKeys ? 1 : 0), "keys are fetched when they are needed");
        if (!isPossible)
        {
            Assert.That(
                async () =>
                    await validation.ValidateAsync(
                        new("a.b.c"),
                        new AccessToken("at", SampleConfiguration.Now, null, [], []),
                        configuration,
                        metadata,
                        nonce: null,
                        default
                    ),
                Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("Set Issuer")
            );
        }
    }

    [Test]
    [Description("RFC 7516: of an encrypted ID Token the signed token is stored; an unencrypted one is stored unchanged")]
    public void The_signed_token_is_stored()
    {
        const string inside = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl";
        var configuration = SampleConfiguration.Create(o => o.DecryptionKeys = [DecryptionKeyTexts.Pem]);
        IdToken signed = new(inside);

        Assert.That(IdTokenValidator.Decrypt(signed, configuration), Is.SameAs(signed));
        Assert.That(
            IdTokenValidator.Decrypt(new(TestJwe.Encrypt(inside, DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM")), configuration).Reveal(),
            Is.EqualTo(inside)
        );
    }
}
