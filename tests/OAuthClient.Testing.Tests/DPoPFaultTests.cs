using System.Net;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the faults and deviations of servers with proofs (RFC 9449).</summary>
public sealed class DPoPFaultTests
{
    [Test, Description("RFC 9449 §8, §9: each challenge contains another nonce, and the request is not processed")]
    public async Task Nonce_challenges_are_endless()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        using ProofKey key = new(bed);
        string token = await key.AccessTokenAsync();
        Uri me = new(api.BaseAddress, "/me");
        bed.Server.Faults.Add(TestEndpoint.Token, Fault.DPoPNonceChallenge());
        api.Faults.Add(TestEndpoint.Resource, Fault.DPoPNonceChallenge());
        HashSet<string?> nonces = [];
        for (int round = 0; round < 3; round++)
        {
            using HttpResponseMessage atServer = await key.RequestTokenAsync();
            key.Nonce = Nonce(atServer);
            Assert.That(nonces.Add(key.Nonce), Is.True);
            Assert.That(await TestBed.ErrorAsync(atServer), Is.EqualTo("use_dpop_nonce"));
            using HttpResponseMessage atApi = await key.GetAsync(me, token);
            key.Nonce = Nonce(atApi);
            Assert.That(nonces.Add(key.Nonce), Is.True);
            Assert.That(
                atApi.Headers.WwwAuthenticate.ToString(),
                Does.StartWith("DPoP ").And.Contain("error=\"use_dpop_nonce\"").And.Contain("algs=\"ES256\"")
            );
            Assert.That(await TestBed.ErrorAsync(atApi, HttpStatusCode.Unauthorized), Is.EqualTo("use_dpop_nonce"));
        }
    }

    [Test, Description("RFC 9449 §8.1: the nonce of a challenge can be missing, malformed or very long")]
    public async Task Nonce_of_a_challenge_can_be_chosen()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        foreach (string? sent in new[] { null, "not \"a\" nonce\\", new string('n', 10 * 1024) })
        {
            bed.Server.Faults.Add(TestEndpoint.Token, Fault.DPoPNonceChallenge(sent), times: 1);
            using HttpResponseMessage response = await key.RequestTokenAsync();

            Assert.That(Nonce(response), Is.EqualTo(sent));
            Assert.That(await TestBed.ErrorAsync(response), Is.EqualTo("use_dpop_nonce"));
        }

        Assert.That(await key.AccessTokenAsync(), Is.Not.Empty, "after the fault");
    }

    [Test, Description("RFC 9449 §8.2: a successful response can contain a malformed nonce, and no other")]
    public async Task Nonce_of_a_response_can_be_chosen()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        bed.Server.Faults.Add(TestEndpoint.Token, Fault.DPoPNonce("not \"a\" nonce"));

        using HttpResponseMessage accepted = await key.RequestTokenAsync();
        bed.Server.Options.RequireDPoPNonces = true;
        using HttpResponseMessage challenged = await key.RequestTokenAsync();

        Assert.That(accepted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(Nonce(accepted), Is.EqualTo("not \"a\" nonce"));
        Assert.That(challenged.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(Nonce(challenged), Is.EqualTo("not \"a\" nonce"));
        Assert.That(() => Fault.DPoPNonce(null!), Throws.ArgumentNullException);
    }

    [Test, Description("RFC 9449 §5, §7.1: each endpoint can refuse a valid proof")]
    public async Task Valid_proof_can_be_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        string token = await key.AccessTokenAsync();
        foreach (TestEndpoint endpoint in new[] { TestEndpoint.Token, TestEndpoint.UserInfo })
            bed.Server.Faults.Add(endpoint, Fault.InvalidDPoPProof());

        using HttpResponseMessage atUserInfo = await key.GetAsync(bed.Server.UserInfoEndpoint, token);

        Assert.That(await TestBed.ErrorAsync(await key.RequestTokenAsync()), Is.EqualTo("invalid_dpop_proof"));
        Assert.That(atUserInfo.Headers.WwwAuthenticate.Single().Scheme, Is.EqualTo("DPoP"));
        Assert.That(await TestBed.ErrorAsync(atUserInfo, HttpStatusCode.Unauthorized), Is.EqualTo("invalid_dpop_proof"));
    }

    [TestCase(true, "dPOP")]
    [TestCase(false, "bEARER")]
    [Description("RFC 6749 §5.1: the token type is case-insensitive")]
    public async Task Token_type_can_have_an_unusual_case(bool isBound, string expected)
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        bed.Server.Faults.Add(TestEndpoint.Token, Fault.DeviatingTokenResponse(TokenResponseDeviation.TokenTypeCase));

        HttpResponseMessage response = isBound
            ? await key.RequestTokenAsync()
            : await bed.PostAsync(bed.Server.TokenEndpoint, ("grant_type", "client_credentials"));

        Assert.That((string?)(await TestBed.JsonAsync(response, HttpStatusCode.OK))["token_type"], Is.EqualTo(expected));
    }

    [TestCase(ChallengeDeviation.SchemeCase, "dPOP realm=\"photos\", error=\"use_dpop_nonce\", D, algs=\"ES256\"")]
    [TestCase(
        ChallengeDeviation.BearerAndDPoP,
        "Bearer realm=\"photos\", DPoP realm=\"photos\", error=\"use_dpop_nonce\", D, algs=\"ES256\""
    )]
    [TestCase(
        ChallengeDeviation.SeparateDPoPAndBearer,
        "DPoP realm=\"photos\", error=\"use_dpop_nonce\", D, algs=\"ES256\"",
        "Bearer realm=\"photos\""
    )]
    [TestCase(ChallengeDeviation.NoAlgorithms, "DPoP realm=\"photos\", error=\"use_dpop_nonce\", D")]
    [Description("RFC 9449 §7.1, §7.2, RFC 9110 §11.1: a challenge deviates in form; an error of the proof is in the DPoP challenge only")]
    public async Task Challenge_can_deviate(ChallengeDeviation deviation, params string[] expected)
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.SigningAlgorithmsSupported.IntersectWith(["ES256"]));
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync(options => options.RequireDPoPNonces = true);
        using ProofKey key = new(bed);
        string token = await key.AccessTokenAsync();
        api.Faults.Add(TestEndpoint.Resource, Fault.DeviatingChallenge(deviation));
        Uri me = new(api.BaseAddress, "/me");

        using HttpResponseMessage challenged = await key.GetAsync(me, token);
        key.Nonce = Nonce(challenged);
        using HttpResponseMessage accepted = await key.GetAsync(me, token);

        Assert.That(challenged.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(
            Challenges(challenged)
                .Select(value =>
                    value.Replace("error_description=\"The proof must contain the nonce of this response.\"", "D", StringComparison.Ordinal)
                ),
            Is.EqualTo(expected)
        );
        Assert.That(accepted.StatusCode, Is.EqualTo(HttpStatusCode.OK), "a response without a challenge is not changed");
    }

    [Test, Description("RFC 9449 §7.2: a resource that accepts both types of tokens sends both challenges")]
    public async Task Request_without_a_token_can_have_both_challenges()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        api.Faults.Add(TestEndpoint.Resource, Fault.DeviatingChallenge(ChallengeDeviation.BearerAndDPoP));

        using HttpResponseMessage response = await bed.GetAsync(new Uri(api.BaseAddress, "/me"));

        Assert.That(Challenges(response), Is.EqualTo(["Bearer realm=\"photos\", DPoP realm=\"photos\", algs=\"ES256\""]));
    }

    /// <summary>Returns the headers as sent; HttpClient separates the challenges of one header.</summary>
    private static string[] Challenges(HttpResponseMessage response) => [.. response.Headers.NonValidated["WWW-Authenticate"]];

    private static string? Nonce(HttpResponseMessage response) =>
        response.Headers.TryGetValues("DPoP-Nonce", out IEnumerable<string>? values) ? values.Single() : null;
}
