using System.Text;
using System.Text.Json.Nodes;
using static OAuthClient.Tests.SignedServer;

namespace OAuthClient.Tests;

/// <summary>A userinfo answer that is a JWT is signed by the server and meant for this client, or it is not used (OpenID Connect Core §5.3.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SignedUserInfoTests
{
    [TestCase("application/jwt")]
    [TestCase("application/jwt; charset=utf-8")]
    [TestCase("APPLICATION/JWT")]
    [Description("OpenID Connect Core §5.3.2: signed by the server, with iss and aud")]
    public async Task Signed_by_the_server(string mediaType)
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
    [Description("OpenID Connect Core §5.3.2: iss and aud should be there, and need not be")]
    public async Task Signed_without_iss_and_aud()
    {
        await using var server = await SignedInAsync();
        server.Says(Sign(new() { ["sub"] = "alice" }));
        Assert.That((await server.Client.GetUserInfoAsync(GrantOwner.User("42"))).Subject, Is.EqualTo("alice"));
    }

    [Test]
    [Description("OpenID Connect Core §10.2: signed, then encrypted for the client")]
    public async Task Signed_and_encrypted()
    {
        await using var server = await SignedInAsync(o => o.DecryptionKeys = [DecryptionKeyTexts.Pem]);
        server.Says(TestJwe.Encrypt(Sign(Claims(("name", "Alice Adams"))), DecryptionKeyTexts.Rsa, "RSA-OAEP-256", "A256GCM"));
        Assert.That((await server.Client.GetUserInfoAsync(GrantOwner.User("42")))["name"], Is.EqualTo("Alice Adams"));
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        string payload = TestKey.Encode(Claims().ToJsonString());
        yield return Case("another issuer", Sign(Claims(("iss", Issuer + "/"))), "iss");
        yield return Case("another audience", Sign(Claims(("aud", "another"))), "aud");
        yield return Case("no audience", Sign(Claims(("aud", new JsonArray()))), "aud");
        yield return Case("expired", Sign(Claims(("exp", Now.AddMinutes(-1).ToUnixTimeSeconds()))), "expired");
        yield return Case("expiry that is no time", Sign(Claims(("exp", "never"))), "userinfo answer");
        yield return Case("another user", Sign(Claims(("sub", "mallory"))), "another user");
        yield return Case("nobody", Sign(Claims(("sub", null))), "no sub");
        yield return Case("unsigned", $"{TestKey.Encode("{\"alg\":\"none\"}")}.{payload}.", "signed by 'none'");
        yield return Case(
            "another key",
            TestKey.AnotherRsa.Sign("RS256", "{\"alg\":\"RS256\",\"kid\":\"key-1\"}", Claims().ToJsonString()),
            "does not verify"
        );
        yield return Case(
            "public key as secret",
            TestKey.SignByHmac(Encoding.UTF8.GetBytes(TestKey.Rsa.PublicPem), "{\"alg\":\"HS256\"}", Claims().ToJsonString()),
            "signed by 'HS256'"
        );
        yield return Case("an access token", Sign(Claims(), "{\"alg\":\"RS256\",\"kid\":\"key-1\",\"typ\":\"at+jwt\"}"), "typ");
        yield return Case(
            "encrypted only",
            TestJwe.Encrypt(Claims().ToJsonString(), DecryptionKeyTexts.Rsa, "RSA-OAEP", "A128GCM"),
            "no signed JWT"
        );
        yield return Case(
            "member twice",
            TestKey.Rsa.Sign("RS256", "{\"alg\":\"RS256\"}", "{\"sub\":\"mallory\",\"sub\":\"alice\"}"),
            "holds a member twice"
        );
        yield return Case("two parts", "a.b", "no signed JWT");
        yield return Case("empty", "", "no signed JWT");

        static TestCaseData Case(string name, string body, string words) => new TestCaseData(body, words).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Refused))]
    [Description("OpenID Connect Core §5.3.2, RFC 8725: what is not signed by the server for this client and about this user is not used")]
    public async Task Not_to_be_believed(string body, string words)
    {
        await using var server = await SignedInAsync(o => o.DecryptionKeys = [DecryptionKeyTexts.Pem]);
        server.Says(body);
        Assert.That(
            async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(words).And.Message.Not.Contains("mallory")
        );
    }

    [Test]
    [Description("An error keeps its own words, whatever it calls itself")]
    public async Task An_error_is_no_JWT()
    {
        await using var server = await SignedInAsync();
        server.Says(Sign(Claims()), status: 403);
        Assert.That(async () => await server.Client.GetUserInfoAsync(GrantOwner.User("42")), Throws.TypeOf<EndpointException>());
    }

    [Test]
    [Description("Where the server's keys are not known nothing that it signed can be checked")]
    public async Task Without_keys()
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
