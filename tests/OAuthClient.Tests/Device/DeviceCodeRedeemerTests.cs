using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests.Device;

/// <summary>Tests the times of the polls and the outcomes of a device authorization (RFC 8628 §3.5) on a manual clock.</summary>
[TestFixture]
internal sealed class DeviceCodeRedeemerTests
{
    private static readonly TaskCanceledException Timeout = new("timeout", new TimeoutException());

    [TestCase("", 5, Description = "RFC 8628 §3.2: the default interval is five seconds")]
    [TestCase(",\"interval\":7", 7, Description = "RFC 8628 §3.5: the interval of the server")]
    [TestCase(",\"interval\":\"7\"", 7, Description = "a number as text")]
    [TestCase(",\"interval\":null", 5, Description = "an absent interval")]
    [TestCase(",\"interval\":0", 1, Description = "a server is not polled without a pause")]
    public async Task Client_waits_the_interval_before_each_poll(string member, double interval)
    {
        await using DeviceServer server = new(DeviceServer.Begun(member));
        server.Refuses("authorization_pending").Refuses("authorization_pending", status: 200).Answers(DeviceServer.Success);

        var grant = await server.CompleteAsync();

        Assert.That(server.Waits, Is.EqualTo(new[] { interval, interval, interval }));
        Assert.That(
            server.Polls.Select(poll => (poll["grant_type"], poll["device_code"])),
            Is.All.EqualTo(("urn:ietf:params:oauth:grant-type:device_code", DeviceServer.DeviceCode))
        );
        Assert.That((await server.Server.Store.FindAsync("", DeviceServer.Owner, default)).Single().Id, Is.EqualTo(grant.Id));
    }

    [Test, Description("RFC 8628 §3.5: slow_down adds five seconds to all later waits")]
    public async Task Slow_down_lengthens_the_interval_for_good()
    {
        await using DeviceServer server = new();
        server
            .Refuses("slow_down")
            .Refuses("authorization_pending")
            .Refuses("slow_down")
            .Refuses("authorization_pending")
            .Answers(DeviceServer.Success);

        await server.CompleteAsync();

        Assert.That(server.Waits, Is.EqualTo(new[] { 5, 10, 10, 15, 15 }));
        Assert.That(server.Server.Log.Events(422), Has.Count.EqualTo(2));
    }

    [Test, Description("RFC 8628 §3.5: exponential back-off while the server does not respond; then the interval again")]
    public async Task Timeouts_double_the_wait()
    {
        await using DeviceServer server = new();
        server
            .Fails(Timeout)
            .Fails(new HttpRequestException(HttpRequestError.ConnectionError))
            .Fails(Timeout)
            .Fails(Timeout)
            .Fails(Timeout)
            .Refuses("authorization_pending")
            .Answers(DeviceServer.Success);

        await server.CompleteAsync();

        Assert.That(server.Waits, Is.EqualTo(new[] { 5, 10, 20, 40, 60, 60, 5 }));
        Assert.That(server.Server.Log.Events(421), Has.Count.EqualTo(5));
    }

    [Test, Description("RFC 8628 §3.5: a poll is not retried by the resilience pipeline, which would not keep the interval")]
    public async Task Server_errors_are_polled_again_at_reduced_frequency_only([Values] bool retries)
    {
        await using DeviceServer server = new(retries: retries);
        server.Answers("", status: 503).Refuses("temporarily_unavailable", status: 500).Answers(DeviceServer.Success);

        await server.CompleteAsync();

        Assert.That(server.Waits, Is.EqualTo(new[] { 5, 10, 20 }));
        Assert.That(server.Polls, Has.Count.EqualTo(3));
    }

    [TestCase("slow_down", 429)]
    [TestCase("authorization_pending", 428)]
    [TestCase("temporarily_unavailable", 503)]
    [Description("RFC 9110 §10.2.3: a longer Retry-After is honoured")]
    public async Task Retry_after_is_honoured(string error, int status)
    {
        await using DeviceServer server = new();
        server.Refuses(error, status, retryAfter: 31).Answers(DeviceServer.Success);

        await server.CompleteAsync();

        Assert.That(server.Waits, Is.EqualTo(new[] { 5, 31 }));
    }

