using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests which requests are retried. This depends on the request, not on the response.</summary>
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

    private static readonly Dictionary<string, (TestEndpoint Endpoint, Func<OAuthTestHost, Task> Act)> Repeatable = new(
        StringComparer.Ordinal
    )
    {
        ["discovery"] = (TestEndpoint.Metadata, host => host.Client.BeginAuthorizationAsync()),
        ["keys"] = (TestEndpoint.Jwks, host => host.SignInAsync()),
        ["client credentials"] = (TestEndpoint.Token, host => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"]))),
        ["userinfo"] = (TestEndpoint.UserInfo, host => host.Client.GetUserInfoAsync(GrantOwner.User("42"))),
        ["revocation"] = (TestEndpoint.Revocation, host => host.Client.RevokeAsync(GrantOwner.User("42"))),
    };

    private static readonly Dictionary<string, Func<OAuthTestHost, Task>> SingleUse = new(StringComparer.Ordinal)
    {
        ["code"] = host => host.SignInAsync(),
        ["refresh token"] = async host =>
            await host.Client.RequestTokenAsync(
                TokenRequest.Refresh((await host.Client.FindGrantAsync(GrantOwner.User("42")))!.RefreshToken!)
            ),
        ["extension"] = host => host.Client.RequestTokenAsync(TokenRequest.Extension("urn:example:grant", [new("assertion", "used-once")])),
    };

    // The response to a revocation has no body that could be truncated (RFC 7009 §2.2).
    private static IEnumerable<TestCaseData> RepeatableFaults() =>
        from kind in Repeatable.Keys
        from fault in Faults.Keys
        where (kind, fault) is not ("revocation", "truncated body")
        select new TestCaseData(kind, fault);

    [TestCaseSource(nameof(RepeatableFaults))]
    [Description("RFC 8414, RFC 7517, RFC 6749 §4.4, OpenID Connect Core §5.3, RFC 7009 §2.2: transient failures are retried")]
    public async Task Repeatable_requests_are_retried(string kind, string fault)
    {
        var (endpoint, act) = Repeatable[kind];
        await using var host = await StartAsync(signedIn: kind is "userinfo" or "revocation");
        int expected = kind == "revocation" ? 2 : 1;
        host.Server.Faults.Add(endpoint, Faults[fault], times: 1);

        await new Pauses(host.Clock).PassAsync(act(host));

        Assert.That(host.Server.RequestsTo(endpoint), Has.Count.EqualTo(expected + 1));
    }

    [Test]
    [Description("RFC 6749 §4.1.2, §6, RFC 9700 §4.14: a single-use request is not retried once it may have been sent")]
    public async Task Single_use_requests_are_not_retried(
        [Values("code", "refresh token", "extension")] string kind,
        [Values("reset before work", "reset after work", "truncated body", "408", "500", "502", "503", "503 with Retry-After")] string fault
    )
    {
        await using var host = await StartAsync(signedIn: kind == "refresh token");
        host.Server.Faults.Add(TestEndpoint.Token, Faults[fault]);

        Assert.That(
            () => new Pauses(host.Clock).PassAsync(SingleUse[kind](host)),
            Throws.InstanceOf<HttpRequestException>().Or.InstanceOf<TokenEndpointException>()
        );

        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 6585 §4: a single-use request is retried after 429, because the server has not processed it")]
    public async Task Single_use_requests_are_retried_after_429(
        [Values("code", "refresh token")] string kind,
        [Values("429", "429 with Retry-After")] string fault
    )
    {
        await using var host = await StartAsync(signedIn: kind == "refresh token");
        host.Server.Faults.Add(TestEndpoint.Token, Faults[fault], times: 1);
        await new Pauses(host.Clock).PassAsync(SingleUse[kind](host));
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("A single-use request is retried when no connection was made, because it was not sent")]
    public async Task Single_use_requests_that_were_not_sent_are_retried(
        [Values("code", "refresh token")] string kind,
        [Values] bool timesOut
    )
    {
        int failures = 0;
        await using var host = await StartAsync(
            signedIn: kind == "refresh token",
            register: builder =>
                builder.BackChannel.AddHttpMessageHandler(() =>
                    new Unreachable(
                        request => request.RequestUri!.AbsolutePath == "/token" && Interlocked.Decrement(ref failures) >= 0,
                        timesOut
                    )
                )
        );
        failures = 1;
        await new Pauses(host.Clock).PassAsync(SingleUse[kind](host));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That(failures, Is.EqualTo(-1));
    }

    [Test]
    [Description("RFC 8628 §3.5: polling is not retried, because it has to keep its interval")]
    public async Task Polling_is_not_retried([Values("429", "503", "reset before work")] string fault)
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
    [Description("RFC 8628 §3.5: polling is not retried even if it was not sent")]
    public async Task Polling_that_was_not_sent_is_not_retried()
    {
        int attempts = 0;
        await using var host = await StartAsync(register: builder =>
            builder.BackChannel.AddHttpMessageHandler(() =>
                new Unreachable(request => request.Method == HttpMethod.Post && ++attempts > 0, timesOut: false)
            )
        );
        Assert.That(
            () =>
                new Pauses(host.Clock).PassAsync(
                    host.Client.RequestTokenAsync(TokenRequest.Extension(DeviceCode, [new("device_code", "the-device-code")]))
                ),
            Throws.TypeOf<HttpRequestException>()
        );
        Assert.That(attempts, Is.EqualTo(1));
    }

    [TestCase(400)]
    [TestCase(401)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(302)]
    [TestCase(200)]
    [Description("A response that does not change with a retry is final")]
    public async Task Permanent_responses_are_final(int status)
    {
        await using var host = await StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(status));
        Assert.That(() => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.TypeOf<TokenEndpointException>());
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 6749 §10: a rejected certificate is not retried")]
    public async Task A_rejected_certificate_is_final()
    {
        await using ScriptedServer server = new(retries: true);
        server.Answers(_ => throw new HttpRequestException(HttpRequestError.SecureConnectionError, "TLS", new AuthenticationException()));
        Assert.That(() => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.TypeOf<HttpRequestException>());
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Three retries with increasing, partly random delays; then the last response is returned")]
    public async Task Delays_increase_and_retries_end()
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
    [Description("A delay that exceeds the deadline is not started; the response is returned at once")]
    public async Task No_delay_exceeds_the_deadline()
    {
        await using var host = await StartAsync(options: o => o.BackChannelDeadline = TimeSpan.FromMilliseconds(250));
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        Assert.That(() => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.TypeOf<TokenEndpointException>());
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("An attempt that can be retried times out after ten seconds, a third of the deadline")]
    public async Task An_attempt_without_response_is_retried()
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
    [Description("RFC 6749 §5.1: the lifetime of a token starts with the attempt that returned it")]
    public async Task The_lifetime_starts_with_the_last_attempt()
    {
        await using var host = await StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503), times: 1);
        var before = host.Clock.GetUtcNow();
        Pauses pauses = new(host.Clock);
        var response = await pauses.PassAsync(host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"])));
        Assert.That(response.AccessToken.IssuedAt, Is.EqualTo(before + pauses.Taken.Single()));
    }

    [Test]
    [Description("Cancellation ends a delay between attempts")]
    public async Task Cancellation_ends_a_delay()
    {
        await using var host = await StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        using CancellationTokenSource cancellation = new();
        var request = host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(), cancellation.Token);
        while (await host.Clock.WaitForTimerAsync() > TimeSpan.FromSeconds(5))
        {
            // Attempts use timers too.
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
