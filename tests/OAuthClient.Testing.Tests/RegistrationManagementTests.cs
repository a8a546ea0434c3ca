using System.Net;
using System.Text.Json.Nodes;
using static OAuthClient.Testing.Tests.RegistrationRequests;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the management of a client registration (RFC 7592).</summary>
[TestFixture]
internal sealed class RegistrationManagementTests
{
    [Test, Description("RFC 7592 §2.1, §2.2: a client can read and replace its metadata; the credentials stay the same")]
    public async Task Registration_can_be_read_and_replaced()
    {
        await using TestBed bed = await StartAsync();
        JsonObject registered = await RegisterAsync(
            bed,
            "{" + Redirects + ",\"client_name\":\"Before\",\"client_uri\":\"https://a.example/\"}"
        );

        JsonObject read = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Get), HttpStatusCode.OK);
        JsonObject update = new()
        {
            ["client_id"] = registered["client_id"]!.DeepClone(),
            ["client_secret"] = registered["client_secret"]!.DeepClone(),
            ["redirect_uris"] = new JsonArray("https://a.example/new"),
            ["client_name"] = "After",
        };
        JsonObject replaced = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Put, update), HttpStatusCode.OK);
        JsonObject again = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Get), HttpStatusCode.OK);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(JsonNode.DeepEquals(read, registered), Is.True, read.ToJsonString());
            Assert.That((string?)replaced["client_name"], Is.EqualTo("After"));
            Assert.That(replaced["redirect_uris"]!.ToJsonString(), Is.EqualTo("""["https://a.example/new"]"""));
            Assert.That(replaced.ContainsKey("client_uri"), Is.False, "omitted members are removed");
            Assert.That((string?)replaced["client_secret"], Is.EqualTo((string?)registered["client_secret"]));
            Assert.That((string?)replaced["registration_access_token"], Is.EqualTo((string?)registered["registration_access_token"]));
            Assert.That(JsonNode.DeepEquals(again, replaced), Is.True);
        }
    }

    [TestCase("client_id", "another")]
    [TestCase("client_secret", "chosen")]
    [TestCase("registration_access_token", "x")]
    [TestCase("registration_client_uri", "x")]
    [TestCase("client_id_issued_at", "x")]
    [TestCase("client_secret_expires_at", "x")]
    [Description("RFC 7592 §2.2: a request that changes a value of the server is rejected")]
    public async Task Update_of_values_of_the_server_is_rejected(string member, string value)
    {
        await using TestBed bed = await StartAsync();
        JsonObject registered = await RegisterAsync(bed, "{" + Redirects + "}");
        JsonObject update = new()
        {
            ["client_id"] = registered["client_id"]!.DeepClone(),
            ["redirect_uris"] = new JsonArray("https://a.example/"),
            [member] = value,
        };

        Assert.That(await TestBed.ErrorAsync(await ManageAsync(bed, registered, HttpMethod.Put, update)), Is.EqualTo("invalid_request"));
    }

    [Test, Description("RFC 7592 §2.2: an update can replace the registration access token; the previous one becomes invalid")]
    public async Task Registration_access_token_is_rotated_if_the_option_is_set()
    {
        await using TestBed bed = await StartAsync(options => options.RotateRegistrationAccessTokens = true);
        JsonObject registered = await RegisterAsync(bed, "{" + Redirects + "}");
        JsonObject update = new()
        {
            ["client_id"] = registered["client_id"]!.DeepClone(),
            ["redirect_uris"] = new JsonArray("https://a.example/"),
        };

        JsonObject replaced = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Put, update), HttpStatusCode.OK);
        using HttpResponseMessage withPrevious = await ManageAsync(bed, registered, HttpMethod.Get);
        using HttpResponseMessage withNew = await ManageAsync(bed, replaced, HttpMethod.Get);

        Assert.That((withPrevious.StatusCode, withNew.StatusCode), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.OK)));
    }

    [Test, Description("RFC 7592 §2.3: deletion revokes the tokens of the client and its registration access token")]
    public async Task Deleted_client_loses_its_tokens()
    {
        await using TestBed bed = await StartAsync();
        JsonObject registered = await RegisterAsync(bed, "{" + Redirects + "}");
        TestClient client = bed.Server.Clients.Single(registration => registration.ClientId == (string?)registered["client_id"]);
        JsonObject tokens = await bed.TokensAsync(client);

        using HttpResponseMessage deleted = await ManageAsync(bed, registered, HttpMethod.Delete);
        using HttpResponseMessage afterwards = await ManageAsync(bed, registered, HttpMethod.Get);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(deleted.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            Assert.That(afterwards.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await bed.UserInfoStatusAsync((string)tokens["access_token"]!), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(bed.Server.RemoveClient(client.ClientId), Is.False);
        }
    }

    [Test, Description("RFC 7592 §2: a registration access token is valid for one client only")]
    public async Task Registration_access_token_is_bound_to_its_client()
    {
        await using TestBed bed = await StartAsync();
        JsonObject one = await RegisterAsync(bed, "{" + Redirects + "}");
        JsonObject other = await RegisterAsync(bed, "{" + Redirects + "}");
        other["registration_access_token"] = one["registration_access_token"]!.DeepClone();

        using HttpResponseMessage response = await ManageAsync(bed, other, HttpMethod.Get);
        using HttpResponseMessage staticClient = await SendAsync(
            bed,
            HttpMethod.Get,
            new Uri(bed.Server.RegistrationEndpoint + "/test-client"),
            null,
            (string?)one["registration_access_token"]
        );

        Assert.That((response.StatusCode, staticClient.StatusCode), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)));
    }

    [Test, Description("RFC 7591 §3.2.1: a secret expires; reading the registration replaces a secret in the second half of its lifetime")]
    public async Task Secret_expires_and_is_replaced_in_time()
    {
        await using TestBed bed = await StartAsync(options => options.ClientSecretLifetime = TimeSpan.FromHours(2));
        JsonObject registered = await RegisterAsync(bed, """{"grant_types":["client_credentials"]}""");
        long issuedAt = bed.Clock.GetUtcNow().ToUnixTimeSeconds();

        bed.Clock.Advance(TimeSpan.FromMinutes(59));
        JsonObject firstHalf = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Get), HttpStatusCode.OK);
        bed.Clock.Advance(TimeSpan.FromMinutes(1));
        JsonObject secondHalf = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Get), HttpStatusCode.OK);
        bed.Clock.Advance(TimeSpan.FromHours(2));
        string? expired = await RequestTokenAsync(bed, secondHalf);
        JsonObject renewed = await TestBed.JsonAsync(await ManageAsync(bed, registered, HttpMethod.Get), HttpStatusCode.OK);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((long?)registered["client_secret_expires_at"], Is.EqualTo(issuedAt + 7200));
            Assert.That((string?)firstHalf["client_secret"], Is.EqualTo((string?)registered["client_secret"]));
            Assert.That((string?)secondHalf["client_secret"], Is.Not.EqualTo((string?)registered["client_secret"]));
            Assert.That((long?)secondHalf["client_secret_expires_at"], Is.EqualTo(issuedAt + 3600 + 7200));
            Assert.That(expired, Is.EqualTo("invalid_client"));
            Assert.That(await RequestTokenAsync(bed, renewed), Is.Null);
        }
    }

    private static async Task<string?> RequestTokenAsync(TestBed bed, JsonObject registered)
    {
        using HttpResponseMessage response = await bed.PostAsync(
            bed.Server.TokenEndpoint,
            TestBed.Basic((string)registered["client_id"]!, (string)registered["client_secret"]!),
            ("grant_type", "client_credentials")
        );
        return (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"];
    }
}
