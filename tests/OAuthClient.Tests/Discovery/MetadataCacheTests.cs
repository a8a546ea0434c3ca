using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the cache of server metadata: shared requests, background refresh and outages.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MetadataCacheTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    public async Task Many_logins_share_one_fetch()
    {
        await using var host = await OAuthTestHost.StartAsync();
        for (int i = 0; i < 5; i++)
            await host.SignInAsync();
        Assert.That(Fetches(host), Is.EqualTo(1));
    }

    [Test]
    [Description("One hundred concurrent first callers share one request")]
    public async Task Concurrent_first_callers_share_one_fetch()
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
    [Description("A caller that read an empty cache does not fetch after another caller has completed the fetch")]
    public async Task A_caller_that_is_late_does_not_fetch_again()
    {
        InterceptingClock clock = new();
        await using var host = await OAuthTestHost.StartAsync(registerFirst: services => services.AddSingleton<TimeProvider>(clock));
        await host.Client.BeginAuthorizationAsync();
        clock.Advance(Day);

        // Another caller replaces the entry while this caller reads the clock.
        using ManualResetEventSlim replaced = new();
        Task? other = null;
        clock.OnNextRead = () =>
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
    [Description("After one hour the metadata is refreshed in the background, and callers use the cached entry")]
    public async Task Metadata_is_refreshed_in_the_background_after_an_hour()
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
            var found = metadata.FindAsync(configuration, default);
            Assert.That(found.IsCompletedSuccessfully, Is.True, "no caller waits");
            Assert.That((await found).Find(ServerEndpoint.Token)!.Host, Is.EqualTo("127.0.0.1"));
        }
        await host.Server.WaitForRequestAsync(TestEndpoint.Metadata).Promptly();
        release.SetResult();
        await metadata.DrainAsync(default).Promptly();
        Assert.That(Fetches(host), Is.EqualTo(2), "the callers share one fetch");
        Assert.That((await metadata.FindAsync(configuration, default)).Find(ServerEndpoint.Token)!.Host, Is.EqualTo("moved.example"));

        host.Clock.Advance(Hour - Tick);
        await UseAsync(metadata, configuration);
        Assert.That(Fetches(host), Is.EqualTo(2));
    }

    [Test]
    [Description("Metadata that is one day old is not used before it is fetched again")]
    public async Task Metadata_expires_after_a_day()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var (metadata, configuration) = Discovery(host);
        await metadata.FindAsync(configuration, default);
        host.Server.Options.OnMetadata = metadata => metadata["token_endpoint"] = "https://moved.example/token";
        host.Clock.Advance(Day);
        Assert.That(
            (await metadata.FindAsync(configuration, default).Promptly()).Find(ServerEndpoint.Token)!.Host,
            Is.EqualTo("moved.example")
        );
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
    [Description("During an outage the cached entry is used, and the request is retried after 30 seconds")]
    public async Task The_cached_entry_is_used_during_an_outage(Fault outage, int requestsPerFetch)
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
        Assert.That(Fetches(host), Is.EqualTo(requestsPerFetch), "before the retry delay has ended");

        host.Clock.Advance(Tick);
        await UseAsync(metadata, configuration);
        Assert.That(Fetches(host), Is.EqualTo(2 * requestsPerFetch), "after the retry delay");

        host.Server.Faults.Clear();
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        await UseAsync(metadata, configuration);
        host.Clock.Advance(Hour - Tick);
        await UseAsync(metadata, configuration);
        Assert.That(Fetches(host), Is.EqualTo((2 * requestsPerFetch) + 1), "after the outage");
    }

    [Test]
    [Description("An outage that lasts one day after the entry was fetched is an error")]
    public async Task An_outage_of_a_day_is_an_error()
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
    [Description("The cached entry is used while the refresh does not respond and after it has timed out")]
    public async Task The_cached_entry_is_used_after_a_timeout()
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
    [Description("Threat: issuer confusion. Metadata that names another issuer is an error; the cached entry is not used")]
    public async Task A_changed_issuer_is_not_an_outage()
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
    [Description("Without a cached entry an outage is an error, and the next caller retries")]
    public async Task A_failed_first_fetch_is_retried()
    {
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Metadata, Fault.ResetBeforeWork(), times: 1);
        Assert.That(async () => await host.Client.BeginAuthorizationAsync(), Throws.TypeOf<HttpRequestException>());
        host.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.That(async () => await host.Client.BeginAuthorizationAsync(), Throws.Nothing);
    }

    [Test]
    [Description("Cancellation ends only the caller's wait; the request continues for other callers")]
    public async Task A_canceled_caller_does_not_cancel_the_fetch()
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

    /// <summary>Reads the metadata and waits for the background refresh.</summary>
    private static async Task UseAsync(ServerMetadataCache metadata, ClientConfiguration configuration)
    {
        await metadata.FindAsync(configuration, default).Promptly();
        await metadata.DrainAsync(default).Promptly();
    }

    private static int Fetches(OAuthTestHost host) => host.Server.RequestsTo(TestEndpoint.Metadata).Count;

    /// <summary>Runs an action when the time is read.</summary>
    private sealed class InterceptingClock : TimeProvider
    {
        private DateTimeOffset now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
        private Action? onNextRead;

        public Action? OnNextRead
        {
            set => onNextRead = value;
        }

        public override DateTimeOffset GetUtcNow()
        {
            var result = now;
            Interlocked.Exchange(ref onNextRead, null)?.Invoke();
            return result;
        }

        public void Advance(TimeSpan by) => now += by;
    }
}
