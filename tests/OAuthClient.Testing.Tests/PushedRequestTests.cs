using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests assertions (RFC 7523), pushed (RFC 9126) and signed (RFC 9101) authorization requests.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PushedRequestTests : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [TestCase("", 200)]
    [TestCase("iss", 401, "another")]
    [TestCase("sub", 401, "another")]
    [TestCase("aud", 401, "https://another.example")]
    [TestCase("exp", 401, 1L)]
    [TestCase("exp", 401, 99_999_999_999L)]
    [TestCase("jti", 401, "")]
    [TestCase("typ", 401, "at+jwt")]
    [TestCase("signature", 401)]
    [Description("RFC 7523 §3: exactly a valid assertion authenticates the client, and only once")]
    public async Task Assertion_is_verified(string changed, int status, object? value = null)
    {
        await using TestBed bed = await StartAsync();
        string assertion = Sign(Claims(bed), changed, value);

        using HttpResponseMessage response = await PostTokenAsync(bed, assertion);
        using HttpResponseMessage again = await PostTokenAsync(bed, assertion);

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That((int)again.StatusCode, Is.EqualTo(401), "RFC 7523 §3: a jti is accepted once");
    }

    [Test, Description("RFC 9126 §2.2, §4: a pushed request is used once, by its client, before it expires")]
    public async Task Pushed_request_is_used_once()
    {
        await using TestBed bed = await StartAsync(o => o.RequirePushedAuthorizationRequests = true);
        string first = await PushAsync(bed);
        string expired = await PushAsync(bed);

        Uri callback = await bed.Server.SignInAsync(Address(bed, first));

        Assert.That(TestBed.Query(callback), Does.ContainKey("code"));
        Assert.That(async () => await bed.Server.SignInAsync(Address(bed, first)), Throws.InvalidOperationException);
        bed.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That(async () => await bed.Server.SignInAsync(Address(bed, expired)), Throws.InvalidOperationException);
        Assert.That(async () => await bed.SignInAsync(("client_id", "photos")), Throws.InvalidOperationException, "required");
    }

    [TestCase("", true)]
    [TestCase("iss", false, "another")]
    [TestCase("aud", false, "https://another.example")]
    [TestCase("exp", false, 1L)]
    [TestCase("typ", false, "at+jwt")]
    [TestCase("signature", false)]
    [Description("RFC 9101 §6: exactly a valid request object is accepted, where one is required")]
    public async Task Request_object_is_verified(string changed, bool isAccepted, object? value = null)
    {
        await using TestBed bed = await StartAsync(o => o.RequireSignedAuthorizationRequests = true);
        JsonObject claims = Claims(bed);
        claims["nbf"] = bed.Clock.GetUtcNow().ToUnixTimeSeconds();
        foreach ((string name, string parameter) in TestBed.Query(bed.AuthorizationUri(("client_id", "photos"))))
            claims[name] = parameter;
        string request = Sign(claims, changed, value, "oauth-authz-req+jwt");
        Uri address = new($"{bed.Server.AuthorizationEndpoint}?client_id=photos&request={request}");

        async Task<Uri> SignInAsync() => await bed.Server.SignInAsync(address);

        if (isAccepted)
            Assert.That(TestBed.Query(await SignInAsync()), Does.ContainKey("code"));
        else
            Assert.That(SignInAsync, Throws.InvalidOperationException);
    }

    [TestCase(true)]
    [TestCase(false)]
    [Description("RFC 9396 §3: authorization_details of a request object are an array, and not its text")]
    public async Task Authorization_details_of_a_request_object_are_an_array(bool isArray)
    {
        await using TestBed bed = await StartAsync(o => o.AuthorizationDetailsTypes["payment"] = []);
        JsonObject claims = Claims(bed);
        claims["nbf"] = bed.Clock.GetUtcNow().ToUnixTimeSeconds();
        foreach ((string name, string parameter) in TestBed.Query(bed.AuthorizationUri(("client_id", "photos"))))
            claims[name] = parameter;
        const string details = """[{"type":"payment"}]""";
        claims["authorization_details"] = isArray ? JsonNode.Parse(details) : details;
        Uri address = new(
            $"{bed.Server.AuthorizationEndpoint}?client_id=photos&request={Sign(claims, "", value: null, "oauth-authz-req+jwt")}"
        );

        async Task<Uri> SignInAsync() => await bed.Server.SignInAsync(address);

        if (isArray)
            Assert.That(TestBed.Query(await SignInAsync()), Does.ContainKey("code"));
        else
            Assert.That(SignInAsync, Throws.InvalidOperationException.With.Message.Contains("must be an array, and not its text"));
    }

    private async Task<TestBed> StartAsync(Action<TestAuthorizationServerOptions>? configure = null)
    {
        TestBed bed = await TestBed.StartAsync(configure);
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                AuthenticationMethod = "private_key_jwt",
                PublicKeys = new JsonObject { ["keys"] = new JsonArray(Jose.PublicKey(_key, "sig")) },
                RedirectUris = { TestBed.RedirectUri },
            }
        );
        return bed;
    }

    private static JsonObject Claims(TestBed bed) =>
        new()
        {
            ["iss"] = "photos",
            ["sub"] = "photos",
            ["aud"] = bed.Server.Issuer.OriginalString,
            ["jti"] = Guid.NewGuid().ToString(),
            ["exp"] = bed.Clock.GetUtcNow().AddMinutes(1).ToUnixTimeSeconds(),
        };

    private string Sign(JsonObject claims, string changed, object? value, string type = "client-authentication+jwt")
    {
        JsonObject header = new() { ["alg"] = "ES256", ["typ"] = changed is "typ" ? (string)value! : type };
        if (changed is not ("" or "typ" or "signature"))
            claims[changed] = value is long number ? JsonValue.Create(number) : JsonValue.Create((string)value!);
        string input =
            Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString()))
            + "."
            + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()));
        byte[] signature = _key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256);
        if (changed is "signature")
            signature[0] ^= 1;
        return input + "." + Base64Url.EncodeToString(signature);
    }

    private static Task<HttpResponseMessage> PostTokenAsync(TestBed bed, string assertion) =>
        PostAsync(
            bed,
            bed.Server.TokenEndpoint,
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion)
        );

    private async Task<string> PushAsync(TestBed bed)
    {
        (string, string)[] parameters =
        [
            .. TestBed.Query(bed.AuthorizationUri(("client_id", "photos"))).Select(pair => (pair.Key, pair.Value)),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", Sign(Claims(bed), "", value: null)),
        ];
        using HttpResponseMessage response = await PostAsync(bed, new(bed.Server.Issuer.OriginalString + "/par"), parameters);
        return (string)(await TestBed.JsonAsync(response, HttpStatusCode.Created))["request_uri"]!;
    }

    private static Uri Address(TestBed bed, string reference) =>
        new($"{bed.Server.AuthorizationEndpoint}?client_id=photos&request_uri={Uri.EscapeDataString(reference)}");

    private static async Task<HttpResponseMessage> PostAsync(TestBed bed, Uri address, params (string Name, string Value)[] parameters)
    {
        using HttpClient http = new();
        using FormUrlEncodedContent form = new(parameters.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)));
        return await http.PostAsync(address, form);
    }
}
