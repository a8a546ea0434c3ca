using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the options of the FAPI 2.0 Security Profile.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class Fapi2Tests : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Test, Description("FAPI 2.0 §5.3: the metadata advertise what the profile permits, and nothing else")]
    public async Task Metadata_follow_the_profile()
    {
        await using TestBed bed = await StartAsync();

        JsonObject metadata = await bed.MetadataAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((bool?)metadata["require_pushed_authorization_requests"], Is.True);
            Assert.That((bool?)metadata["authorization_response_iss_parameter_supported"], Is.True);
            Assert.That(Texts(metadata["code_challenge_methods_supported"]), Is.EqualTo(["S256"]));
            Assert.That(Texts(metadata["token_endpoint_auth_methods_supported"]), Is.EqualTo(["private_key_jwt"]));
            foreach ((string name, JsonNode? value) in metadata)
            {
                if (name.Contains("signing_alg", StringComparison.Ordinal))
                    Assert.That(Texts(value), Is.EquivalentTo(["PS256", "ES256"]), name);
            }
        }
    }

    [Test, Description("FAPI 2.0 §5.3: a pushed request, an assertion and a proof complete the flow; the key set has decoy keys")]
    public async Task Flow_of_the_profile_is_accepted()
    {
        await using TestBed bed = await StartAsync();
        using ProofKey proofs = new(bed);

        Uri callback = await bed.Server.SignInAsync(Reference(bed, await PushAsync(bed, proofs)));
        JsonObject tokens = await TestBed.JsonAsync(await RedeemAsync(bed, proofs, callback), HttpStatusCode.OK);
        string idToken = (string)tokens["id_token"]!;
        JsonArray keys = await bed.KeysAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(TestBed.Query(callback)["iss"], Is.EqualTo(bed.Server.Issuer.OriginalString));
            Assert.That((string?)tokens["token_type"], Is.EqualTo("DPoP"));
            Assert.That((string?)Jose.Header(idToken)["alg"], Is.EqualTo("PS256"));
            Assert.That(Jose.KeysThatVerify(idToken, keys), Has.Count.EqualTo(1));
            Assert.That(
                keys.Where(key => (string?)key!["kid"] == (string?)Jose.Header(idToken)["kid"]).Select(key => (string?)key!["alg"]),
                Has.Member("PS256").And.Member("RS256"),
                "a decoy key with the same kid and another alg"
            );
        }
    }

    [Test, Description("FAPI 2.0 §5.3.2.1: tokens that are not bound to a key or a certificate are not issued")]
    public async Task Token_request_without_a_proof_is_refused()
    {
        await using TestBed bed = await StartAsync();

        Uri callback = await bed.Server.SignInAsync(Reference(bed, await PushAsync(bed, proofs: null)));

        Assert.That(await TestBed.ErrorAsync(await RedeemAsync(bed, proofs: null, callback)), Is.EqualTo("invalid_request"));
    }

    [Test, Description("FAPI 2.0 §5.3.2.2: an authorization request that was not pushed is refused")]
    public async Task Request_that_was_not_pushed_is_refused()
    {
        await using TestBed bed = await StartAsync();

        Assert.That(() => bed.SignInAsync(("client_id", "photos")), Throws.InvalidOperationException);
    }

    [TestCase("", null)]
    [TestCase("array", "invalid_client", Description = "aud is not one string")]
    [TestCase("endpoint", "invalid_client", Description = "aud is the token endpoint")]
    [TestCase("decoy", "invalid_client", Description = "the registered key has another alg")]
    [TestCase("secret", "invalid_client")]
    [TestCase("none", "invalid_client")]
    [Description("FAPI 2.0 §5.3.2.1: clients authenticate by an assertion with the issuer as aud and a key of the algorithm")]
    public async Task Other_client_authentication_is_refused(string used, string? error)
    {
        await using TestBed bed = await StartAsync(keyAlgorithm: used is "decoy" ? "PS256" : "ES256");
        bed.Server.AddClient(new TestClient { ClientId = "app", RedirectUris = { TestBed.RedirectUri } });
        using ProofKey proofs = new(bed);
        Uri endpoint = bed.Server.TokenEndpoint;
        string issuer = bed.Server.Issuer.OriginalString;
        JsonNode audience = used switch
        {
            "array" => new JsonArray(issuer),
            "endpoint" => endpoint.AbsoluteUri,
            _ => issuer,
        };

        using HttpResponseMessage response = used switch
        {
            "secret" => await proofs.RequestTokenAsync(),
            "none" => await proofs.PostAsync(endpoint, null, ("grant_type", "refresh_token"), ("client_id", "app")),
            _ => await proofs.PostAsync(endpoint, null, [("grant_type", "client_credentials"), .. Authentication(bed, audience)]),
        };

        Assert.That((string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"], Is.EqualTo(error));
    }

    [TestCase("RS256", "invalid_dpop_proof")]
    [TestCase("PS256", null)]
    [Description("FAPI 2.0 §5.4.1: proofs use an algorithm of the profile")]
    public async Task Proof_uses_an_algorithm_of_the_profile(string algorithm, string? error)
    {
        await using TestBed bed = await StartAsync();
        using ProofKey proofs = new(bed, RSA.Create(2048), algorithm);

        using HttpResponseMessage response = await proofs.PostAsync(
            bed.Server.TokenEndpoint,
            null,
            [("grant_type", "client_credentials"), .. Authentication(bed, bed.Server.Issuer.OriginalString)]
        );

        Assert.That((string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"], Is.EqualTo(error));
    }

    [Test, Description("FAPI 2.0 §5.3.2.1: a client with a certificate receives tokens that are bound to it")]
    public async Task Client_with_a_certificate_needs_no_proof()
    {
        await using CertificateBed bed = await CertificateBed.StartAsync(binds: false, options => options.UseFapi2());
        using X509Certificate2 certificate = bed.Server.IssueClientCertificate("CN=service");

        JsonObject tokens = await bed.PostAsync(
            certificate,
            "token_endpoint",
            HttpStatusCode.OK,
            ("grant_type", "client_credentials"),
            ("client_id", "service")
        );

        Assert.That((string?)tokens["token_type"], Is.EqualTo("Bearer"));
        Assert.That((bool?)(await bed.MetadataAsync())["tls_client_certificate_bound_access_tokens"], Is.True);
    }

    private async Task<TestBed> StartAsync(string keyAlgorithm = "ES256")
    {
        TestBed bed = await TestBed.StartAsync(options => options.UseFapi2());
        JsonObject key = Jose.PublicKey(_key, "sig");
        key["alg"] = keyAlgorithm;
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                AuthenticationMethod = "private_key_jwt",
                PublicKeys = new JsonObject { ["keys"] = new JsonArray(key) },
                RedirectUris = { TestBed.RedirectUri },
            }
        );
        return bed;
    }

    private (string, string?)[] Authentication(TestBed bed, JsonNode audience)
    {
        JsonObject claims = new()
        {
            ["iss"] = "photos",
            ["sub"] = "photos",
            ["aud"] = audience,
            ["jti"] = Guid.NewGuid().ToString(),
            ["exp"] = bed.Clock.GetUtcNow().AddMinutes(1).ToUnixTimeSeconds(),
        };
        return
        [
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", ProofKey.Sign(_key, new JsonObject { ["alg"] = "ES256", ["kid"] = "client-key" }, claims.ToJsonString())),
        ];
    }

    private async Task<string> PushAsync(TestBed bed, ProofKey? proofs)
    {
        Uri endpoint = new(bed.Server.Issuer.OriginalString + "/par");
        (string, string?)[] form =
        [
            .. TestBed.Query(bed.AuthorizationUri(("client_id", "photos"))).Select(pair => (pair.Key, (string?)pair.Value)),
            .. Authentication(bed, bed.Server.Issuer.OriginalString),
        ];
        HttpResponseMessage response = proofs is null
            ? await bed.PostAsync(endpoint, null, form)
            : await proofs.PostAsync(endpoint, null, form);
        return (string)(await TestBed.JsonAsync(response, HttpStatusCode.Created))["request_uri"]!;
    }

    private Task<HttpResponseMessage> RedeemAsync(TestBed bed, ProofKey? proofs, Uri callback)
    {
        (string, string?)[] form =
        [
            ("grant_type", "authorization_code"),
            ("code", TestBed.Query(callback)["code"]),
            ("redirect_uri", TestBed.RedirectUri),
            ("code_verifier", TestBed.Verifier),
            .. Authentication(bed, bed.Server.Issuer.OriginalString),
        ];
        return proofs is null
            ? bed.PostAsync(bed.Server.TokenEndpoint, null, form)
            : proofs.PostAsync(bed.Server.TokenEndpoint, null, form);
    }

    private static Uri Reference(TestBed bed, string reference) =>
        new($"{bed.Server.AuthorizationEndpoint}?client_id=photos&request_uri={Uri.EscapeDataString(reference)}");

    private static IEnumerable<string?> Texts(JsonNode? array) => array!.AsArray().Select(item => (string?)item);
}
