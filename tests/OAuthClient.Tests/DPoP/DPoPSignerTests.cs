using static OAuthClient.Tests.DPoP.SampleProofs;

namespace OAuthClient.Tests.DPoP;

/// <summary>Proves that a proof states the request as the server receives it (RFC 9449 §4.2, §4.3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DPoPSignerTests
{
    [TestCase("https://api.example/a/b?c=d#e", "https://api.example/a/b", Description = "without query and fragment")]
    [TestCase("https://API.example", "https://api.example/", Description = "an empty path is sent as a slash (RFC 9110 §4.2.3)")]
    [TestCase("https://api.example:443/a", "https://api.example/a", Description = "a default port is not sent")]
    [TestCase("http://api.example:80/a", "http://api.example/a")]
    [TestCase("http://api.example:443/a", "http://api.example:443/a")]
    [TestCase("https://api.example:8443/a", "https://api.example:8443/a")]
    [TestCase("https://api.example/a%2Fb%20c/%C3%BC", "https://api.example/a%2Fb%20c/%C3%BC", Description = "escaped as sent")]
    [TestCase("https://api.example/\u00fc b", "https://api.example/%C3%BC%20b")]
    [TestCase("https://api.example/a/../b/./c", "https://api.example/b/c")]
    [TestCase("https://b\u00fccher.example/a", "https://xn--bcher-kva.example/a", Description = "the name as in the Host header")]
    [TestCase("https://xn--bcher-kva.example/a", "https://xn--bcher-kva.example/a")]
    [TestCase("https://[2001:db8::1]/a", "https://[2001:db8::1]/a")]
    [TestCase("http://[::1]:8080/a", "http://[::1]:8080/a")]
    [TestCase("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a")]
    [TestCase("ws://api.example/chat?x=1", "http://api.example/chat", Description = "RFC 6455 §4.1: the opening request is HTTP")]
    [TestCase("wss://api.example:443/chat", "https://api.example/chat")]
    [TestCase("wss://api.example:444/chat", "https://api.example:444/chat")]
    [TestCase("https://user:password@api.example/a", "https://api.example/a", Description = "no credentials")]
    [Description("§4.2: htu is the target of the request without query and fragment")]
    public void The_target_is_that_of_the_request(string address, string target) =>
        Assert.That(DPoPSigner.TargetOf(new(address)), Is.EqualTo(target));

    [TestCase("GET", "GET")]
    [TestCase("get", "GET", Description = "as .NET sends it")]
    [TestCase("PATCH", "PATCH")]
    [TestCase("Custom", "Custom")]
    [Description("§4.2: htm is the method of the request, whose case is significant")]
    public async Task The_method_is_that_of_the_request(string method, string stated) =>
        Assert.That(Claims(await CreateAsync(method: method)).GetProperty("htm").GetString(), Is.EqualTo(stated));

    [Test]
    [Description(
        "§4.2: typ, alg and the public key in the header; jti, htm, htu and iat in the body; nothing else without token and nonce"
    )]
    public async Task A_proof_has_the_required_members_only()
    {
        string proof = await CreateAsync();

        Assert.That(Header(proof).EnumerateObject().Select(member => member.Name), Is.EqualTo(new[] { "alg", "typ", "jwk" }));
        Assert.That(Header(proof).GetProperty("typ").GetString(), Is.EqualTo("dpop+jwt"));
        Assert.That(
            Header(proof).GetProperty("jwk").EnumerateObject().Select(member => member.Name),
            Is.EqualTo(new[] { "crv", "kty", "x", "y" })
        );
        Assert.That(Claims(proof).EnumerateObject().Select(member => member.Name), Is.EqualTo(new[] { "jti", "htm", "htu", "iat" }));
    }

    [Test]
    [Description("§4.2: jti is unique, also among proofs for the same request at the same time")]
    public async Task Each_proof_has_its_own_identifier()
    {
        List<string?> ids = [];
        for (int i = 0; i < 100; i++)
            ids.Add(Claims(await CreateAsync()).GetProperty("jti").GetString());

        Assert.That(ids, Is.Unique.And.All.Length.AtLeast(16));
    }

    [Test]
    [Description("§4.2, §8: the hash of the token, and the nonce")]
    public async Task The_token_and_the_nonce_are_stated()
    {
        var claims = Claims(await CreateAsync(tokenHash: "h", nonce: "n"));

        Assert.That(claims.GetProperty("ath").GetString(), Is.EqualTo("h"));
        Assert.That(claims.GetProperty("nonce").GetString(), Is.EqualTo("n"));
    }

    private static async Task<string> CreateAsync(string method = "GET", string? tokenHash = null, string? nonce = null) =>
        await new DPoPSigner(SigningKey.Create()).CreateProofAsync(
            new(method),
            new("https://api.example/a"),
            tokenHash,
            nonce,
            SampleConfiguration.Now,
            CancellationToken.None
        );
}
