using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that one grant is refreshed by one request at a time (RFC 9700 §4.14.2: a refresh token that is used twice may end the grant).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshConcurrencyTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [TestCase("42")]
    [TestCase(null)]
    [Description("Threat: stampede. 1,000 concurrent callers with an expired token share one request and its token")]
    public async Task Thousand_callers(string? owner)
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task));

        var callers = Enumerable.Range(0, 1000).Select(_ => Task.Run(() => TokenAsync(host, owner))).ToList();
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        release.SetResult();

        Assert.That((await Task.WhenAll(callers).Promptly()).Distinct().Count(), Is.EqualTo(1));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [TestCase("42")]
    [TestCase(null)]
    [Description("Threat: stampede. 1,000 concurrent callers whose token an API rejected share one request too")]
    public async Task Thousand_rejections(string? owner)
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignInAsync();
        var rejected = await TokenAsync(host, owner);
        host.Server.ClearRequests();

        var another = await Task.WhenAll(
                Enumerable.Range(0, 1000).Select(_ => Task.Run(() => TokenAsync(host, owner, new() { RejectedToken = rejected })))
            )
            .Promptly();

        Assert.That(another.Distinct().Single(), Is.Not.EqualTo(rejected));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [TestCase("42")]
    [TestCase(null)]
    [Description("A server that returns the same access token again, as many do until it expires, is asked once per rejection")]
    public async Task Same_token_again(string? owner)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(ScriptedServer.Tokens("the-one", "rt"));
        var rejected = await server.Client.GetAccessTokenAsync(Owner(owner));
        int before = server.Requests.Count;

        var again = await Task.WhenAll(
                Enumerable
                    .Range(0, 20)
                    .Select(_ =>
                        Task.Run(() => server.Client.GetAccessTokenAsync(Owner(owner), new() { RejectedToken = rejected }).Promptly())
                    )
            )
            .Promptly();

        Assert.That(again, Is.All.EqualTo(rejected));
        Assert.That(server.Requests.Count - before, Is.InRange(1, 20));
    }

    [TestCase("42")]
    [TestCase(null)]
    [Description("A caller whose rejected token was already replaced receives the newer one, and no request is sent")]
    public async Task Rejected_but_already_replaced(string? owner)
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignInAsync();
        var first = await TokenAsync(host, owner);
        var second = await TokenAsync(host, owner, new() { RejectedToken = first });
        host.Server.ClearRequests();
        Assert.That(await TokenAsync(host, owner, new() { RejectedToken = first }), Is.EqualTo(second));
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [TestCase("42")]
    [TestCase(null)]
    [Description("Token lifecycle 4: a canceled caller stops waiting; the request and the other callers are not affected")]
    public async Task Canceled_caller(string? owner)
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task));
        using CancellationTokenSource cancellation = new();
        var canceled = host.Client.GetAccessTokenAsync(Owner(owner), cancellationToken: cancellation.Token).AsTask();
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        var waiting = TokenAsync(host, owner);

        await cancellation.CancelAsync();
        Assert.That(async () => await canceled.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        release.SetResult();

        Assert.That(await TokenAsync(host, owner), Is.EqualTo(await waiting.Promptly()));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("Rotation race: a refresh token is never sent twice at the same time, whatever scopes are requested")]
    public async Task One_request_at_a_time_for_all_scopes()
    {
        ConcurrencyMeter meter = new();
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.AddHttpMessageHandler(() => new MeteringHandler(meter))
        );
        await host.SignedInAsync();
        string[][] scopes =
        [
            [],
            ["api"],
            ["photos.read"],
            ["api", "photos.read"],
        ];

        for (int round = 0; round < 5; round++)
        {
            host.Clock.Advance(Hour);
            var tokens = await Task.WhenAll(
                    Enumerable
                        .Range(0, 200)
                        .Select(i =>
                            Task.Run(async () =>
                                (Asked: scopes[i % 4], Token: await TokenAsync(host, "42", new() { Scopes = scopes[i % 4] }))
                            )
                        )
                )
                .Promptly();
            foreach ((string[] asked, AccessToken token) in tokens)
                Assert.That(token.Scopes, Is.EquivalentTo(asked.Length > 0 ? asked : ["api", "photos.read"]));
        }

        Assert.That(meter.Maximum, Is.EqualTo(1));
        Assert.That(host.TokenRequests, Is.EqualTo(5 * 4));
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Select(request => request.ResponseStatus), Is.All.EqualTo(200));
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Select(request => request.Form["refresh_token"]), Is.Unique);
    }

    [Test]
    [Description("The failure of a refresh for one scope is not reported to callers of another")]
    public async Task Failure_of_another_scope()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task), times: 1);
        host.Server.Options.OnTokenResponse = response =>
        {
            if (response["scope"]!.GetValue<string>() == "api")
                response["token_type"] = "mac";
        };
        var failing = TokenAsync(host, "42", new() { Scopes = ["api"] });
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        host.Server.Options.RotateRefreshTokens = false;
        var other = TokenAsync(host, "42", new() { Scopes = ["photos.read"] });
        release.SetResult();

        Assert.That(async () => await failing.Promptly(), Throws.TypeOf<OAuthProtocolException>());
        Assert.That((await other.Promptly()).Scopes, Is.EqualTo(new[] { "photos.read" }));
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("A failure belongs to one request: all waiting callers receive it, and do not each send a request")]
    public async Task Shared_failure()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task), times: 1);
        host.Server.Options.OnTokenResponse = response => response["token_type"] = "mac";
        var callers = Enumerable.Range(0, 1000).Select(_ => TokenAsync(host, "42")).ToList();
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        release.SetResult();

        foreach (var caller in callers)
            Assert.That(async () => await caller.Promptly(), Throws.TypeOf<OAuthProtocolException>());
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("Grants of two owners are refreshed independently: a request that hangs does not delay the other")]
    public async Task Owners_do_not_wait_for_each_other()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignInAsync("alice");
        await host.SignedInAsync("bob");
        host.Clock.Advance(Hour);
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task), times: 1);
        var held = TokenAsync(host, "alice");
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        var free = await TokenAsync(host, "bob").Promptly();
        Assert.That(held.IsCompleted, Is.False);
        release.SetResult();
        Assert.That(await held.Promptly(), Is.Not.EqualTo(free));
    }

    private static GrantOwner Owner(string? id) => id is null ? GrantOwner.Client : GrantOwner.User(id);

    private static Task<AccessToken> TokenAsync(OAuthTestHost host, string? owner, AccessTokenParameters? parameters = null) =>
        host.Client.GetAccessTokenAsync(Owner(owner), parameters).Promptly();

    private sealed class ConcurrencyMeter
    {
        private readonly ConcurrentDictionary<int, byte> seen = new();
        private int running;

        public int Maximum => seen.Keys.Max();

        public void Begin() => seen.TryAdd(Interlocked.Increment(ref running), 0);

        public void End() => Interlocked.Decrement(ref running);
    }

    private sealed class MeteringHandler(ConcurrencyMeter meter) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // Metadata are requested separately; no caller waits for them.
            if (request.Method == HttpMethod.Get)
                return await base.SendAsync(request, cancellationToken);
            meter.Begin();
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                await response.Content.LoadIntoBufferAsync(cancellationToken);
                return response;
            }
            finally
            {
                meter.End();
            }
        }
    }
}
