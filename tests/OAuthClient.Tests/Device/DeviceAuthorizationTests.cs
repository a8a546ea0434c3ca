using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests.Device;

/// <summary>Tests device authorizations at a real server over sockets.</summary>
[TestFixture]
internal sealed class DeviceAuthorizationTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    public async Task User_approves_and_the_grant_is_used()
    {
        await using var host = await StartAsync(o => o.Scopes = ["openid", "offline_access", "photos.read"]);
        var device = DeviceOf(host);
        var pending = await device.BeginAsync();
        await host.Server.ApproveDeviceAsync(pending.UserCode);

        var grant = await CompleteAsync(host, device, pending, Owner);
        var refreshed = await host.Services.GetRequiredKeyedService<OAuthClientGrants>(OAuthTestHost.ClientName).RefreshAsync(Owner);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(grant.Owner, Is.EqualTo(Owner));
            Assert.That(grant.Subject, Is.EqualTo("alice"));
            Assert.That(grant.Scopes, Is.EquivalentTo(new[] { "openid", "offline_access", "photos.read" }));
            Assert.That(refreshed.Scopes, Does.Contain("photos.read"));
            Assert.That(host.Log.Events(406), Has.Count.EqualTo(1));
        }
    }

    [Test, Description("OpenID Connect Core §3.1.3.7: without an owner, the grant belongs to the user whom the ID Token names")]
    public async Task User_of_the_ID_Token_owns_the_grant()
    {
        await using var host = await StartAsync(o => o.Scopes = ["openid"]);
        var device = DeviceOf(host);
        var pending = await device.BeginAsync();
        await host.Server.ApproveDeviceAsync(pending.VerificationUriComplete!, new SignInOptions { UserName = "bob" });

        var grant = await CompleteAsync(host, device, pending, owner: null);

        Assert.That(grant.Owner, Is.EqualTo(GrantOwner.Subject(host.Server.Issuer.OriginalString, "bob")));
    }

    [Test, Description("OpenID Connect Core §3.1.3.7: the ID Token is validated as for a code")]
    public async Task Forged_ID_Token_is_refused()
    {
        await using var host = await StartAsync(
            o => o.Scopes = ["openid"],
            server: o => o.OnIdTokenClaims = claims => claims["aud"] = "another"
        );
        var device = DeviceOf(host);
        var pending = await device.BeginAsync();
        await host.Server.ApproveDeviceAsync(pending.UserCode);

        Assert.ThrowsAsync<OAuthProtocolException>(() => CompleteAsync(host, device, pending, Owner));

        Assert.That(await host.Store.FindAsync(OAuthTestHost.ClientName, Owner, default), Is.Empty);
    }

    [Test]
    public async Task User_denies()
    {
        await using var host = await StartAsync();
        var device = DeviceOf(host);
        var pending = await device.BeginAsync();
        await host.Server.ApproveDeviceAsync(pending.UserCode, new SignInOptions { Deny = true });

        var refusal = Assert.ThrowsAsync<AuthorizationResponseException>(() => CompleteAsync(host, device, pending, Owner));

        Assert.That(refusal.IsAccessDenied, Is.True);
    }

    [Test, Description("RFC 8628 §3.5: a strict server sees no poll before the interval has passed, also after slow_down")]
    public async Task Strict_server_never_says_slow_down_by_itself()
    {
        await using var host = await StartAsync();
        var device = DeviceOf(host);
        var pending = await device.BeginAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.TokenError("slow_down"), times: 1);

        var completion = device.CompleteAsync(pending, Owner);
        for (int count = 1; count <= 4; count++)
            await PollAsync(host, count);
        await host.Server.ApproveDeviceAsync(pending.UserCode);
        await DriveAsync(host, completion);

        Assert.That(host.Log.Events(422), Has.Count.EqualTo(1));
        Assert.That(host.TokenRequests, Is.EqualTo(5));
    }

    [Test, Description("RFC 8628 §3.5: the client backs off from a server that does not respond, and then continues")]
    public async Task Hanging_server_is_polled_again()
    {
        await using var host = await StartAsync();
        var device = DeviceOf(host);
        var pending = await device.BeginAsync();
        await host.Server.ApproveDeviceAsync(pending.UserCode);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(Eventually.Never), times: 1);

        var completion = device.CompleteAsync(pending, Owner);
        await PollAsync(host, count: 1);
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        await DriveAsync(host, completion);

        Assert.That(host.TokenRequests, Is.EqualTo(2));
        Assert.That(host.Log.Events(421).Single().Message, Does.Contain("TaskCanceledException").And.Contain("10 seconds"));
    }

    [Test]
    public async Task Code_that_expired_at_the_server_ends_the_polls()
    {
        await using var host = await StartAsync();
        var device = DeviceOf(host);
        var pending = await device.BeginAsync();
        host.Server.ExpireDeviceCodes();

        var required = Assert.ThrowsAsync<ReauthorizationRequiredException>(() => CompleteAsync(host, device, pending, Owner));

        Assert.That((required.InnerException as TokenEndpointException)?.Error, Is.EqualTo("expired_token"));
    }

    [Test, Description("RFC 9449 §5, §8: all polls present proofs of one key, and a poll without the nonce is sent again")]
    public async Task Polls_present_proofs_of_one_key()
    {
        await using var host = await StartAsync(
            o =>
            {
                o.Scopes = ["offline_access", "photos.read"];
                (o.DPoP.Enabled, o.DPoP.KeyPerGrant) = (true, true);
            },
            server: o => (o.RequireDPoP, o.RequireDPoPNonces) = (true, true)
        );
        var device = DeviceOf(host);
        var pending = await device.BeginAsync();
        var completion = device.CompleteAsync(pending, Owner);
        await PollAsync(host, count: 2);
        await host.Server.ApproveDeviceAsync(pending.UserCode);

        var grant = await DriveAsync(host, completion);

        Assert.That(host.TokenRequests, Is.EqualTo(3), "The first poll is sent again with the nonce.");
        Assert.That(
            host.Server.RequestsTo(TestEndpoint.Token).Select(request => ProofKeyOf(request.Headers["DPoP"])).Distinct().Count(),
            Is.EqualTo(1)
        );
        Assert.That((await host.Client.GetAccessTokenAsync(grant.Owner)).Scopes, Does.Contain("photos.read"));
    }

    [Test]
    public async Task Codes_and_tokens_appear_in_no_message()
    {
        await using var host = await StartAsync();
        var device = DeviceOf(host);
        List<string> secrets = [];
        host.Server.Options.OnDeviceAuthorization = response => secrets.Add((string)response["device_code"]!);
        host.Server.Options.OnTokenResponse = response => secrets.Add((string)response["access_token"]!);
        var pending = await device.BeginAsync();
        // The server repeats the device code in its error.
        host.Server.Faults.Add(
            TestEndpoint.Token,
            Fault.Body($$"""{"error":"invalid_request","error_description":"device_code {{secrets[0]}} is bad"}"""),
            times: 1
        );
        var refusal = Assert.ThrowsAsync<TokenEndpointException>(() => CompleteAsync(host, device, pending, Owner));
        var next = await device.BeginAsync();
        await host.Server.ApproveDeviceAsync(next.UserCode);
        await CompleteAsync(host, device, next, Owner);

        string written = string.Join('\n', host.Log.Entries.Select(entry => entry.Message)) + refusal + pending + next;
        Assert.That(secrets, Has.Count.EqualTo(3));
        Assert.That(secrets.Where(secret => written.Contains(secret, StringComparison.Ordinal)), Is.Empty);
        Assert.That(refusal.Message, Does.Contain("[redacted]"));
    }

    [Test]
    public async Task Completions_are_measured()
    {
        await using var host = await StartAsync();
        using RecordedMeasurements measurements = new(host.Services);
        using RecordedActivities activities = new();
        var device = DeviceOf(host);
        var pending = await device.BeginAsync();
        await host.Server.ApproveDeviceAsync(pending.UserCode, new SignInOptions { Deny = true });

        Assert.ThrowsAsync<AuthorizationResponseException>(() => CompleteAsync(host, device, pending, Owner));

        const string Instrument = "oauthclient.device_authorization.complete.duration";
        Assert.That(measurements.Values(Instrument), Is.EqualTo(new[] { 5.0 }));
        Assert.That(measurements.Tags(Instrument).Single(), Does.Contain("type=access_denied"));
    }

    [Test]
    public async Task Wrong_calls_are_refused_before_a_poll()
    {
        await using DeviceServer server = new(options: o => o.Scopes = ["photos.read"]);
        await using DeviceServer other = new(registerFirst: services => services.AddOAuthClient("other", _ => { }));
        server.Answers(DeviceServer.Success);
        var pending = await server.Device.BeginAsync();

        var withoutOwner = Assert.ThrowsAsync<ArgumentException>(() => server.Device.CompleteAsync(pending));
        Assert.ThrowsAsync<ArgumentException>(() => server.Device.CompleteAsync(pending, GrantOwner.Client));
        await server.DriveAsync(server.Device.CompleteAsync(pending, Owner));
        var another = Assert.ThrowsAsync<ArgumentException>(() => server.Device.CompleteAsync(pending, GrantOwner.User("43")));
        var foreign = Assert.ThrowsAsync<ArgumentException>(() =>
            other.Server.Services.GetRequiredKeyedService<DeviceAuthorization>("other").CompleteAsync(pending, Owner)
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(withoutOwner.Message, Does.Contain("add the scope openid"));
            Assert.That(another.Message, Does.Contain("already completed for another owner"));
            Assert.That(foreign.Message, Does.Contain("complete it with the DeviceAuthorization of that client"));
        }
    }

    // A timer of at most ten seconds is a wait between two polls.
    private static Task<OAuthTestHost> StartAsync(
        Action<OAuthClientOptions>? options = null,
        Action<TestAuthorizationServerOptions>? server = null
    ) =>
        OAuthTestHost.StartAsync(
            o =>
            {
                o.BackChannelAttemptTimeout = TimeSpan.FromSeconds(20);
                options?.Invoke(o);
            },
            server: server
        );

    private static DeviceAuthorization DeviceOf(OAuthTestHost host) =>
        host.Services.GetRequiredKeyedService<DeviceAuthorization>(OAuthTestHost.ClientName);

    private static Task<Grant> CompleteAsync(
        OAuthTestHost host,
        DeviceAuthorization device,
        PendingDeviceAuthorization pending,
        GrantOwner? owner
    ) => DriveAsync(host, device.CompleteAsync(pending, owner));

    private static async Task<Grant> DriveAsync(OAuthTestHost host, Task<Grant> completion)
    {
        while (!completion.IsCompleted)
            await StepAsync(host, completion);
        return await completion.Promptly();
    }

    // Advances the clock to the next poll, and waits until the server has received this number of requests.
    private static async Task PollAsync(OAuthTestHost host, int count)
    {
        while (!await StepAsync(host, Eventually.Never))
        {
            // The timer was that of a request.
        }
        await host.Server.WaitForRequestAsync(TestEndpoint.Token, count).Promptly();
    }

    private static async Task<bool> StepAsync(OAuthTestHost host, Task completion)
    {
        using CancellationTokenSource stop = new();
        var timer = host.Clock.WaitForTimerAsync(stop.Token);
        await Task.WhenAny(completion, timer).Promptly();
        if (!timer.IsCompleted)
        {
            await stop.CancelAsync();
            return false;
        }
        var due = await timer;
        if (due <= TimeSpan.Zero || due > TimeSpan.FromSeconds(10))
            return false;
        host.Clock.Advance(due);
        return true;
    }

    private static string ProofKeyOf(string proof) =>
        System
            .Text.Json.JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(proof.Split('.')[0]))
            .GetProperty("jwk")
            .GetRawText();
}