    [TestCase("access_denied")]
    [TestCase("authorization_declined")]
    [TestCase("user_denied")]
    [Description("RFC 8628 §3.5: access_denied and the words of servers for it end the polls")]
    public async Task Refusal_of_the_user_is_reported(string error)
    {
        await using DeviceServer server = new();
        server.Refuses("authorization_pending").Refuses(error);
        var pending = await server.Device.BeginAsync();

        var refusal = Assert.ThrowsAsync<AuthorizationResponseException>(() =>
            server.DriveAsync(server.Device.CompleteAsync(pending, DeviceServer.Owner))
        );
        Assert.ThrowsAsync<AuthorizationResponseException>(() => server.Device.CompleteAsync(pending, DeviceServer.Owner).Promptly());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(refusal.IsAccessDenied, Is.True);
            Assert.That(refusal.Error, Is.EqualTo(error));
            Assert.That(refusal.Message, Does.StartWith("The user refused the device authorization"));
            Assert.That(server.Polls, Has.Count.EqualTo(2));
        }
    }

    [TestCase("expired_token")]
    [TestCase("code_expired")]
    [TestCase("invalid_grant")]
    public async Task Dead_code_asks_for_another_authorization(string error)
    {
        await using DeviceServer server = new();
        server.Refuses(error);

        var required = Assert.ThrowsAsync<ReauthorizationRequiredException>(() => server.CompleteAsync());

        Assert.That(required.Message, Does.Contain("Begin a new device authorization").And.Not.Contain(DeviceServer.DeviceCode));
        Assert.That(required.InnerException, Is.TypeOf<TokenEndpointException>());
        Assert.That(server.Polls, Has.Count.EqualTo(1));
    }

    [Test, Description("RFC 8628 §3.2: the client stops when expires_in has passed")]
    public async Task Client_stops_when_the_code_expires()
    {
        await using DeviceServer server = new(DeviceServer.Begun(expiresIn: 12));
        server.Refuses("authorization_pending").Refuses("authorization_pending");

        var required = Assert.ThrowsAsync<ReauthorizationRequiredException>(() => server.CompleteAsync());

        Assert.That(server.Waits, Is.EqualTo(new[] { 5, 5, 2 }));
        Assert.That(required.Message, Does.Contain("2030-01-01 12:00:12Z").And.Contain("Begin a new device authorization"));
    }

    [TestCase("unauthorized_client", 400)]
    [TestCase("invalid_client", 401)]
    [TestCase("something_else", 400)]
    [Description("RFC 8628 §3.5: any other error ends the polls")]
    public async Task Other_errors_stop(string error, int status)
    {
        await using DeviceServer server = new();
        server.Refuses(error, status);

        var refusal = Assert.ThrowsAsync<TokenEndpointException>(() => server.CompleteAsync());

        Assert.That(refusal.Error, Is.EqualTo(error));
        Assert.That(server.Polls, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Cancelled_call_polls_no_more()
    {
        await using DeviceServer server = new();
        using CancellationTokenSource cancellation = new();
        var completion = server.Device.CompleteAsync(await server.Device.BeginAsync(), DeviceServer.Owner, cancellation.Token);
        await server.WaitAsync();

        await cancellation.CancelAsync();

        Assert.That(async () => await completion.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        server.Server.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(server.Polls, Is.Empty);
    }

    [Test, Description("a response with tokens is kept although its caller has cancelled, and the next call returns its grant")]
    public async Task Grant_is_stored_although_the_call_was_cancelled_during_the_poll()
    {
        TaskCompletionSource<HttpResponseMessage> response = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using DeviceServer server = new();
        server.AnswersWhen(response.Task);
        using CancellationTokenSource cancellation = new();
        var pending = await server.Device.BeginAsync();
        var completion = server.Device.CompleteAsync(pending, DeviceServer.Owner, cancellation.Token);
        server.Server.Clock.Advance(await server.WaitAsync());
        await Eventually.UntilAsync(() => server.Polls.Count == 1);

        await cancellation.CancelAsync();
        Assert.That(async () => await completion.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        response.SetResult(ScriptedServer.Json(200, DeviceServer.Success));

        var grant = await server.Device.CompleteAsync(pending, DeviceServer.Owner).Promptly();
        Assert.That(server.Polls, Has.Count.EqualTo(1));
        Assert.That((await server.Server.Store.FindAsync("", DeviceServer.Owner, default)).Single().Id, Is.EqualTo(grant.Id));
    }

    [Test, Description("RFC 8628 §3.5: concurrent calls share the polls, so that the interval is kept")]
    public async Task Concurrent_calls_share_the_polls()
    {
        await using DeviceServer server = new();
        server.Refuses("authorization_pending").Answers(DeviceServer.Success);
        var pending = await server.Device.BeginAsync();

        var calls = await server.DriveAsync(
            Task.WhenAll(Enumerable.Range(0, 3).Select(_ => server.Device.CompleteAsync(pending, DeviceServer.Owner)))
        );
        var later = await server.Device.CompleteAsync(pending, DeviceServer.Owner).Promptly();

        Assert.That(calls.Append(later).Select(grant => grant.Id).Distinct().Count(), Is.EqualTo(1));
        Assert.That(server.Polls, Has.Count.EqualTo(2));
    }

    [Test, Description("tokens that could not be stored are stored by the next call, because the code is used up")]
    public async Task Failed_store_loses_no_tokens()
    {
        CountingStore counter = null!;
        await using DeviceServer server = new(registerFirst: services =>
            services.AddSingleton(provider =>
                CountingStore.Around(new InMemoryGrantStore(provider.GetRequiredService<TimeProvider>()), out counter)
            )
        );
        server.Answers(DeviceServer.Success);
        var pending = await server.Device.BeginAsync();
        counter.IsAway = true;

        Assert.That(
            async () => await server.DriveAsync(server.Device.CompleteAsync(pending, DeviceServer.Owner)),
            Throws.TypeOf<IOException>()
        );
        counter.IsAway = false;
        var grant = await server.Device.CompleteAsync(pending, DeviceServer.Owner).Promptly();

        Assert.That(grant.Owner, Is.EqualTo(DeviceServer.Owner));
        Assert.That(server.Polls, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Unusable_tokens_are_an_error_of_the_protocol()
    {
        await using DeviceServer server = new();
        server.Answers("""{"access_token":"at","token_type":"mac"}""");

        Assert.ThrowsAsync<OAuthProtocolException>(() => server.CompleteAsync());
    }

    [Test, Description("a status that no server should send with a poll")]
    public async Task Redirect_stops()
    {
        await using DeviceServer server = new();
        server.Answers("", (int)HttpStatusCode.TemporaryRedirect);

        Assert.ThrowsAsync<TokenEndpointException>(() => server.CompleteAsync());
    }
}
