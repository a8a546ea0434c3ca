using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Metadata are fetched once, again after an hour while nobody waits, and outlive a day of the server's outage.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MetadataCacheTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    public async Task One_fetch_for_many_logins()
    {
        await using var host = await OAuthTestHost.StartAsync();
        for (int i = 0; i < 5; i++)
            await host.SignInAsync();
        Assert.That(Fetches(host), Is.EqualTo(1));
    }

    [Test]
    [Description("A hundred first uses at the same moment make one fetch")]
    public async Task Parallel_first_uses()
    {
        await using var host = await OAuthTestHost.StartAsync();
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Metadata, Fault.HoldUntil(release.Task));
        var client = host.Client;
        using Barrier start = new(100);

        var uses = Enumerable
            .Range(0, 100)
            .Select(_ =>
                Task.Factory.StartNew(
                        () =>
                        {
                            start.SignalAndWait();
                            return client.BeginAuthorizationAsync();
                        },
                        CancellationToken.None,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    )
                    .Unwrap()
            )
            .ToList();
        await host.Server.WaitForRequestAsync(TestEndpoint.Metadata).Promptly();
        release.SetResult();
        await Task.WhenAll(uses).Promptly();
        await client.BeginAuthorizationAsync();

        Assert.That(Fetches(host), Is.EqualTo(1));
    }

    [Test]
    [Description("A use that saw no copy, and comes to fetch one only after another use has fetched it, fetches nothing")]
    public async Task Late_first_use()
    {
        LateClock clock = new();
        await using var host = await OAuthTestHost.StartAsync(registerFirst: services => services.AddSingleton<TimeProvider>(clock));
        await host.Client.BeginAuthorizationAsync();
        clock.Advance(Day);

        // While one use looks at the clock and finds the copy too old, another one replaces it.
        using ManualResetEventSlim replaced = new();
        Task? other = null;
        clock.OnNextLook = () =>
        {
            other = Task.Run(async () =>
            {
                await host.Client.BeginAuthorizationAsync();
                replaced.Set();
            });
            replaced.Wait(TimeSpan.FromMinutes(1));
        };
        await host.Client.BeginAuthorizationAsync();
        await other!;

        Assert.That(Fetches(host), Is.EqualTo(2));
    }

    [Test]
    [Description("After an hour the next use has them fetched, and goes on with those at hand")]
    public async Task Fetched_again_after_an_hour()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var (metadata, configuration) = Discovery(host);
        await metadata.FindAsync(configuration, default);

        host.Clock.Advance(Hour - Tick);
        await UseAsync(metadata, configuration);
        Assert.That(Fetches(host), Is.EqualTo(1));

        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Metadata, Fault.HoldUntil(release.Task), times: 1);
        host.Server.Options.OnMetadata = metadata => metadata["token_endpoint"] = "https://moved.example/token";
        host.Clock.Advance(Tick);
        for (int i = 0; i < 10; i++)
        {
            var at = metadata.FindAsync(configuration, default);
            Assert.That(at.IsCompletedSuccessfully, Is.True, "nobody waits");
            Assert.That((await at).TokenEndpoint!.Host, Is.EqualTo("127.0.0.1"));
        }
        await host.Server.WaitForRequestAsync(TestEndpoint.Metadata).Promptly();
        release.SetResult();
        await metadata.DrainAsync(default).Promptly();
        Assert.That(Fetches(host), Is.EqualTo(2), "one fetch for all of them");
        Assert.That((await metadata.FindAsync(configuration, default)).TokenEndpoint!.Host, Is.EqualTo("moved.example"));

        host.Clock.Advance(Hour - Tick);
        await UseAsync(metadata, configuration);
        Assert.That(Fetches(host), Is.EqualTo(2));
    }

    [Test]
    [Description("What nobody has used for a day is not used before it was fetched again")]
    public async Task Too_old_to_be_used()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var (metadata, configuration) = Discovery(host);
        await metadata.FindAsync(configuration, default);
        host.Server.Options.OnMetadata = metadata => metadata["token_endpoint"] = "https://moved.example/token";
        host.Clock.Advance(Day);
        Assert.That((await metadata.FindAsync(configuration, default).Promptly()).TokenEndpoint!.Host, Is.EqualTo("moved.example"));
    }

    private static IEnumerable<TestCaseData> Outages()
    {
        yield return new TestCaseData(Fault.Status(503), 2).SetArgDisplayNames("503");
        yield return new TestCaseData(Fault.ResetBeforeWork(), 1).SetArgDisplayNames("reset");
        yield return new TestCaseData(Fault.TruncatedBody(), 1).SetArgDisplayNames("truncated");
        yield return new TestCaseData(Fault.Body("<html>Maintenance</html>", "text/html"), 2).SetArgDisplayNames("maintenance page");
        yield return new TestCaseData(Fault.EndlessBody(), 1).SetArgDisplayNames("endless");
    }

    [TestCaseSource(nameof(Outages))]
    [Description("Through an outage the old copy is served, and the server is asked again half a minute later")]
    public async Task Old_copy_through_an_outage(Fault outage, int requestsPerFetch)
    {
        await using var host = await OAuthTestHost.StartAsync();
        var (metadata, configuration) = Discovery(host);
        await metadata.FindAsync(configuration, default);
        host.Clock.Advance(Hour);
        host.Server.Faults.Add(TestEndpoint.Metadata, outage);
        host.Server.ClearRequests();

        await UseAsync(metadata, configuration);
        Assert.That(Fetches(host), Is.EqualTo(requestsPerFetch));

        host.Clock.Advance(TimeSpan.FromSeconds(30) - Tick);
        await UseAsync(metadata, configuration);
        Assert.That(Fetches(host), Is.EqualTo(requestsPerFetch), "within the pause");

        host.Clock.Advance(Tick);
        await UseAsync(metadata, configuration);
        Assert.That(Fetches(host), Is.EqualTo(2 * requestsPerFetch), "after the pause");

        host.Server.Faults.Clear();
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        await UseAsync(metadata, configuration);
        host.Clock.Advance(Hour - Tick);
        await UseAsync(metadata, configuration);
        Assert.That(Fetches(host), Is.EqualTo((2 * requestsPerFetch) + 1), "after the outage");
    }

    [Test]
    [Description("An outage that lasts for a day, counted from when the copy came, is an error")]
    public async Task Old_copy_for_a_day()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var (metadata, configuration) = Discovery(host);
        await metadata.FindAsync(configuration, default);
        host.Server.Faults.Add(TestEndpoint.Metadata, Fault.Status(503));
        for (int i = 0; i < 23; i++)
        {
            host.Clock.Advance(Hour);
            await UseAsync(metadata, configuration);
        }
        host.Clock.Advance(Hour - Tick);
        await UseAsync(metadata, configuration);

        host.Clock.Advance(Tick);
        Assert.That(async () => await metadata.FindAsync(configuration, default).Promptly(), Throws.InstanceOf<OAuthException>());

        host.Server.Faults.Clear();
        host.Clock.Advance(TimeSpan.FromSeconds(5));
        await UseAsync(metadata, configuration);
    }

    [Test]
    [Description("While the refetch hangs, and after it ran into the deadline, the old copy is served")]
    public async Task Old_copy_through_a_timeout()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var (metadata, configuration) = Discovery(host);
        await metadata.FindAsync(configuration, default);
        host.Clock.Advance(Hour);
        host.Server.ClearRequests();
        host.Server.Faults.Add(TestEndpoint.Metadata, Fault.HoldUntil(Eventually.Never));

        await metadata.FindAsync(configuration, default).Promptly();
        await host.Server.WaitForRequestAsync(TestEndpoint.Metadata).Promptly();
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        await metadata.DrainAsync(default).Promptly();
        host.Clock.Advance(TimeSpan.FromSeconds(29));
        await UseAsync(metadata, configuration);
        Assert.That(Fetches(host), Is.EqualTo(1));
    }

    [Test]
    [Description("Threat: issuer confusion. A document that now names another issuer is no outage: the old copy does not cover it up")]
    public async Task Changed_issuer_is_no_outage()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var (metadata, configuration) = Discovery(host);
        await metadata.FindAsync(configuration, default);
        host.Server.Options.OnMetadata = metadata => metadata["issuer"] = "https://evil.example";
        host.Clock.Advance(Hour);
        await UseAsync(metadata, configuration);
        Assert.That(async () => await metadata.FindAsync(configuration, default).Promptly(), Throws.TypeOf<OAuthProtocolException>());
    }

    [Test]
    [Description("Without an old copy an outage is an error, and the next use tries again")]
    public async Task First_fetch_fails()
    {
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Metadata, Fault.ResetBeforeWork(), times: 1);
        Assert.That(async () => await host.Client.BeginAuthorizationAsync(), Throws.TypeOf<HttpRequestException>());
        host.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.That(async () => await host.Client.BeginAuthorizationAsync(), Throws.Nothing);
    }

    [Test]
    [Description("A caller who cancels stops waiting; the fetch goes on for the others")]
    public async Task Cancelled_caller()
    {
        await using var host = await OAuthTestHost.StartAsync();
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Metadata, Fault.HoldUntil(release.Task));
        using CancellationTokenSource cancellation = new();
        var leaving = host.Client.BeginAuthorizationAsync(cancellationToken: cancellation.Token);
        var staying = host.Client.BeginAuthorizationAsync();
        await host.Server.WaitForRequestAsync(TestEndpoint.Metadata).Promptly();

        await cancellation.CancelAsync();
        Assert.That(async () => await leaving.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        release.SetResult();

        await staying.Promptly();
        Assert.That(Fetches(host), Is.EqualTo(1));
    }

    private static (ServerMetadataCache Discovery, ClientConfiguration Registration) Discovery(OAuthTestHost host) =>
        (new(host.BackChannelOf(), host.Clock), host.RegistrationOf().Current);

    /// <summary>A use that waits for what it left behind.</summary>
    private static async Task UseAsync(ServerMetadataCache metadata, ClientConfiguration configuration)
    {
        await metadata.FindAsync(configuration, default).Promptly();
        await metadata.DrainAsync(default).Promptly();
    }

    private static int Fetches(OAuthTestHost host) => host.Server.RequestsTo(TestEndpoint.Metadata).Count;

    /// <summary>Lets something happen while somebody looks at the clock.</summary>
    private sealed class LateClock : TimeProvider
    {
        private DateTimeOffset now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
        private Action? onNextLook;

        public Action? OnNextLook
        {
            set => onNextLook = value;
        }

        public override DateTimeOffset GetUtcNow()
        {
            var seen = now;
            Interlocked.Exchange(ref onNextLook, null)?.Invoke();
            return seen;
        }

        public void Advance(TimeSpan by) => now += by;
    }
}
