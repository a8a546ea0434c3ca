using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests Rich Authorization Requests (RFC 9396).</summary>
[TestFixture]
internal sealed class AuthorizationDetailsTests
{
    private const string Payment = """{"type":"payment","actions":["initiate","status"],"amount":"5"}""";
    private const string Account = """{"type":"account","locations":["https://api.example"]}""";

    [Test, Description("RFC 9396 §7, §7.1: the token response states what was granted, with what the server added")]
    public async Task Granted_details_are_returned()
    {
        await using TestBed bed = await StartAsync(options => options.OnAuthorizationDetails = details => details[0]!["debtor"] = "DE02");

        JsonObject tokens = await bed.TokensAsync(("authorization_details", $"[{Payment},{Account}]"));

        Expect(tokens["authorization_details"], $"[{Payment[..^1]},\"debtor\":\"DE02\"{"}"},{Account}]");
        Assert.That((await bed.TokensAsync()).ContainsKey("authorization_details"), Is.False, "without a request");
    }

    [TestCase("[{\"type\":\"card\"}]")]
    [TestCase("[{\"type\":\"payment\",\"colour\":\"red\"}]")]
    [TestCase("[{\"type\":\"payment\",\"actions\":\"initiate\"}]")]
    [TestCase("[{\"type\":\"payment\",\"locations\":[5]}]")]
    [TestCase("[{\"type\":\"payment\",\"identifier\":5}]")]
    [TestCase("[{\"type\":\"payment\",\"type\":\"account\"}]")]
    [TestCase("[{\"actions\":[]}]")]
    [TestCase("[{\"type\":5}]")]
    [TestCase("[5]")]
    [TestCase("[]")]
    [TestCase("{\"type\":\"payment\"}")]
    [TestCase("payment")]
    [Description("RFC 9396 §5, §8: malformed details, an unknown type or an unknown member result in invalid_authorization_details")]
    public async Task Other_details_are_refused(string details)
    {
        await using TestBed bed = await StartAsync();

        var callback = TestBed.Query(await bed.SignInAsync(("authorization_details", details)));
        string? atToken = await TestBed.ErrorAsync(
            await bed.PostAsync(
                bed.Server.TokenEndpoint,
                ("grant_type", "client_credentials"),
                ("scope", "api"),
                ("authorization_details", details)
            )
        );
        string? atPush = await TestBed.ErrorAsync(
            await bed.PostAsync(
                new Uri(bed.Server.Issuer, "/par"),
                [.. TestBed.Query(bed.AuthorizationUri(("authorization_details", details))).Select(pair => (pair.Key, pair.Value))]
            )
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(callback["error"], Is.EqualTo("invalid_authorization_details"));
            Assert.That(atToken, Is.EqualTo("invalid_authorization_details"));
            Assert.That(atPush, Is.EqualTo("invalid_authorization_details"));
        }
    }

    [Test, Description("RFC 9396 §6: client credentials; introspection states the details of the token (§9.2)")]
    public async Task Client_credentials_and_introspection()
    {
        await using TestBed bed = await StartAsync();

        JsonObject tokens = await TestBed.JsonAsync(
            await bed.PostAsync(
                bed.Server.TokenEndpoint,
                ("grant_type", "client_credentials"),
                ("scope", "api"),
                ("authorization_details", $"[{Account}]")
            ),
            HttpStatusCode.OK
        );
        JsonObject described = await IntrospectAsync(bed, (string)tokens["access_token"]!);

        Expect(tokens["authorization_details"], $"[{Account}]");
        Expect(described["authorization_details"], $"[{Account}]");
    }

    [Test, Description("RFC 9396 §6: a refresh can request a part of the details; the next one can request all of them again")]
    public async Task A_refresh_for_a_part_of_the_details()
    {
        await using TestBed bed = await StartAsync();
        JsonObject tokens = await bed.TokensAsync(("authorization_details", $"[{Payment},{Account}]"));

        JsonObject part = await RefreshAsync(tokens, ("authorization_details", """[{"type":"payment","actions":["status"]}]"""));
        JsonObject all = await RefreshAsync(part);

        Expect(part["authorization_details"], """[{"type":"payment","actions":["status"],"amount":"5"}]""");
        Expect(
            (await IntrospectAsync(bed, (string)part["access_token"]!))["authorization_details"],
            part["authorization_details"]!.ToJsonString()
        );
        Expect((await IntrospectAsync(bed, (string)all["refresh_token"]!))["authorization_details"], $"[{Payment},{Account}]");
        Expect(all["authorization_details"], $"[{Payment},{Account}]");

        async Task<JsonObject> RefreshAsync(JsonObject previous, params (string, string?)[] more) =>
            await TestBed.JsonAsync(await bed.RefreshAsync((string)previous["refresh_token"]!, more), HttpStatusCode.OK);
    }

    [TestCase("[{\"type\":\"account\"}]")]
    [TestCase("[{\"type\":\"payment\",\"actions\":[\"cancel\"]}]")]
    [TestCase("[{\"type\":\"payment\",\"amount\":\"6\"}]")]
    [TestCase("[{\"type\":\"payment\",\"locations\":[]}]")]
    [TestCase("[{\"type\":\"payment\"},{\"type\":\"account\"}]")]
    [Description("RFC 9396 §6: a refresh for more than was granted is refused, and the refresh token stays valid")]
    public async Task A_refresh_for_more_is_refused(string details)
    {
        await using TestBed bed = await StartAsync();
        string refreshToken = (string)(await bed.TokensAsync(("authorization_details", $"[{Payment}]")))["refresh_token"]!;

        string? error = await TestBed.ErrorAsync(await bed.RefreshAsync(refreshToken, ("authorization_details", details)));
        using HttpResponseMessage next = await bed.RefreshAsync(refreshToken);

        Assert.That(error, Is.EqualTo("invalid_authorization_details"));
        Assert.That(next.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_refresh_can_omit_the_details()
    {
        await using TestBed bed = await StartAsync(options => options.SendAuthorizationDetailsAtRefresh = false);
        JsonObject tokens = await bed.TokensAsync(("authorization_details", $"[{Payment}]"));

        JsonObject refreshed = await TestBed.JsonAsync(await bed.RefreshAsync((string)tokens["refresh_token"]!), HttpStatusCode.OK);

        Assert.That(refreshed.ContainsKey("authorization_details"), Is.False);
        Expect((await IntrospectAsync(bed, (string)refreshed["access_token"]!))["authorization_details"], $"[{Payment}]");
    }

    [Test, Description("RFC 9396 §10: the metadata contain the types; a client can be limited to some of them")]
    public async Task Types_are_published_and_limited_for_a_client()
    {
        await using TestBed bed = await StartAsync();
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "limited",
                ClientSecret = "s",
                RedirectUris = { TestBed.RedirectUri },
                AllowedAuthorizationDetailsTypes = new HashSet<string>(StringComparer.Ordinal) { "account" },
            }
        );

        var refused = TestBed.Query(await bed.SignInAsync(("client_id", "limited"), ("authorization_details", $"[{Payment}]")));
        var allowed = TestBed.Query(await bed.SignInAsync(("client_id", "limited"), ("authorization_details", $"[{Account}]")));

        Expect((await bed.MetadataAsync())["authorization_details_types_supported"], """["account","payment"]""");
        Assert.That(refused["error"], Is.EqualTo("invalid_authorization_details"));
        Assert.That(allowed, Does.ContainKey("code"));
    }

    [Test, Description("RFC 9396 §11.2, OpenID Connect Core §3.1.2.4: the user sees each object, and consents to each new one")]
    public async Task The_consent_page_shows_the_details()
    {
        await using TestBed bed = await StartAsync();
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        await bed.Server.SignInAsync(bed.AuthorizationUri(("authorization_details", $"[{Account}]")), browser);

        var same = await AskAsync($"[{Account}]");
        var other = await AskAsync($"[{Account},{Payment}]");
        using HttpResponseMessage page = await PageAsync("""[{"type":"payment","amount":"<b>5 €</b>"}]""");
        string html = await page.Content.ReadAsStringAsync();

        Assert.That(same, Does.ContainKey("code"));
        Assert.That(other["error"], Is.EqualTo("consent_required"));
        Assert.That(html, Does.Contain("&quot;amount&quot;:&quot;&lt;b&gt;5").And.Not.Contain("<b>5"));

        async Task<IReadOnlyDictionary<string, string>> AskAsync(string details) =>
            TestBed.Query(
                await bed.Server.SignInAsync(bed.AuthorizationUri(("authorization_details", details), ("prompt", "none")), browser)
            );

        async Task<HttpResponseMessage> PageAsync(string details)
        {
            Uri address = bed.AuthorizationUri(("authorization_details", details));
            using HttpRequestMessage request = new(HttpMethod.Get, address);
            request.Headers.Add("Cookie", browser.Cookies!.GetCookieHeader(address));
            return await bed.Http.SendAsync(request);
        }
    }

    [Test, Description("RFC 9396 §10, RFC 7591 §2: authorization_details_types of a registration")]
    public async Task A_client_registers_its_types()
    {
        await using TestBed bed = await StartAsync(options => options.AllowRegistration = true);

        JsonObject registered = await TestBed.JsonAsync(await RegisterAsync("account"), HttpStatusCode.Created);
        string? error = await TestBed.ErrorAsync(await RegisterAsync("card"));

        Expect(registered["authorization_details_types"], """["account"]""");
        Assert.That(
            bed.Server.Clients.Single(client => client.ClientId == (string?)registered["client_id"]).AllowedAuthorizationDetailsTypes,
            Is.EquivalentTo(["account"])
        );
        Assert.That(error, Is.EqualTo("invalid_client_metadata"));

        Task<HttpResponseMessage> RegisterAsync(string type) =>
            bed.Http.PostAsync(
                new Uri(bed.Server.Issuer, "/register"),
                new StringContent(
                    $$"""{"redirect_uris":["{{TestBed.RedirectUri}}"],"authorization_details_types":["{{type}}"]}""",
                    System.Text.Encoding.UTF8,
                    "application/json"
                )
            );
    }

    private static async Task<JsonObject> IntrospectAsync(TestBed bed, string token) =>
        await TestBed.JsonAsync(await bed.PostAsync(bed.Server.IntrospectionEndpoint, ("token", token)), HttpStatusCode.OK);

    private static void Expect(JsonNode? actual, string expected) =>
        Assert.That(JsonNode.DeepEquals(actual, JsonNode.Parse(expected)), Is.True, actual?.ToJsonString());

    private static Task<TestBed> StartAsync(Action<TestAuthorizationServerOptions>? configure = null) =>
        TestBed.StartAsync(options =>
        {
            options.AuthorizationDetailsTypes["payment"] = ["amount", "debtor"];
            options.AuthorizationDetailsTypes["account"] = [];
            configure?.Invoke(options);
        });
}
