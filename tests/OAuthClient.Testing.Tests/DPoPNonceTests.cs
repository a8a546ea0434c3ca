using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the nonces of proofs (RFC 9449 §8, §9).</summary>
public sealed class DPoPNonceTests
{
    private static readonly AuthenticationHeaderValue Confidential = TestBed.Basic("test-client", "test-secret");

    [Test, Description("RFC 9449 §8: the nonce of the challenge is accepted at each endpoint of the server until it is replaced")]
    public async Task Nonce_is_required_at_the_endpoints_of_the_server()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RequireDPoPNonces = true);
        using ProofKey key = new(bed);
        string code = await bed.CodeAsync();

        Assert.That(await ChallengedAsync(key, await RedeemAsync(bed, key, code)), Is.True, "no nonce");
        using HttpResponseMessage redeemed = await RedeemAsync(bed, key, code);
        JsonObject tokens = await TestBed.JsonAsync(redeemed, HttpStatusCode.OK);
        Assert.That(Nonce(redeemed), Is.EqualTo(key.Nonce), "RFC 9449 §8.2: also a successful response supplies the nonce");
        Assert.That(await ChallengedAsync(key, await PushAsync(bed, key)), Is.False);
        Assert.That(await ChallengedAsync(key, await UserInfoAsync(bed, key, tokens)), Is.False);

        bed.Server.RotateDPoPNonce();

        Assert.That(await ChallengedAsync(key, await PushAsync(bed, key)), Is.True, "an older nonce");
        Assert.That(await ChallengedAsync(key, await PushAsync(bed, key)), Is.False);
        bed.Server.RotateDPoPNonce();
        Assert.That(await ChallengedAsync(key, await UserInfoAsync(bed, key, tokens)), Is.True, "an older nonce");
        Assert.That(await ChallengedAsync(key, await UserInfoAsync(bed, key, tokens)), Is.False);
    }

    [Test, Description("RFC 9449 §9: each resource server has its own nonce")]
    public async Task Each_resource_server_has_its_own_nonce()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        string token = await key.AccessTokenAsync();
        bed.Server.Options.RequireDPoPNonces = true;
        await using TestResourceServer first = await bed.Server.StartResourceServerAsync(options => options.RequireDPoPNonces = true);
        await using TestResourceServer second = await bed.Server.StartResourceServerAsync(options => options.RequireDPoPNonces = true);

        Task<HttpResponseMessage> CallAsync(TestResourceServer api) => key.GetAsync(new Uri(api.BaseAddress, "/me"), token);

        Assert.That(await ChallengedAsync(key, await CallAsync(first)), Is.True);
        Assert.That(await ChallengedAsync(key, await CallAsync(first)), Is.False);
        Assert.That(await ChallengedAsync(key, await CallAsync(second)), Is.True, "the nonce of the other resource server");
        Assert.That(await ChallengedAsync(key, await CallAsync(second)), Is.False);
        Assert.That(await ChallengedAsync(key, await key.RequestTokenAsync()), Is.True, "the nonce of a resource server");
        Assert.That(await ChallengedAsync(key, await CallAsync(second)), Is.True, "the nonce of the authorization server");
        second.RotateDPoPNonce();
        Assert.That(await ChallengedAsync(key, await CallAsync(second)), Is.True, "an older nonce");
        Assert.That(await ChallengedAsync(key, await CallAsync(second)), Is.False);
    }

    [Test, Description("RFC 9449 §8.2: each response, also a successful one, replaces the nonce")]
    public async Task Each_response_can_contain_a_new_nonce()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RotateDPoPNonces = true);
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync(options => options.RotateDPoPNonces = true);
        using ProofKey key = new(bed);
        Uri me = new(api.BaseAddress, "/me");
        Assert.That(await ChallengedAsync(key, await key.RequestTokenAsync()), Is.True);
        HashSet<string?> nonces = [key.Nonce];
        string? older = key.Nonce;
        for (int round = 0; round < 3; round++)
        {
            using HttpResponseMessage response = await key.RequestTokenAsync();
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            key.Nonce = Nonce(response);
            Assert.That(nonces.Add(key.Nonce), Is.True, "a new nonce");
        }

        key.Nonce = older;
        Assert.That(await ChallengedAsync(key, await key.RequestTokenAsync()), Is.True, "an older nonce");
        string token = await key.AccessTokenAsync();
        Assert.That(await ChallengedAsync(key, await key.GetAsync(me, token)), Is.True);
        for (int round = 0; round < 3; round++)
        {
            using HttpResponseMessage response = await key.GetAsync(me, token);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            key.Nonce = Nonce(response);
            Assert.That(nonces.Add(key.Nonce), Is.True, "a new nonce");
        }
    }

    [Test, Description("RFC 9449 §4.2: the repeated request has a new jti")]
    public async Task Repeated_request_needs_a_new_identifier()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RequireDPoPNonces = true);
        using ProofKey key = new(bed);
        Uri endpoint = bed.Server.TokenEndpoint;

        async Task<string?> ErrorAsync()
        {
            string proof = key.Proof(HttpMethod.Post, endpoint, change: (_, claims) => claims["jti"] = "the same");
            using HttpResponseMessage response = await bed.PostAsync(endpoint, Confidential, [proof], ("grant_type", "client_credentials"));
            key.Nonce = Nonce(response);
            return (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"];
        }

        Assert.That(await ErrorAsync(), Is.EqualTo("use_dpop_nonce"));
        Assert.That(await ErrorAsync(), Is.EqualTo("invalid_dpop_proof"));
    }

    private static Task<HttpResponseMessage> RedeemAsync(TestBed bed, ProofKey key, string code) =>
        key.PostAsync(
            bed.Server.TokenEndpoint,
            Confidential,
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", TestBed.RedirectUri),
            ("code_verifier", TestBed.Verifier)
        );

    private static Task<HttpResponseMessage> PushAsync(TestBed bed, ProofKey key) =>
        key.PostAsync(
            new Uri(bed.Server.Issuer.OriginalString + "/par"),
            Confidential,
            [.. TestBed.Query(bed.AuthorizationUri()).Select(pair => (pair.Key, (string?)pair.Value))]
        );

    private static Task<HttpResponseMessage> UserInfoAsync(TestBed bed, ProofKey key, JsonObject tokens) =>
        key.GetAsync(bed.Server.UserInfoEndpoint, (string)tokens["access_token"]!);

    private static string? Nonce(HttpResponseMessage response) =>
        response.Headers.TryGetValues("DPoP-Nonce", out IEnumerable<string>? values) ? values.Single() : null;

    /// <summary>Returns whether a response requires another nonce, and takes the nonce of the response over.</summary>
    private static async Task<bool> ChallengedAsync(ProofKey key, HttpResponseMessage response)
    {
        using (response)
        {
            key.Nonce = Nonce(response);
            Assert.That(key.Nonce, Has.Length.GreaterThan(20));
            if (response.IsSuccessStatusCode)
                return false;
            Assert.That(
                (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"],
                Is.EqualTo("use_dpop_nonce"),
                response.ToString()
            );
            Assert.That(
                response.StatusCode,
                Is.EqualTo(response.Headers.WwwAuthenticate.Count is 0 ? HttpStatusCode.BadRequest : HttpStatusCode.Unauthorized)
            );
            return true;
        }
    }
}
