using System.Net;
using System.Security.Cryptography;
using System.Text;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests what the caller reads from an API's challenge (RFC 6750 §3, RFC 9470 §3, RFC 9728 §5.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FindBearerChallengeTests
{
    [Test]
    [Description("RFC 6750 §3, §3.1, RFC 9470 §3, RFC 9728 §5.1: all parameters")]
    public void All_parameters()
    {
        var challenge = Find(
            """
            Bearer realm="photos", error="insufficient_scope", error_description="more, please",
             error_uri="https://api.example.com/help", scope="photos.read photos.write", acr_values="phr phrh", max_age="300",
             resource_metadata="https://api.example.com/.well-known/oauth-protected-resource", algorithm="unknown"
            """.ReplaceLineEndings("")
        )!;
        Assert.Multiple(() =>
        {
            Assert.That(challenge.Realm, Is.EqualTo("photos"));
            Assert.That(challenge.Error, Is.EqualTo("insufficient_scope"));
            Assert.That(challenge.ErrorDescription, Is.EqualTo("more, please"));
            Assert.That(challenge.ErrorUri, Is.EqualTo("https://api.example.com/help"));
            Assert.That(challenge.Scopes, Is.EqualTo(["photos.read", "photos.write"]));
            Assert.That(challenge.AcrValues, Is.EqualTo("phr phrh"));
            Assert.That(challenge.MaxAge, Is.EqualTo(TimeSpan.FromMinutes(5)));
            Assert.That(challenge.ResourceMetadata, Is.EqualTo(new Uri("https://api.example.com/.well-known/oauth-protected-resource")));
            Assert.That(challenge.ToString(), Is.EqualTo("Bearer insufficient_scope"));
        });
    }

    [TestCase("Bearer")]
    [TestCase("Bearer abc==")]
    [TestCase("Bearer realm=\"\", error=\"\", scope=\" \"")]
    [Description("A missing parameter is null or empty")]
    public void Missing_parameters(string header)
    {
        var challenge = Find(header)!;
        Assert.Multiple(() =>
        {
            Assert.That(challenge.Realm, Is.Null);
            Assert.That(challenge.Error, Is.Null);
            Assert.That(challenge.ErrorDescription, Is.Null);
            Assert.That(challenge.ErrorUri, Is.Null);
            Assert.That(challenge.Scopes, Is.Empty);
            Assert.That(challenge.AcrValues, Is.Null);
            Assert.That(challenge.MaxAge, Is.Null);
            Assert.That(challenge.ResourceMetadata, Is.Null);
            Assert.That(challenge.ToString(), Is.EqualTo("Bearer"));
        });
    }

    [TestCase("Basic realm=\"x\", Bearer error=\"invalid_token\", DPoP algs=\"ES256\"", "invalid_token")]
    [TestCase("bEARER ERROR = insufficient_scope", "insufficient_scope")]
    [TestCase("Bearer error=\"a\", error=\"b\"", "a")]
    [TestCase("Bearer error=\"a\", Bearer error=\"b\"", "a")]
    [TestCase("Bearer error=\"in\\valid\\_token\"", "invalid_token")]
    [TestCase("Bearer realm=\"\\\", error=b\", error=\"a\"", "a")]
    [Description(
        "RFC 9110 §11.6.1, §5.6.4: one scheme of several, in any case, with quoted pairs; of a repeated parameter the first counts"
    )]
    public void Different_notations(string header, string error) => Assert.That(Find(header)!.Error, Is.EqualTo(error));

    [TestCase("Basic realm=\"Bearer\"")]
    [TestCase("BearerX error=\"a\"")]
    [TestCase("")]
    public void Another_scheme(string header) => Assert.That(Find(header), Is.Null);

    [Test]
    public void No_header()
    {
        using HttpResponseMessage response = new(HttpStatusCode.Forbidden);
        Assert.That(response.FindBearerChallenge(), Is.Null);
    }

    [TestCase("-1")]
    [TestCase("1.5")]
    [TestCase("99999999999")]
    [TestCase("soon")]
    [Description("RFC 9470 §3: max_age is a non-negative number of seconds")]
    public void Invalid_max_age(string age) => Assert.That(Find($"Bearer max_age=\"{age}\"")!.MaxAge, Is.Null);

    [TestCase("http://api.example.com/metadata")]
    [TestCase("file:///etc/passwd")]
    [TestCase("/.well-known/oauth-protected-resource")]
    [TestCase("\\\\\\\\server\\\\share")]
    [TestCase("a:b")]
    [Description("RFC 9728 §3, threat: SSRF by resource_metadata. Only https and loopback addresses are accepted")]
    public void Invalid_resource_metadata(string address) =>
        Assert.That(Find($"Bearer resource_metadata=\"{address}\"")!.ResourceMetadata, Is.Null);

    [Test]
    [Description("RFC 6749 §3.3: an invalid scope is omitted")]
    public void Invalid_scopes() =>
        Assert.That(Find($"Bearer scope=\"a  b\\\"c {new string('x', 257)} \u00e4 b a d\"")!.Scopes, Is.EqualTo(["a", "b", "d"]));

    [Test]
    [Description("RFC 6749 §10.14: text of an API is made printable and truncated to 256 characters")]
    public void Hostile_text()
    {
        var challenge = Find("Bearer error_description=\"\u001b[31m\\\"" + new string('x', 300) + "\"")!;
        Assert.That(challenge.ErrorDescription, Does.StartWith("?[31m?xxx").And.Length.EqualTo(256).And.EndWith("x~"));
    }

    [Test]
    [Description("Threat: secrets in logs. The token that an API quotes is removed")]
    public void Echoed_token()
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized) { RequestMessage = new() };
        response.RequestMessage.Headers.TryAddWithoutValidation("Authorization", "Bearer the-token/1");
        response.Headers.TryAddWithoutValidation(
            "WWW-Authenticate",
            "Bearer error=\"the-token/1\", error_description=\"got the-token%2F1\", realm=\"the-token/1\""
        );
        var challenge = response.FindBearerChallenge()!;
        Assert.That(challenge.Error, Is.EqualTo("[redacted]"));
        Assert.That(challenge.ErrorDescription, Is.EqualTo("got [redacted]"));
        Assert.That(challenge.Realm, Is.EqualTo("[redacted]"));
    }

    [Test]
    [Description("No header of an API makes parsing throw or lets an unprintable character pass")]
    public void Any_header()
    {
        string[] pieces =
        [
            "Bearer ",
            "bearer",
            "error",
            "scope",
            "max_age",
            "resource_metadata",
            "realm",
            "=",
            "=\"",
            "\"",
            "\\",
            ",",
            ", ",
            " ",
            "a",
            "https://",
            "1",
            "\t",
            "\u0001",
            "\u00ff",
            "\ud83d",
            "é",
            "'",
            ";",
        ];
        for (int i = 0; i < 20_000; i++)
        {
            string header =
                (i % 2 == 0 ? "Bearer " : "")
                + string.Concat(
                    Enumerable
                        .Range(0, RandomNumberGenerator.GetInt32(16))
                        .Select(_ => pieces[RandomNumberGenerator.GetInt32(pieces.Length)])
                );
            var challenge = Find(header);
            if (challenge is null)
                continue;
            foreach (
                string? text in new[]
                {
                    challenge.Realm,
                    challenge.Error,
                    challenge.ErrorDescription,
                    challenge.ErrorUri,
                    challenge.AcrValues,
                }.Concat(challenge.Scopes)
            )
                Assert.That(text is null || (text.Length <= 256 && text.All(one => one is >= ' ' and <= '~')), header);
        }
    }

    [Test]
    [Description("RFC 9110 §5.6.4: any value is unchanged after quoting and parsing")]
    public void Any_value()
    {
        for (int i = 0; i < 5_000; i++)
        {
            string value = string.Concat(
                Enumerable.Range(0, 1 + RandomNumberGenerator.GetInt32(12)).Select(_ => (char)RandomNumberGenerator.GetInt32(0x23, 0x7f))
            );
            string quoted = string.Concat(
                value.Select(one => one == '\\' || RandomNumberGenerator.GetInt32(4) == 0 ? $"\\{one}" : $"{one}")
            );
            Assert.That(Find($"Bearer scope=\"x\", error=\"{quoted}\", realm=\"y\"")!.Error, Is.EqualTo(value), quoted);
        }
    }

    [TestCase(403, "insufficient_scope")]
    [TestCase(401, "insufficient_user_authentication")]
    [Description("RFC 6750 §3.1, RFC 9470 §3: the challenge of a real response reaches the caller through the handler")]
    public async Task Reaches_the_caller(int status, string error)
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Api.Faults.Add(
            TestEndpoint.Resource,
            Fault.Status(
                status,
                headers: [new("WWW-Authenticate", $"Bearer error=\"{error}\", scope=\"photos.write\", acr_values=\"phr\"")]
            )
        );

        using var response = await host.Http.GetAsync("/me");

        var challenge = response.FindBearerChallenge()!;
        Assert.That(challenge.Error, Is.EqualTo(error));
        Assert.That(challenge.Scopes, Is.EqualTo(["photos.write"]));
        Assert.That(challenge.AcrValues, Is.EqualTo("phr"));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(1));
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [TestCase("""Bearer scope="a TOKEN", acr_values="phr TOKEN", claims="CLAIMS" """)]
    [TestCase("""Bearer scope="PROOF", acr_values="xPROOFx", claims="ENCODED" """)]
    [Description("A token or proof that an API quotes does not become part of the address of an authorization")]
    public void Sent_secrets_are_left_out(string header)
    {
        const string claims = """{"access_token":{"secret-token":null}}""";
        header = header
            .Replace("TOKEN", "secret-token", StringComparison.Ordinal)
            .Replace("PROOF", "secret-proof", StringComparison.Ordinal)
            .Replace("CLAIMS", claims.Replace("\"", "\\\"", StringComparison.Ordinal), StringComparison.Ordinal)
            .Replace("ENCODED", Convert.ToBase64String(Encoding.UTF8.GetBytes(claims)), StringComparison.Ordinal);
        using HttpRequestMessage request = new();
        request.Headers.TryAddWithoutValidation("Authorization", "DPoP secret-token");
        request.Headers.TryAddWithoutValidation("DPoP", "secret-proof");
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized) { RequestMessage = request };
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", header);

        var challenge = response.FindBearerChallenge()!;

        Assert.That(challenge.Scopes, Is.Empty);
        Assert.That(challenge.AcrValues, Is.Null);
        Assert.That(challenge.Claims, Is.Null);
        response.RequestMessage = null;
        Assert.That(response.FindBearerChallenge()!.Claims, Is.EqualTo(claims));
    }

    private static BearerChallenge? Find(string header)
    {
        using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", header);
        return response.FindBearerChallenge();
    }
}
