using System.Text;
using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests the reading of aggregated and distributed claim sources (OpenID Connect Core §5.6.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClaimSourceTests
{
    [Test]
    [Description("OpenID Connect Core §5.6.2.3: aggregated claims, and distributed claims with and without an access token, are read")]
    public void Sources_are_read()
    {
        var sources = Of(
            """
            {
              "_claim_names": { "address": "a", "phone_number": "a", "credit_score": "b", "shoe_size": "c", "nothing": "nowhere" },
              "_claim_sources": {
                "a": { "JWT": "jwt-of-the-provider" },
                "b": { "endpoint": "https://creditagency.example.com/claims_here", "access_token": "ksj3n283dke" },
                "c": { "endpoint": "https://shoes.example.com/claims" },
                "unused": { "endpoint": "https://unused.example.com" }
              }
            }
            """
        );

        Assert.That(sources.Select(source => source.Name), Is.EqualTo(["a", "b", "c"]));
        Assert.That(sources[0].ClaimNames, Is.EqualTo(["address", "phone_number"]));
        Assert.That(sources[0].Endpoint, Is.Null);
        Assert.That(sources[0].Jwt, Is.EqualTo("jwt-of-the-provider"));
        Assert.That(sources[1].Endpoint, Is.EqualTo(new Uri("https://creditagency.example.com/claims_here")));
        Assert.That(sources[1].AccessToken!.Reveal(), Is.EqualTo("ksj3n283dke"));
        Assert.That(sources[2].AccessToken, Is.Null);
        Assert.That(sources[1].ToString(), Is.EqualTo("Claim source b"));
        Assert.That(() => JsonSerializer.Serialize(sources[1]), Throws.TypeOf<NotSupportedException>());
    }

    [TestCase("{}")]
    [TestCase("""{"_claim_names":{"a":"s"}}""")]
    [TestCase("""{"_claim_sources":{"s":{"JWT":"x"}}}""")]
    [TestCase("""{"_claim_names":5,"_claim_sources":{"s":{"JWT":"x"}}}""")]
    [TestCase("""{"_claim_names":{"a":"s"},"_claim_sources":[]}""")]
    [TestCase("""{"_claim_names":{"a":5},"_claim_sources":{"s":{"JWT":"x"}}}""")]
    [TestCase("""{"_claim_names":{"a":"S"},"_claim_sources":{"s":{"JWT":"x"}}}""")]
    [TestCase("""{"_claim_names":{"a":"s"},"_claim_sources":{"s":5}}""")]
    [TestCase("""{"_claim_names":{"a":"s"},"_claim_sources":{"s":{}}}""")]
    [TestCase("""{"_claim_names":{"a":"s"},"_claim_sources":{"s":{"JWT":5}}}""")]
    [TestCase("""{"_claim_names":{"a":"s"},"_claim_sources":{"s":{"endpoint":"/relative"}}}""")]
    [TestCase("""{"_claim_names":{"a":"s"},"_claim_sources":{"s":{"endpoint":"file:///etc/passwd"}}}""")]
    [TestCase("""{"_claim_names":{"a":"s"},"_claim_sources":{"s":{"endpoint":5}}}""")]
    [TestCase("""{"_claim_names":{"a":"s"},"_claim_sources":{"s":{"endpoint":"https://x.example","access_token":"a\r\nb"}}}""")]
    [Description("OpenID Connect Core §5.6.2: a malformed source is skipped, and the user is accepted")]
    public void A_malformed_source_is_skipped(string claims) => Assert.That(Of(claims), Is.Empty);

    [Test]
    [Description("RFC 6749 §10.14: of one thousand sources one hundred are read")]
    public void At_most_one_hundred_sources_are_read() =>
        Assert.That(
            Of(
                "{\"_claim_names\":{"
                    + Many(i => $"\"c{i}\":\"s{i}\"")
                    + "},\"_claim_sources\":{"
                    + Many(i => $"\"s{i}\":{{\"JWT\":\"x\"}}")
                    + "}}"
            ),
            Has.Count.EqualTo(100)
        );

    private static string Many(Func<int, string> member) => string.Join(',', Enumerable.Range(0, 1000).Select(member));

    private static IReadOnlyList<ClaimSource> Of(string claims) =>
        ClaimSource.Of(StrictJson.TryParseObject(Encoding.UTF8.GetBytes(claims))!.Value);

    [TestCase("""{"_claim_names":{"pay":"s"},"_claim_sources":{"sü":{"JWT":"a.b.c"}}}""")]
    [TestCase("""{"_claim_names":{"pü":"s"},"_claim_sources":{"s":{"JWT":"a.b.c"}}}""")]
    [Description("RFC 8259 §8.1: a source whose name is not valid UTF-8 is skipped")]
    public void A_source_with_an_invalid_name_is_skipped(string claims) =>
        Assert.That(ClaimSource.Of(StrictJson.TryParseObject(System.Text.Encoding.Latin1.GetBytes(claims))!.Value), Is.Empty);
}
