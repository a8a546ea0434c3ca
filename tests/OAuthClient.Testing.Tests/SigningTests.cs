using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests signing algorithms, signing keys and claims that options control.</summary>
[TestFixture]
internal sealed class SigningTests
{
    private const string LongSecret = "a secret of the thirty-two bytes that HS256 needs";

    [TestCase("PS512")]
    [TestCase("ES384")]
    [Description("RFC 7591 §2: ID Tokens use id_token_signed_response_alg of the client; the key is published before the first signature")]
    public async Task ID_Token_uses_the_registered_algorithm_of_the_client(string algorithm)
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos(algorithm));
        JsonArray before = await bed.KeysAsync();

        string token = (string)(await bed.TokensAsync(client))["id_token"]!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)Jose.Header(token)["alg"], Is.EqualTo(algorithm));
            Assert.That(Jose.KeysThatVerify(token, before).Select(key => (string?)key["alg"]), Is.EqualTo([algorithm]));
        }
    }

    [Test, Description("OpenID Connect Core §10.1: the client secret is the HMAC key")]
    public async Task HMAC_uses_the_client_secret()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = bed.Server.AddClient(Photos("HS256"));

        string token = (string)(await bed.TokensAsync(client))["id_token"]!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)Jose.Header(token)["alg"], Is.EqualTo("HS256"));
            Assert.That(Jose.Header(token).ContainsKey("kid"), Is.False);
            Assert.That(Jose.VerifiesHmac(token, Encoding.UTF8.GetBytes(LongSecret)), Is.True);
            Assert.That((await bed.KeysAsync()).Select(key => (string?)key!["alg"]), Is.EqualTo(["RS256"]), "the secret is not published");
        }
    }

    [TestCase("RS257", "must be one of")]
    [TestCase("none", "must be one of")]
    [TestCase("EdDSA", "must be one of", Description = "without an implementation of Ed25519")]
    [TestCase("HS256", "32 bytes", Description = "RFC 7518 §3.2")]
    public async Task Unsupported_algorithm_is_rejected(string algorithm, string expectedMessage)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(
            () =>
                bed.Server.AddClient(
                    new TestClient
                    {
                        ClientId = "short",
                        ClientSecret = "short",
                        IdTokenSigningAlgorithm = algorithm,
                    }
                ),
            Throws.ArgumentException.With.Message.Contains(expectedMessage)
        );
    }

    [Test, Description("OpenID Connect Core §10.1.1: a rotation replaces the keys of all algorithms in use")]
    public async Task Rotation_replaces_the_keys_of_all_algorithms()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(Photos("ES256"));
        JsonArray before = await bed.KeysAsync();

        bed.Server.RotateSigningKey();
        JsonArray both = await bed.KeysAsync();
        bed.Server.RotateSigningKey(keepPrevious: false);
        JsonArray after = await bed.KeysAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(both.Select(KeyId), Is.SupersetOf(before.Select(KeyId)));
            Assert.That(both, Has.Count.EqualTo(4));
            Assert.That(after.Select(key => (string?)key!["alg"]), Is.EquivalentTo(["RS256", "ES256"]));
            Assert.That(after.Select(KeyId), Has.None.AnyOf(both.Select(KeyId).ToArray()));
        }
    }

    [Test, Description("OpenID Connect Core §10.1.1: the signing key can be newer than the cached key set of the client")]
    public async Task Key_can_be_rotated_before_each_signature()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.RotateSigningKeyBeforeSigning = true);
        JsonArray before = await bed.KeysAsync();

        string token = (string)(await bed.TokensAsync())["id_token"]!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Jose.KeysThatVerify(token, before), Is.Empty);
            Assert.That(Jose.KeysThatVerify(token, await bed.KeysAsync()), Has.Count.EqualTo(1));
        }
    }

    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(false, false)]
    [Description("RFC 7515 §4.1.4, RFC 7517 §4.5: kid is optional in tokens and in the key set")]
    public async Task Key_identifiers_can_be_omitted(bool inTokens, bool inKeySet)
    {
        await using TestBed bed = await TestBed.StartAsync(options => (options.SendKeyId, options.PublishKeyIds) = (inTokens, inKeySet));

        string token = (string)(await bed.TokensAsync())["id_token"]!;
        JsonArray keys = await bed.KeysAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Jose.Header(token).ContainsKey("kid"), Is.EqualTo(inTokens));
            Assert.That(keys.Select(key => key!.AsObject().ContainsKey("kid")), Is.All.EqualTo(inKeySet));
            Assert.That(Jose.KeysThatVerify(token, keys), Has.Count.EqualTo(1));
        }
    }

    [TestCase("RS256", "PS256")]
    [TestCase("PS256", "RS256")]
    [TestCase("ES256", "ES384")]
    [TestCase("ES512", "ES256")]
    [Description("RFC 7517 §4.5: keys with the same kid are distinguished by algorithm, type and use")]
    public async Task Decoy_keys_share_the_kid_and_do_not_verify_the_token(string algorithm, string alternative)
    {
        await using TestBed bed = await TestBed.StartAsync(options =>
            (options.SigningAlgorithm, options.PublishDecoyKeys) = (algorithm, true)
        );

        string token = (string)(await bed.TokensAsync())["id_token"]!;
        JsonArray keys = await bed.KeysAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(keys.Select(KeyId), Is.EqualTo(Enumerable.Repeat((string?)Jose.Header(token)["kid"], 4)));
            Assert.That(keys.Select(key => (string?)key!["alg"]), Has.One.EqualTo(algorithm).And.One.EqualTo(alternative));
            Assert.That(keys.Select(key => (string?)key!["kty"]), Has.Some.EqualTo("RSA").And.Some.EqualTo("EC"));
            Assert.That(keys.Select(key => (string?)key!["use"]), Has.One.EqualTo("enc"));
            Assert.That(Jose.KeysThatVerify(token, keys), Is.EqualTo([keys[3]]), "the signing key comes last");
        }
    }

    [Test, Description("OpenID Connect Core §2, §3.1.2.1: acr is the first supported value of acr_values")]
    public async Task Acr_is_the_first_supported_value()
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.AcrValuesSupported.UnionWith(["silver", "gold"]));

        JsonObject requested = Jose.Claims((string)(await bed.TokensAsync(("acr_values", "platinum gold silver")))["id_token"]!);
        JsonObject notRequested = Jose.Claims((string)(await bed.TokensAsync())["id_token"]!);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)requested["acr"], Is.EqualTo("gold"));
            Assert.That(notRequested.ContainsKey("acr"), Is.False);
            Assert.That((await bed.MetadataAsync())["acr_values_supported"]!.ToJsonString(), Is.EqualTo("""["gold","silver"]"""));
        }
    }

    [Test, Description("OpenID Connect Core §2: azp is optional")]
    public async Task Authorized_party_is_sent_if_the_option_is_set()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject plain = Jose.Claims((string)(await bed.TokensAsync())["id_token"]!);

        bed.Server.Options.SendAuthorizedParty = true;
        JsonObject with = Jose.Claims((string)(await bed.TokensAsync())["id_token"]!);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(plain.ContainsKey("azp"), Is.False);
            Assert.That((string?)with["azp"], Is.EqualTo("test-client"));
        }
    }

    [Test, Description("OpenID Connect Front-Channel Logout §3: sid identifies the browser session for all its clients")]
    public async Task Session_identifier_is_stable_during_the_session()
    {
        await using TestBed bed = await TestBed.StartAsync();
        SignInOptions browser = new() { Cookies = new CookieContainer() };

        string? first = await SessionAsync(bed, browser);
        string? again = await SessionAsync(bed, browser);
        string? loggedInAgain = await SessionAsync(bed, browser, ("prompt", "login"));
        string? bob = await SessionAsync(bed, new SignInOptions { Cookies = browser.Cookies, UserName = "bob" }, ("prompt", "login"));
        string? otherBrowser = await SessionAsync(bed, new SignInOptions());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first, Is.Not.Null.And.Not.Empty);
            Assert.That(again, Is.EqualTo(first));
            Assert.That(loggedInAgain, Is.EqualTo(first), "the same user, in the same browser");
            Assert.That(bob, Is.Not.EqualTo(first));
            Assert.That(otherBrowser, Is.Not.EqualTo(first));
        }
    }

    [Test, Description("IssuerTemplate: metadata and keys contain the placeholder, ID Tokens contain the tenant of the user")]
    public async Task ID_Token_contains_the_issuer_of_the_tenant()
    {
        await using TestBed bed = await TestBed.StartAsync(options =>
            (options.PathBase, options.IssuerTemplate) = ("/common/v2.0", "/{tenantid}/v2.0")
        );
        bed.Server.AddUser(
            new TestUser
            {
                Subject = "carol",
                UserName = "carol",
                Tenant = "contoso",
            }
        );
        string authority = bed.Server.Issuer.GetLeftPart(UriPartial.Authority);

        Uri callback = await bed.Server.SignInAsync(bed.AuthorizationUri(), new SignInOptions { UserName = "carol" });
        JsonObject tokens = await TestBed.JsonAsync(await bed.RedeemAsync(TestBed.Query(callback)["code"]), HttpStatusCode.OK);
        JsonObject claims = Jose.Claims((string)tokens["id_token"]!);
        JsonObject metadata = await bed.MetadataAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)metadata["issuer"], Is.EqualTo(authority + "/{tenantid}/v2.0"));
            Assert.That((bool)metadata["authorization_response_iss_parameter_supported"]!, Is.False);
            Assert.That(TestBed.Query(callback), Does.Not.ContainKey("iss"));
            Assert.That((string?)claims["iss"], Is.EqualTo(authority + "/contoso/v2.0"));
            Assert.That((string?)claims["tid"], Is.EqualTo("contoso"));
            Assert.That((await bed.KeysAsync()).Select(key => (string?)key!["issuer"]), Is.EqualTo([authority + "/{tenantid}/v2.0"]));
        }
    }

    [TestCase("{tenantid}/v2.0")]
    [TestCase("/{tenantid}/")]
    [TestCase("/tenant")]
    [Description("IssuerTemplate must be a path with the placeholder {tenantid}")]
    public void Invalid_issuer_template_is_rejected_at_the_start(string template) =>
        Assert.That(() => TestAuthorizationServer.StartAsync(options => options.IssuerTemplate = template), Throws.ArgumentException);

    private static TestClient Photos(string algorithm) =>
        new()
        {
            ClientId = "photos",
            ClientSecret = LongSecret,
            RedirectUris = { TestBed.RedirectUri },
            IdTokenSigningAlgorithm = algorithm,
        };

    private static string? KeyId(JsonNode? key) => (string?)key!["kid"];

    private static async Task<string?> SessionAsync(TestBed bed, SignInOptions browser, params (string, string?)[] changes)
    {
        Uri callback = await bed.Server.SignInAsync(bed.AuthorizationUri(changes), browser);
        JsonObject tokens = await TestBed.JsonAsync(await bed.RedeemAsync(TestBed.Query(callback)["code"]), HttpStatusCode.OK);
        return (string?)Jose.Claims((string)tokens["id_token"]!)["sid"];
    }
}
