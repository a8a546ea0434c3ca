using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>One refresh at a time, whoever asks for whatever and however often (RFC 9700 §4.14.2: a refresh token spent twice may end the grant).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshConcurrencyTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [TestCase("42")]
    [TestCase(null)]
    [Description("Threat: stampede. 1,000 callers on an expired token make one request, and all get its token")]
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
    [Description("Threat: stampede. 1,000 callers whose token an API refused make one request too")]
    public async Task Thousand_refusals(string? owner)
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignInAsync();
        var refused = await TokenAsync(host, owner);
        host.Server.ClearRequests();

        var another = await Task.WhenAll(
                Enumerable.Range(0, 1000).Select(_ => Task.Run(() => TokenAsync(host, owner, new() { RejectedToken = refused })))
            )
            .Promptly();

        Assert.That(another.Distinct().Single(), Is.Not.EqualTo(refused));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [TestCase("42")]
    [TestCase(null)]
    [Description("A server that gives the same access token again, as many do while it lives, is asked once per refusal and not for ever")]
    public async Task Same_token_again(string? owner)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(ScriptedServer.Tokens("the-one", "rt"));
        var refused = await server.Client.GetAccessTokenAsync(Owner(owner));
        int before = server.Requests.Count;

        var again = await Task.WhenAll(
                Enumerable
                    .Range(0, 20)
                    .Select(_ =>
                        Task.Run(() => server.Client.GetAccessTokenAsync(Owner(owner), new() { RejectedToken = refused }).Promptly())
                    )
            )
            .Promptly();

        Assert.That(again, Is.All.EqualTo(refused));
        Assert.That(server.Requests.Count - before, Is.InRange(1, 20));
    }

    [TestCase("42")]
    [TestCase(null)]
    [Description("A caller who refuses a token that was replaced meanwhile gets the newer one, and no request is made")]
    public async Task Refused_but_replaced_already(string? owner)
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
    [Description("Life of a token 4: a caller who cancels stops waiting, and nothing else happens")]
    public async Task Cancelled_caller(string? owner)
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task));
        using CancellationTokenSource cancellation = new();
        var leaving = host.Client.GetAccessTokenAsync(Owner(owner), cancellationToken: cancellation.Token).AsTask();
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        var staying = TokenAsync(host, owner);

        await cancellation.CancelAsync();
        Assert.That(async () => await leaving.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        release.SetResult();

        Assert.That(await TokenAsync(host, owner), Is.EqualTo(await staying.Promptly()));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("Rotation race: one refresh token is never under way twice, whatever scopes are asked for at the same moment")]
    public async Task One_at_a_time_whatever_scope()
    {
        Meter meter = new();
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.AddHttpMessageHandler(() => new Metering(meter))
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

        Assert.That(meter.Most, Is.EqualTo(1));
        Assert.That(host.TokenRequests, Is.EqualTo(5 * 4));
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Select(request => request.ResponseStatus), Is.All.EqualTo(200));
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Select(request => request.Form["refresh_token"]), Is.Unique);
    }

    [Test]
    [Description("A refresh that fails for one scope is not the failure of those who asked for another")]
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
    [Description("A failure is one request's failure: the thousand who waited for it hear of it, and do not each try in turn")]
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
    [Description("Two owners' grants are refreshed independently: one that hangs does not hold the other up")]
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

    private sealed class Meter
    {
        private readonly ConcurrentDictionary<int, byte> seen = new();
        private int underWay;

        public int Most => seen.Keys.Max();

        public void Begin() => seen.TryAdd(Interlocked.Increment(ref underWay), 0);

        public void End() => Interlocked.Decrement(ref underWay);
    }

    private sealed class Metering(Meter meter) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // Metadata are fetched beside it, while nobody waits.
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
