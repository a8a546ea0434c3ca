using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests how the authorization server binds codes and tokens to keys (RFC 9449 §5, §6, §10).</summary>
public sealed class DPoPTokenTests
{
    private static readonly AuthenticationHeaderValue Confidential = TestBed.Basic("test-client", "test-secret");

    [Test, Description("RFC 9449 §5, §6.2: a proof binds the access token to its key")]
    public async Task Access_token_is_bound_to_the_key()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);

        JsonObject tokens = await TestBed.JsonAsync(await key.RequestTokenAsync(), HttpStatusCode.OK);
        JsonObject described = await IntrospectAsync(bed, tokens["access_token"]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)tokens["token_type"], Is.EqualTo("DPoP"));
            Assert.That((string?)described["token_type"], Is.EqualTo("DPoP"));
            Assert.That(described["cnf"]!.ToJsonString(), Is.EqualTo($"{{\"jkt\":\"{key.Thumbprint}\"}}"));
        }
    }

    [TestCase(true, false)]
    [TestCase(false, true)]
    [Description("RFC 9449 §5.2: a token request without a proof is refused if the server or the registration of the client requires one")]
    public async Task Proof_can_be_required(bool byServer, bool byClient)
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RequireDPoP = byServer);
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "service",
                ClientSecret = "secret",
                RequireDPoP = byClient,
            }
        );
        using ProofKey key = new(bed);
        AuthenticationHeaderValue basic = TestBed.Basic("service", "secret");
        Uri endpoint = bed.Server.TokenEndpoint;

        using HttpResponseMessage without = await bed.PostAsync(endpoint, basic, ("grant_type", "client_credentials"));
        using HttpResponseMessage with = await key.PostAsync(endpoint, basic, ("grant_type", "client_credentials"));

        Assert.That(await TestBed.ErrorAsync(without), Is.EqualTo("invalid_dpop_proof"));
        Assert.That(with.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("own", null)]
    [TestCase("other", "invalid_grant")]
    [TestCase("none", "invalid_grant")]
    [Description("RFC 9449 §10: a code is bound to the key of dpop_jkt")]
    public async Task Code_is_bound_to_the_key_of_dpop_jkt(string redeemer, string? error)
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        using ProofKey other = new(bed);

        string code = await bed.CodeAsync(("dpop_jkt", key.Thumbprint));

        Assert.That(await RedeemAsync(bed, Choose(redeemer, key, other), code), Is.EqualTo(error));
    }

    [TestCase("own", null)]
    [TestCase("other", "invalid_grant")]
    [TestCase("none", "invalid_grant")]
    [Description("RFC 9449 §10.1: the proof of a pushed authorization request binds the code to its key, with or without dpop_jkt")]
    public async Task Code_is_bound_to_the_key_of_the_pushed_request(string redeemer, string? error)
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        using ProofKey other = new(bed);
        foreach (string? thumbprint in new[] { null, key.Thumbprint })
        {
            string reference = (string)(await PushAsync(bed, key, HttpStatusCode.Created, thumbprint))["request_uri"]!;
            Uri address = new($"{bed.Server.AuthorizationEndpoint}?client_id=test-client&request_uri={Uri.EscapeDataString(reference)}");

            string code = TestBed.Query(await bed.Server.SignInAsync(address))["code"];

            Assert.That(await RedeemAsync(bed, Choose(redeemer, key, other), code), Is.EqualTo(error));
        }
    }

    [Test, Description("RFC 9449 §10, §10.1: dpop_jkt is a thumbprint, and that of the proof if there is one")]
    public async Task Invalid_dpop_jkt_is_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey key = new(bed);
        using ProofKey other = new(bed);

        JsonObject mismatch = await PushAsync(bed, key, HttpStatusCode.BadRequest, other.Thumbprint);
        JsonObject malformed = await PushAsync(bed, null, HttpStatusCode.BadRequest, "key");
        Uri callback = await bed.SignInAsync(("dpop_jkt", "key"));

        Assert.That((string?)mismatch["error"], Is.EqualTo("invalid_request"));
        Assert.That((string?)malformed["error"], Is.EqualTo("invalid_request"));
        Assert.That(TestBed.Query(callback)["error"], Is.EqualTo("invalid_request"));
    }

    [Test, Description("RFC 9449 §5: the refresh token of a public client is bound to its key, also after a rotation")]
    public async Task Refresh_token_of_a_public_client_is_bound()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "app", RedirectUris = { TestBed.RedirectUri } });
        using ProofKey key = new(bed);
        using ProofKey other = new(bed);
        string code = await bed.CodeAsync(("client_id", "app"));
        JsonObject tokens = await TestBed.JsonAsync(
            await key.PostAsync(bed.Server.TokenEndpoint, null, [("client_id", "app"), .. Redemption(code)]),
            HttpStatusCode.OK
        );
        JsonObject described = await IntrospectAsync(bed, tokens["refresh_token"]);
        for (int round = 0; round < 2; round++)
        {
            (string, string?)[] form =
            [
                ("client_id", "app"),
                ("grant_type", "refresh_token"),
                ("refresh_token", (string)tokens["refresh_token"]!),
            ];
            Assert.That(await TestBed.ErrorAsync(await other.PostAsync(bed.Server.TokenEndpoint, null, form)), Is.EqualTo("invalid_grant"));
            Assert.That(await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.TokenEndpoint, null, form)), Is.EqualTo("invalid_grant"));
            tokens = await TestBed.JsonAsync(await key.PostAsync(bed.Server.TokenEndpoint, null, form), HttpStatusCode.OK);
        }

        Assert.That((string?)described["cnf"]!["jkt"], Is.EqualTo(key.Thumbprint));
        Assert.That((string?)tokens["token_type"], Is.EqualTo("DPoP"));
    }

    [Test, Description("RFC 9449 §5: the refresh token of a confidential client is not bound to a key, its access tokens are")]
    public async Task Refresh_token_of_a_confidential_client_is_not_bound()
    {
        await using TestBed bed = await TestBed.StartAsync();
        using ProofKey first = new(bed);
        using ProofKey second = new(bed);
        JsonObject tokens = await TestBed.JsonAsync(
            await first.PostAsync(bed.Server.TokenEndpoint, Confidential, Redemption(await bed.CodeAsync())),
            HttpStatusCode.OK
        );
        JsonObject described = await IntrospectAsync(bed, tokens["refresh_token"]);

        JsonObject refreshed = await TestBed.JsonAsync(
            await second.PostAsync(
                bed.Server.TokenEndpoint,
                Confidential,
                ("grant_type", "refresh_token"),
                ("refresh_token", (string)tokens["refresh_token"]!)
            ),
            HttpStatusCode.OK
        );
        JsonObject access = await IntrospectAsync(bed, refreshed["access_token"]);

        Assert.That(described.ContainsKey("cnf"), Is.False);
        Assert.That((string?)access["cnf"]!["jkt"], Is.EqualTo(second.Thumbprint));
    }

    [Test, Description("RFC 9449 §5: a server that does not support DPoP ignores the proof and issues a bearer token")]
    public async Task Server_can_ignore_proofs()
    {
        await using TestBed bed = await TestBed.StartAsync(options =>
            (options.IgnoreDPoPProofs, options.RequireDPoP, options.RequireDPoPNonces) = (true, true, true)
        );
        using ProofKey key = new(bed);
        string code = await bed.CodeAsync(("dpop_jkt", key.Thumbprint));

        using HttpResponseMessage response = await key.PostAsync(bed.Server.TokenEndpoint, Confidential, Redemption(code));
        JsonObject tokens = await TestBed.JsonAsync(response, HttpStatusCode.OK);

        Assert.That((string?)tokens["token_type"], Is.EqualTo("Bearer"));
        Assert.That(response.Headers.Contains("DPoP-Nonce"), Is.False);
        Assert.That((await IntrospectAsync(bed, tokens["access_token"])).ContainsKey("cnf"), Is.False);
        Assert.That(await bed.UserInfoStatusAsync((string)tokens["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("\"dpop_bound_access_tokens\":true", true)]
    [TestCase("\"dpop_bound_access_tokens\":false", false)]
    [TestCase("\"dpop_bound_access_tokens\":\"yes\"", null)]
    [TestCase("\"dpop_bound_access_tokens\":true,\"tls_client_certificate_bound_access_tokens\":true", null)]
    [Description("RFC 9449 §5.2: a client registers that its tokens are bound")]
    public async Task Client_registers_that_it_uses_proofs(string member, bool? expected)
    {
        await using TestBed bed = await RegistrationRequests.StartAsync();
        string body = $"{{{RegistrationRequests.Redirects},{member}}}";

        using HttpResponseMessage response = await RegistrationRequests.SendAsync(
            bed,
            HttpMethod.Post,
            bed.Server.RegistrationEndpoint,
            body
        );
        JsonNode registered = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

        Assert.That((bool?)registered["dpop_bound_access_tokens"], Is.EqualTo(expected));
        Assert.That((string?)registered["error"], Is.EqualTo(expected is null ? "invalid_client_metadata" : null));
        Assert.That(bed.Server.Clients.Any(client => client.RequireDPoP), Is.EqualTo(expected is true));
    }

    private static (string, string?)[] Redemption(string code) =>
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", TestBed.RedirectUri), ("code_verifier", TestBed.Verifier)];

    private static ProofKey? Choose(string redeemer, ProofKey own, ProofKey other) =>
        redeemer switch
        {
            "own" => own,
            "other" => other,
            _ => null,
        };

    private static async Task<string?> RedeemAsync(TestBed bed, ProofKey? key, string code)
    {
        using HttpResponseMessage response = key is null
            ? await bed.RedeemAsync(code)
            : await key.PostAsync(bed.Server.TokenEndpoint, Confidential, Redemption(code));
        return (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"];
    }

    private static async Task<JsonObject> PushAsync(TestBed bed, ProofKey? key, HttpStatusCode status, string? thumbprint)
    {
        Uri endpoint = new(bed.Server.Issuer.OriginalString + "/par");
        (string, string?)[] form =
        [
            .. TestBed.Query(bed.AuthorizationUri()).Select(pair => (pair.Key, (string?)pair.Value)),
            ("dpop_jkt", thumbprint),
        ];
        return await TestBed.JsonAsync(
            key is null ? await bed.PostAsync(endpoint, Confidential, form) : await key.PostAsync(endpoint, Confidential, form),
            status
        );
    }

    private static async Task<JsonObject> IntrospectAsync(TestBed bed, JsonNode? token) =>
        await TestBed.JsonAsync(await bed.PostAsync(bed.Server.IntrospectionEndpoint, ("token", (string?)token)), HttpStatusCode.OK);
}
