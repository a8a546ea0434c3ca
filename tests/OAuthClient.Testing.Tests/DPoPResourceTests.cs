using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests bound access tokens at the resource server and at the UserInfo endpoint (RFC 9449 §7).</summary>
public sealed class DPoPResourceTests
{
    [TestCase("DPoP", true)]
    [TestCase("dpop", true)]
    [TestCase("DPoP", false)]
    [Description("RFC 9449 §7.1: the token with the scheme DPoP and a proof of its key is accepted")]
    public async Task Bound_token_with_a_proof_is_accepted(string scheme, bool atApi)
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        using ProofKey key = new(bed);
        string token = await UserTokenAsync(bed, key);

        using HttpResponseMessage response = await key.GetAsync(atApi ? Me(api) : bed.Server.UserInfoEndpoint, token, scheme);

        Assert.That((string?)(await TestBed.JsonAsync(response, HttpStatusCode.OK))["sub"], Is.EqualTo("alice"));
        Assert.That(response.Headers.Contains("DPoP-Nonce"), Is.False);
    }

    [Test, Description("RFC 9449 §7.1, §7.2: without its proof, the token is not accepted")]
    public async Task Bound_token_without_its_proof_is_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        using ProofKey key = new(bed);
        using ProofKey other = new(bed);
        string token = await UserTokenAsync(bed, key);
        foreach (Uri address in new[] { Me(api), bed.Server.UserInfoEndpoint })
        {
            AuthenticationHeaderValue bound = new("DPoP", token);
            string Proof(Action<JsonObject, JsonObject> change) => key.Proof(HttpMethod.Get, address, token, change);
            string used = key.Proof(HttpMethod.Get, address, token);
            (AuthenticationHeaderValue Authorization, string[] Proofs, string Error)[] refused =
            [
                (new("Bearer", token), [], "invalid_token"),
                (new("Bearer", token), [key.Proof(HttpMethod.Get, address, token)], "invalid_token"),
                (bound, [], "invalid_dpop_proof"),
                (bound, ["proof"], "invalid_dpop_proof"),
                (bound, [other.Proof(HttpMethod.Get, address, token)], "invalid_dpop_proof"),
                (bound, [key.Proof(HttpMethod.Get, address)], "invalid_dpop_proof"),
                (bound, [key.Proof(HttpMethod.Get, address, token + "x")], "invalid_dpop_proof"),
                (bound, [key.Proof(HttpMethod.Post, address, token)], "invalid_dpop_proof"),
                (bound, [key.Proof(HttpMethod.Get, bed.Server.TokenEndpoint, token)], "invalid_dpop_proof"),
                (bound, [key.Proof(HttpMethod.Get, address, token), key.Proof(HttpMethod.Get, address, token)], "invalid_dpop_proof"),
                (bound, [Proof((_, claims) => claims["ath"] = 5)], "invalid_dpop_proof"),
                (new("DPoP", "unknown"), [key.Proof(HttpMethod.Get, address, "unknown")], "invalid_token"),
            ];
            foreach ((AuthenticationHeaderValue authorization, string[] proofs, string error) in refused)
                await AssertChallengeAsync(await bed.GetAsync(address, authorization, proofs), "DPoP", error);

            using HttpResponseMessage first = await bed.GetAsync(address, bound, used);
            Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            await AssertChallengeAsync(await bed.GetAsync(address, bound, used), "DPoP", "invalid_dpop_proof");
        }
    }

    [Test, Description("RFC 9449 §7.1: the scheme DPoP requires a bound token")]
    public async Task Unbound_token_with_the_scheme_DPoP_is_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        using ProofKey key = new(bed);
        string token = (string)(await bed.TokensAsync())["access_token"]!;

        await AssertChallengeAsync(await key.GetAsync(Me(api), token), "DPoP", "invalid_token");
        await AssertChallengeAsync(await key.GetAsync(bed.Server.UserInfoEndpoint, token), "DPoP", "invalid_token");
    }

    [TestCase(true, "DPoP")]
    [TestCase(false, "Bearer")]
    [Description("RFC 9449 §7.1: the challenge to a request without a token names the scheme that the server issues tokens for")]
    public async Task Request_without_a_token_is_challenged(bool required, string scheme)
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RequireDPoP = required);
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();

        await AssertChallengeAsync(await bed.GetAsync(Me(api)), scheme, error: null);
    }

    [Test, Description("RFC 9449 §7.1, RFC 6750 §3.1: other errors of a bound token are in a DPoP challenge")]
    public async Task Other_errors_are_in_a_DPoP_challenge()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync(options => options.RequiredScope = "photos.read");
        using ProofKey key = new(bed);
        string token = await UserTokenAsync(bed, key);

        using HttpResponseMessage forbidden = await key.GetAsync(Me(api), token);
        bed.Server.ExpireAccessTokens();

        Assert.That(forbidden.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(
            forbidden.Headers.WwwAuthenticate.ToString(),
            Does.StartWith("DPoP ").And.Contain("error=\"insufficient_scope\"").And.Contain("scope=\"photos.read\"")
        );
        await AssertChallengeAsync(await key.GetAsync(Me(api), token), "DPoP", "invalid_token");
    }

    [TestCase("/a%20b", "/a%20b", 404)]
    [TestCase("/a%2Fb", "/a%2fb", 404)]
    [TestCase("/%C3%A4", "/%c3%a4", 404)]
    [TestCase("/me?x=1", "/me", 200)]
    [TestCase("/a%2Fb", "/a/b", 401)]
    [Description("RFC 9449 §4.3: htu is the address as sent; percent-encoding is compared without regard to case")]
    public async Task Address_of_a_resource_is_compared_as_sent(string path, string proven, int status)
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        using ProofKey key = new(bed);
        string token = await UserTokenAsync(bed, key);
        Uri address = new(api.BaseAddress, path);
        string proof = key.Proof(
            HttpMethod.Get,
            address,
            token,
            (_, claims) => claims["htu"] = api.BaseAddress.OriginalString.TrimEnd('/') + proven
        );

        using HttpResponseMessage response = await bed.GetAsync(address, new AuthenticationHeaderValue("DPoP", token), proof);

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
    }

    private static Uri Me(TestResourceServer api) => new(api.BaseAddress, "/me");

    private static async Task<string> UserTokenAsync(TestBed bed, ProofKey key)
    {
        using HttpResponseMessage response = await key.PostAsync(
            bed.Server.TokenEndpoint,
            TestBed.Basic("test-client", "test-secret"),
            ("grant_type", "authorization_code"),
            ("code", await bed.CodeAsync()),
            ("redirect_uri", TestBed.RedirectUri),
            ("code_verifier", TestBed.Verifier)
        );
        return (string)(await TestBed.JsonAsync(response, HttpStatusCode.OK))["access_token"]!;
    }

    private static async Task AssertChallengeAsync(HttpResponseMessage response, string scheme, string? error)
    {
        using (response)
        {
            string body = await response.Content.ReadAsStringAsync();
            AuthenticationHeaderValue challenge = response.Headers.WwwAuthenticate.Single();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), body);
                Assert.That((string?)JsonNode.Parse(body)!["error"], Is.EqualTo(error), body);
                Assert.That(challenge.Scheme, Is.EqualTo(scheme));
                Assert.That(challenge.Parameter, error is null ? Does.Not.Contain("error") : Does.Contain($"error=\"{error}\""));
                Assert.That(challenge.Parameter!.Contains("algs=\"RS256 ", StringComparison.Ordinal), Is.EqualTo(scheme is "DPoP"));
            }
        }
    }
}
