using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>What is sent again, and what is not: it depends on what was sent, not on what came back.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RetryTests
{
    private const string DeviceCode = "urn:ietf:params:oauth:grant-type:device_code";

    private static readonly Dictionary<string, Fault> Faults = new(StringComparer.Ordinal)
    {
        ["reset before work"] = Fault.ResetBeforeWork(),
        ["reset after work"] = Fault.ResetAfterWork(),
        ["truncated body"] = Fault.TruncatedBody(),
        ["408"] = Fault.Status(408),
        ["500"] = Fault.Status(500),
        ["502"] = Fault.Status(502, "<html>", "text/html"),
        ["503"] = Fault.Status(503),
        ["503 with Retry-After"] = Fault.Status(503, headers: [new("Retry-After", "1")]),
        ["429"] = Fault.Status(429),
        ["429 with Retry-After"] = Fault.Status(429, headers: [new("Retry-After", "1")]),
    };

    private static readonly Dictionary<string, (TestEndpoint Endpoint, Func<OAuthTestHost, Task> Act)> Harmless = new(
        StringComparer.Ordinal
    )
    {
        ["discovery"] = (TestEndpoint.Metadata, host => host.Client.BeginAuthorizationAsync()),
        ["keys"] = (TestEndpoint.Jwks, host => host.SignInAsync()),
        ["client credentials"] = (TestEndpoint.Token, host => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]))),
        ["userinfo"] = (TestEndpoint.UserInfo, host => host.Client.GetUserInfoAsync(GrantOwner.User("42"))),
        ["revocation"] = (TestEndpoint.Revocation, host => host.Client.RevokeAsync(GrantOwner.User("42"))),
    };

    private static readonly Dictionary<string, Func<OAuthTestHost, Task>> Spent = new(StringComparer.Ordinal)
    {
        ["code"] = host => host.SignInAsync(),
        ["refresh token"] = async host =>
            await host.Client.RequestTokenAsync(
                TokenRequest.Refresh((await host.Client.FindGrantAsync(GrantOwner.User("42")))!.RefreshToken!)
            ),
        ["extension"] = host => host.Client.RequestTokenAsync(TokenRequest.Extension("urn:example:grant", [new("assertion", "used-once")])),
    };

    // A revocation's answer has no body that could be cut short (RFC 7009 §2.2).
    private static IEnumerable<TestCaseData> HarmlessFaults() =>
        from what in Harmless.Keys
        from fault in Faults.Keys
        where (what, fault) is not ("revocation", "truncated body")
        select new TestCaseData(what, fault);

    [TestCaseSource(nameof(HarmlessFaults))]
    [Description(
        "What does no harm twice is sent again after every fault that may pass (RFC 8414, RFC 7517, RFC 6749 §4.4, OpenID Connect Core §5.3, RFC 7009 §2.2)"
    )]
    public async Task Harmless_requests_are_sent_again(string what, string fault)
    {
        var (endpoint, act) = Harmless[what];
        await using var host = await StartAsync(signedIn: what is "userinfo" or "revocation");
        int usual = what == "revocation" ? 2 : 1;
        host.Server.Faults.Add(endpoint, Faults[fault], times: 1);

        await new Pauses(host.Clock).PassAsync(act(host));

        Assert.That(host.Server.RequestsTo(endpoint), Has.Count.EqualTo(usual + 1));
    }

    [Test]
    [Description("RFC 6749 §4.1.2, §6, RFC 9700 §4.14, threat: code sent twice. What is spent by being sent is not, once it may have left")]
    public async Task Spent_requests_are_not_sent_again(
        [Values("code", "refresh token", "extension")] string what,
        [Values("reset before work", "reset after work", "truncated body", "408", "500", "502", "503", "503 with Retry-After")] string fault
    )
    {
        await using var host = await StartAsync(signedIn: what == "refresh token");
        host.Server.Faults.Add(TestEndpoint.Token, Faults[fault]);

        Assert.That(
            () => new Pauses(host.Clock).PassAsync(Spent[what](host)),
            Throws.InstanceOf<HttpRequestException>().Or.InstanceOf<TokenEndpointException>()
        );

        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 6585 §4: a server that answers 429 has not looked at what was sent")]
    public async Task Spent_requests_that_were_turned_away_are_sent_again(
        [Values("code", "refresh token")] string what,
        [Values("429", "429 with Retry-After")] string fault
    )
    {
        await using var host = await StartAsync(signedIn: what == "refresh token");
        host.Server.Faults.Add(TestEndpoint.Token, Faults[fault], times: 1);
        await new Pauses(host.Clock).PassAsync(Spent[what](host));
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("What has not left was not spent: a refused connection is tried again")]
    public async Task Spent_requests_that_did_not_leave_are_sent_again(
        [Values("code", "refresh token")] string what,
        [Values] bool timesOut
    )
    {
        int left = 0;
        await using var host = await StartAsync(
            signedIn: what == "refresh token",
            register: builder =>
                builder.BackChannel.AddHttpMessageHandler(() =>
                    new Unreachable(
                        request => request.RequestUri!.AbsolutePath == "/token" && Interlocked.Decrement(ref left) >= 0,
                        timesOut
                    )
                )
        );
        left = 1;
        await new Pauses(host.Clock).PassAsync(Spent[what](host));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That(left, Is.EqualTo(-1));
    }

    [Test]
    [Description("RFC 8628 §3.5: polling has an interval to keep; nothing is sent in between")]
    public async Task Polling_is_not_repeated([Values("429", "503", "reset before work")] string fault)
    {
        await using var host = await StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Faults[fault]);
        Assert.That(
            () =>
                new Pauses(host.Clock).PassAsync(
                    host.Client.RequestTokenAsync(TokenRequest.Extension(DeviceCode, [new("device_code", "the-device-code")]))
                ),
            Throws.Exception
        );
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 8628 §3.5: nor where it did not leave")]
    public async Task Polling_that_did_not_leave_is_not_repeated()
    {
        int tried = 0;
        await using var host = await StartAsync(register: builder =>
            builder.BackChannel.AddHttpMessageHandler(() =>
                new Unreachable(request => request.Method == HttpMethod.Post && ++tried > 0, timesOut: false)
            )
        );
        Assert.That(
            () =>
                new Pauses(host.Clock).PassAsync(
                    host.Client.RequestTokenAsync(TokenRequest.Extension(DeviceCode, [new("device_code", "the-device-code")]))
                ),
            Throws.TypeOf<HttpRequestException>()
        );
        Assert.That(tried, Is.EqualTo(1));
    }

    [TestCase(400)]
    [TestCase(401)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(302)]
    [TestCase(200)]
    [Description("An answer that will be the same next time is final")]
    public async Task Lasting_answers_are_final(int status)
    {
        await using var host = await StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(status));
        Assert.That(() => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.TypeOf<TokenEndpointException>());
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 6749 §10: a certificate that is refused is refused again")]
    public async Task Distrust_is_final()
    {
        await using ScriptedServer server = new(retries: true);
        server.Answers(_ => throw new HttpRequestException(HttpRequestError.SecureConnectionError, "TLS", new AuthenticationException()));
        Assert.That(() => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.TypeOf<HttpRequestException>());
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Three times, later each time, half of each pause by chance; then the last answer is the answer")]
    public async Task Pauses_grow_and_end()
    {
        await using var host = await StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        Pauses pauses = new(host.Clock);
        Assert.That(
            () => pauses.PassAsync(host.Client.RequestTokenAsync(TokenRequest.ClientCredentials())),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property(nameof(EndpointException.StatusCode))
                .EqualTo(HttpStatusCode.ServiceUnavailable)
        );
        Assert.That(host.TokenRequests, Is.EqualTo(4));
        Assert.That(pauses.Taken, Has.Count.EqualTo(3));
        for (int i = 0; i < 3; i++)
            Assert.That(pauses.Taken[i].TotalMilliseconds, Is.InRange(250 << i, 500 << i));
    }

    [Test]
    [Description("A pause that the deadline has no time for is not begun: the answer at hand says more")]
    public async Task No_pause_beyond_the_deadline()
    {
        await using var host = await StartAsync(options: o => o.BackChannelDeadline = TimeSpan.FromMilliseconds(250));
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        Assert.That(() => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.TypeOf<TokenEndpointException>());
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("One attempt may take ten seconds, a third of the deadline, where another may follow")]
    public async Task A_silent_server_is_asked_again()
    {
        await using var host = await StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(Eventually.Never), times: 1);
        var request = host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]));
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        host.Clock.Advance(TimeSpan.FromSeconds(10));
        await new Pauses(host.Clock).PassAsync(request);
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("The lifetime counts from the attempt that brought the token, not from the first (RFC 6749 §5.1)")]
    public async Task Lifetime_counts_from_the_last_attempt()
    {
        await using var host = await StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503), times: 1);
        var before = host.Clock.GetUtcNow();
        Pauses pauses = new(host.Clock);
        var response = await pauses.PassAsync(host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"])));
        Assert.That(response.AccessToken.IssuedAt, Is.EqualTo(before + pauses.Taken.Single()));
    }

    [Test]
    [Description("Whoever cancels ends a pause, too")]
    public async Task Cancelled_in_a_pause()
    {
        await using var host = await StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        using CancellationTokenSource cancellation = new();
        var request = host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(), cancellation.Token);
        while (await host.Clock.WaitForTimerAsync() > TimeSpan.FromSeconds(5))
        {
            // Attempts have timers, too.
        }
        await cancellation.CancelAsync();
        Assert.That(async () => await request.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    private static async Task<OAuthTestHost> StartAsync(
        bool signedIn = false,
        Action<OAuthClientBuilder>? register = null,
        Action<OAuthClientOptions>? options = null
    )
    {
        var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.Scopes = ["openid", "api", "offline_access"];
                options?.Invoke(o);
            },
            register,
            retries: true
        );
        if (signedIn)
            await host.SignedInAsync();
        return host;
    }

    private sealed class Unreachable(Func<HttpRequestMessage, bool> isFor, bool timesOut) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            !isFor(request) ? base.SendAsync(request, cancellationToken)
            : timesOut ? throw new TaskCanceledException("connecting took too long", new TimeoutException())
            : throw new HttpRequestException(
                HttpRequestError.ConnectionError,
                "refused",
                new SocketException((int)SocketError.ConnectionRefused)
            );
    }
}
