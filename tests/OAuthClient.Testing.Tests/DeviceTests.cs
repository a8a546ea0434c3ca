using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests device codes, the polls of the client, and the pages on which the user decides (RFC 8628).</summary>
[TestFixture]
internal sealed class DeviceTests
{
    private const string GrantType = "urn:ietf:params:oauth:grant-type:device_code";

    [Test, Description("RFC 8628 §3.1, §3.2: the response and the metadata name what the client needs")]
    public async Task Device_authorization_response_has_the_members()
    {
        await using TestBed bed = await TestBed.StartAsync();

        JsonObject device = await BeginAsync(bed);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)device["user_code"], Does.Match("^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$"));
            Assert.That((string?)device["verification_uri"], Is.EqualTo(bed.Server.DeviceVerificationUri.AbsoluteUri));
            Assert.That((string?)device["verification_uri_complete"], Does.EndWith("/device?user_code=" + (string?)device["user_code"]));
            Assert.That((long?)device["expires_in"], Is.EqualTo(600));
            Assert.That((long?)device["interval"], Is.EqualTo(5));
        }
    }

    [Test, Description("RFC 8628 §3.5: pending, then the tokens of the user who approved, once")]
    public async Task User_approves_and_the_code_is_redeemed_once()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject device = await BeginAsync(bed);

        string? before = await TestBed.ErrorAsync(await PollAsync(bed, device));
        await bed.Server.ApproveDeviceAsync((string)device["user_code"]!, new SignInOptions { UserName = "bob" });
        JsonObject tokens = await TestBed.JsonAsync(await PollAsync(bed, device), HttpStatusCode.OK);
        string? after = await TestBed.ErrorAsync(await PollAsync(bed, device));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(before, Is.EqualTo("authorization_pending"));
            Assert.That((string?)tokens["scope"], Is.EqualTo("openid profile offline_access"));
            Assert.That(tokens.ContainsKey("id_token") && tokens.ContainsKey("refresh_token"), Is.True);
            Assert.That(after, Is.EqualTo("invalid_grant"));
            Assert.That(
                await bed.UserInfoStatusAsync((string)tokens["access_token"]!),
                Is.EqualTo(HttpStatusCode.Unauthorized),
                "The second redemption revokes the tokens of the first."
            );
        }
    }

    [Test, Description("RFC 8628 §3.3.1: the address with the code, and the code without its punctuation")]
    public async Task Code_is_accepted_from_the_address_and_in_other_spellings()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject one = await BeginAsync(bed);
        JsonObject other = await BeginAsync(bed);

        await bed.Server.ApproveDeviceAsync(new Uri((string)one["verification_uri_complete"]!));
        await bed.Server.ApproveDeviceAsync(((string)other["user_code"]!).Replace("-", " ", StringComparison.Ordinal).ToLowerInvariant());

        Assert.That((await PollAsync(bed, one)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await PollAsync(bed, other)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task User_denies()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject device = await BeginAsync(bed);

        await bed.Server.ApproveDeviceAsync((string)device["user_code"]!, new SignInOptions { Deny = true });

        Assert.That(await TestBed.ErrorAsync(await PollAsync(bed, device)), Is.EqualTo("access_denied"));
    }

    [Test]
    public async Task User_approves_a_part_of_the_scopes()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject device = await BeginAsync(bed);

        await bed.Server.ApproveDeviceAsync((string)device["user_code"]!, new SignInOptions { ApprovedScopes = ["profile"] });

        JsonObject tokens = await TestBed.JsonAsync(await PollAsync(bed, device), HttpStatusCode.OK);
        Assert.That((string?)tokens["scope"], Is.EqualTo("openid profile"));
    }

    [Test, Description("RFC 8628 §3.5: a poll before the interval has passed results in slow_down, which lengthens the interval")]
    public async Task Early_poll_results_in_slow_down()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject device = await BeginAsync(bed);
        List<string?> errors = [];
        foreach (int seconds in new[] { 0, 5, 4, 9, 15, 14 })
        {
            bed.Clock.Advance(TimeSpan.FromSeconds(seconds));
            errors.Add(await TestBed.ErrorAsync(await PollAsync(bed, device, advance: false)));
        }

        const string Pending = "authorization_pending";
        const string SlowDown = "slow_down";
        Assert.That(errors, Is.EqualTo(new[] { Pending, Pending, SlowDown, SlowDown, Pending, SlowDown }));
    }

    [Test]
    public async Task Expired_code_is_refused_to_the_device_and_to_the_user([Values] bool byClock)
    {
        await using TestBed bed = await TestBed.StartAsync(options => options.DeviceCodeLifetime = TimeSpan.FromMinutes(1));
        JsonObject device = await BeginAsync(bed);

        if (byClock)
            bed.Clock.Advance(TimeSpan.FromMinutes(1));
        else
            bed.Server.ExpireDeviceCodes();

        Assert.That(await TestBed.ErrorAsync(await PollAsync(bed, device)), Is.EqualTo("expired_token"));
        Assert.That(
            async () => await bed.Server.ApproveDeviceAsync((string)device["user_code"]!),
            Throws.InvalidOperationException.With.Message.Contains("The code is wrong, was used, or has expired.")
        );
    }

    [Test]
    public async Task Decision_is_final()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject device = await BeginAsync(bed);
        await bed.Server.ApproveDeviceAsync((string)device["user_code"]!);

        Assert.That(
            async () => await bed.Server.ApproveDeviceAsync((string)device["user_code"]!, new SignInOptions { UserName = "bob" }),
            Throws.InvalidOperationException
        );
    }

    [Test]
    public async Task Wrong_password_is_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject device = await BeginAsync(bed);

        Assert.That(
            async () => await bed.Server.ApproveDeviceAsync((string)device["user_code"]!, new SignInOptions { Password = "wrong" }),
            Throws.InvalidOperationException.With.Message.Contains("The user name or the password is wrong.")
        );
    }

    [Test, Description("another site cannot send the forms of the pages")]
    public async Task Form_without_its_ticket_is_refused([Values("", "/login", "/consent")] string path)
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject device = await BeginAsync(bed);

        using HttpResponseMessage response = await bed.PostAsync(
            new Uri(bed.Server.DeviceVerificationUri + path),
            authorization: null,
            ("user_code", (string)device["user_code"]!),
            ("decision", "allow")
        );

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await TestBed.ErrorAsync(await PollAsync(bed, device)), Is.EqualTo("authorization_pending"));
    }

    [Test, Description("RFC 8628 §3.1: the client authenticates")]
    public async Task Client_that_does_not_authenticate_is_refused()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.PostAsync(
            bed.Server.DeviceAuthorizationEndpoint,
            authorization: null,
            ("client_id", "test-client")
        );

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("scope", "unknown", "invalid_scope")]
    [TestCase("resource", "relative", "invalid_target")]
    [TestCase("client_id", "another", "invalid_client")]
    public async Task Invalid_request_is_refused(string name, string value, string error)
    {
        await using TestBed bed = await TestBed.StartAsync();

        string? refused = await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.DeviceAuthorizationEndpoint, (name, value)));

        Assert.That(refused, Is.EqualTo(error).Or.EqualTo("invalid_request"));
    }

    [Test]
    public async Task Code_belongs_to_its_client()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "tv" });
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "web",
                AllowedGrantTypes = new HashSet<string> { "authorization_code" },
            }
        );
        JsonObject device = await BeginAsync(bed);

        string? other = await TestBed.ErrorAsync(
            await bed.PostAsync(
                bed.Server.TokenEndpoint,
                authorization: null,
                ("client_id", "tv"),
                ("grant_type", GrantType),
                ("device_code", (string)device["device_code"]!)
            )
        );
        string? forbidden = await TestBed.ErrorAsync(
            await bed.PostAsync(bed.Server.DeviceAuthorizationEndpoint, authorization: null, ("client_id", "web"))
        );

        Assert.That(other, Is.EqualTo("invalid_grant"));
        Assert.That(forbidden, Is.EqualTo("unauthorized_client"));
    }

    [Test]
    public async Task Options_change_the_response()
    {
        await using TestBed bed = await TestBed.StartAsync(options =>
        {
            options.DevicePollInterval = null;
            options.SendVerificationUriComplete = false;
            options.OnDeviceAuthorization = response => response["further"] = true;
        });

        JsonObject device = await BeginAsync(bed);

        Assert.That(device.ContainsKey("interval"), Is.False);
        Assert.That(device.ContainsKey("verification_uri_complete"), Is.False);
        Assert.That((bool?)device["further"], Is.True);
    }

    [TestCase("slow_down")]
    [TestCase("expired_token")]
    [TestCase("access_denied")]
    public async Task Fault_responds_with_an_error(string error)
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject device = await BeginAsync(bed);
        bed.Server.Faults.Add(TestEndpoint.Token, Fault.TokenError(error), times: 1);

        Assert.That(await TestBed.ErrorAsync(await PollAsync(bed, device)), Is.EqualTo(error));
        Assert.That(await TestBed.ErrorAsync(await PollAsync(bed, device)), Is.EqualTo("authorization_pending"));
    }

    private static async Task<JsonObject> BeginAsync(TestBed bed) =>
        await TestBed.JsonAsync(
            await bed.PostAsync(bed.Server.DeviceAuthorizationEndpoint, ("scope", "openid profile offline_access")),
            HttpStatusCode.OK
        );

    private static Task<HttpResponseMessage> PollAsync(TestBed bed, JsonObject device, bool advance = true)
    {
        if (advance)
            bed.Clock.Advance(TimeSpan.FromSeconds(5));
        return bed.PostAsync(bed.Server.TokenEndpoint, ("grant_type", GrantType), ("device_code", (string)device["device_code"]!));
    }
}
