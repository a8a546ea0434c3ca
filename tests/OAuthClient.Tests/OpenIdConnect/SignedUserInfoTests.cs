using System.Text;
using System.Text.Json.Nodes;
using static OAuthClient.Tests.SignedServer;

namespace OAuthClient.Tests;

/// <summary>Tests userinfo responses that are JWTs (OpenID Connect Core §5.3.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SignedUserInfoTests
{
    [TestCase("application/jwt")]
    [TestCase("application/jwt; charset=utf-8")]
    [TestCase("APPLICATION/JWT")]
    [Description("OpenID Connect Core §5.3.2: a response that the server signed, with iss and aud, is accepted")]
    public async Task A_response_signed_by_the_server_is_accepted(string mediaType)
    {
        await using var server = await SignedInAsync();
        string compact = Sign(
            Claims(("aud", new JsonArray("someone", "client")), ("name", "Alice Adams"), ("exp", Now.AddMinutes(1).ToUnixTimeSeconds()))
        );
        server.Answers(sentRequest =>
        {
            if (sentRequest.Uri.AbsolutePath == "/jwks")
                return ScriptedServer.Json(200, SigningKeys.Set(TestKey.Rsa.Jwk()));
            ByteArrayContent content = new(Encoding.ASCII.GetBytes(compact));
            content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
            return new() { Content = content };
        });

        var user = await server.Client.GetUserInfoAsync(GrantOwner.User("42"));
        Assert.That(user.Subject, Is.EqualTo("alice"));
        Assert.That(user["name"], Is.EqualTo("Alice Adams"));
        Assert.That(server.Requests[^1].Accept, Is.EqualTo("application/json, application/jwt"));
        Assert.That(server.Requests[^1].Authorization, Is.EqualTo("Bearer the-access-token"));
    }

    [Test]
    [Description("OpenID Connect Core §5.3.2: iss and aud are recommended, not required")]
    public async Task iss_and_aud_are_optional()
    {
        await using var server = await SignedInAsync();
        server.Says(Sign(new() { ["sub"] = "alice" }));
        Assert.That((await server.Client.GetUserInfoAsync(GrantOwner.User("42"))).Subject, Is.EqualTo("alice"));
    }

    [Test]
    [Description("OpenID Connect Core §10.2: a response that is signed and then encrypted for the client is accepted")]
    public async Task A_signed_and_encrypted_response_is_accepted()
    {
        await using var server = await SignedInAsync(o => o.DecryptionKeys = [DecryptionKeyTexts.Pem]);
        server.Says(TestJwe.Encrypt(Sign(Claims(("name", "Alice Adams"))), DecryptionKeyTexts.Rsa, "RSA-OAEP-256", "A256GCM"));
        Assert.That((await server.Client.GetUserInfoAsync(GrantOwner.User("42")))["name"], Is.EqualTo("Alice Adams"));
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        yield return Case("unsigned", $"{TestKey.Encode("{\"alg\":\"none\"}")}.{TestKey.Encode(Claims().ToJsonString())}.", "'none'");
        yield return Case(
            "another key",
            TestKey.AnotherRsa.Sign("RS256", "{\"alg\":\"RS256\",\"kid\":\"key-1\"}", Claims().ToJsonString()),
            "does not verify"
        );
        yield return Case("an access token", Sign(Claims(), "{\"alg\":\"RS256\",\"kid\":\"key-1\",\"typ\":\"at+jwt\"}"), "typ");
        yield return Case("another issuer", Sign(Claims(("iss", Issuer + "/"))), "iss");
        yield return Case("another user", Sign(Claims(("sub", "mallory"))), "another user");
        yield return Case("no subject", Sign(Claims(("sub", null))), "no sub");
        yield return Case(
            "encrypted only",
            TestJwe.Encrypt(Claims().ToJsonString(), DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM"),
            "not a signed JWT"
        );

        static TestCaseData Case(string name, string body, string words) => new TestCaseData(body, words).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Refused))]
    [Description(
        "OpenID Connect Core §5.3.2, RFC 8725: form, signature, claims and user are each validated; IdTokenClaimsValidatorTests "
            + "has every defect of the claims"
    )]
    public async Task An_invalid_response_is_rejected(string body, string words)
    {
        await using var server = await SignedInAsync(o => o.DecryptionKeys = [DecryptionKeyTexts.Pem]);
        server.Says(body);
        Assert.That(
            async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(words).And.Message.Not.Contains("mallory")
        );
    }

    [Test]
    [Description("An error response is reported as such, independent of its content type")]
    public async Task An_error_with_the_content_type_of_a_JWT_is_reported()
    {
        await using var server = await SignedInAsync();
        server.Says(Sign(Claims()), status: 403);
        Assert.That(async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")), Throws.TypeOf<EndpointException>());
    }

    [Test]
    [Description("Without the server's keys a signed response cannot be validated")]
    public async Task Without_keys_a_signed_response_is_rejected()
    {
        await using ScriptedServer server = new();
        await server.SignInAsync();
        server.Says(Sign(Claims()));
        Assert.That(
            async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("JwksUri")
        );
    }
}
