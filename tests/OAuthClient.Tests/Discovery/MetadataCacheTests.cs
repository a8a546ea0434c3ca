using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Metadata are fetched once, again after an hour, and outlive an outage of the server.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MetadataCacheTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    public async Task One_fetch_for_many_logins()
    {
        await using var bench = await Bench.StartAsync();
        for (int i = 0; i < 5; i++)
            await bench.SignInAsync();
        Assert.That(Fetches(bench), Is.EqualTo(1));
    }

    [Test]
    [Description("A hundred first uses at the same moment make one fetch")]
    public async Task Parallel_first_uses()
    {
        await using var bench = await Bench.StartAsync();
        TaskCompletionSource release = new();
        bench.Server.Faults.Add(TestEndpoint.Metadata, Fault.HoldUntil(release.Task));
        var client = bench.Client;
        using Barrier start = new(100);

        var uses = Enumerable.Range(0, 100).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return client.BeginAuthorizationAsync();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()).ToList();
        await bench.Server.WaitForRequestAsync(TestEndpoint.Metadata).Promptly();
        release.SetResult();
        await Task.WhenAll(uses).Promptly();
        await client.BeginAuthorizationAsync();

        Assert.That(Fetches(bench), Is.EqualTo(1));
    }

    [Test]
    [Description("A use that saw no copy, and comes to fetch one only after another use has fetched it, fetches nothing")]
    public async Task Late_first_use()
    {
        LateClock clock = new();
        await using var bench = await Bench.StartAsync(registerFirst: services => services.AddSingleton<TimeProvider>(clock));
        await bench.Client.BeginAuthorizationAsync();
        clock.Advance(Hour);

        // While one use looks at the clock and finds the copy too old, another one replaces it.
        using ManualResetEventSlim replaced = new();
        Task? other = null;
        clock.OnNextLook = () =>
        {
            other = Task.Run(async () =>
            {
                await bench.Client.BeginAuthorizationAsync();
                replaced.Set();
            });
            replaced.Wait(TimeSpan.FromMinutes(1));
        };
        await bench.Client.BeginAuthorizationAsync();
        await other!;

        Assert.That(Fetches(bench), Is.EqualTo(2));
    }

    [Test]
    public async Task Fetched_again_after_an_hour()
    {
        await using var bench = await Bench.StartAsync();
        await bench.Client.BeginAuthorizationAsync();

        bench.Clock.Advance(Hour - Tick);
        await bench.Client.BeginAuthorizationAsync();
        Assert.That(Fetches(bench), Is.EqualTo(1));

        bench.Clock.Advance(Tick);
        await bench.Client.BeginAuthorizationAsync();
        Assert.That(Fetches(bench), Is.EqualTo(2));

        bench.Clock.Advance(Hour - Tick);
        await bench.Client.BeginAuthorizationAsync();
        Assert.That(Fetches(bench), Is.EqualTo(2));
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
        await using var bench = await Bench.StartAsync();
        await bench.Client.BeginAuthorizationAsync();
        bench.Clock.Advance(Hour);
        bench.Server.Faults.Add(TestEndpoint.Metadata, outage);
        bench.Server.ClearRequests();

        await bench.Client.BeginAuthorizationAsync();
        Assert.That(Fetches(bench), Is.EqualTo(requestsPerFetch));

        bench.Clock.Advance(TimeSpan.FromSeconds(30) - Tick);
        await bench.Client.BeginAuthorizationAsync();
        Assert.That(Fetches(bench), Is.EqualTo(requestsPerFetch), "within the pause");

        bench.Clock.Advance(Tick);
        await bench.Client.BeginAuthorizationAsync();
        Assert.That(Fetches(bench), Is.EqualTo(2 * requestsPerFetch), "after the pause");

        bench.Server.Faults.Clear();
        bench.Clock.Advance(TimeSpan.FromSeconds(30));
        await bench.Client.BeginAuthorizationAsync();
        bench.Clock.Advance(Hour - Tick);
        await bench.Client.BeginAuthorizationAsync();
        Assert.That(Fetches(bench), Is.EqualTo((2 * requestsPerFetch) + 1), "after the outage");
    }

    [Test]
    [Description("The old copy is served also when the refetch runs into the deadline")]
    public async Task Old_copy_through_a_timeout()
    {
        await using var bench = await Bench.StartAsync();
        await bench.Client.BeginAuthorizationAsync();
        bench.Clock.Advance(Hour);
        bench.Server.ClearRequests();
        bench.Server.Faults.Add(TestEndpoint.Metadata, Fault.HoldUntil(Patience.Never));

        var begin = bench.Client.BeginAuthorizationAsync();
        await bench.Server.WaitForRequestAsync(TestEndpoint.Metadata).Promptly();
        bench.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.That((await begin.Promptly()).AuthorizationUri, Is.Not.Null);
    }

    [Test]
    [Description("Threat: issuer confusion. A document that now names another issuer is no outage: the old copy does not cover it up")]
    public async Task Changed_issuer_is_no_outage()
    {
        await using var bench = await Bench.StartAsync();
        await bench.Client.BeginAuthorizationAsync();
        bench.Clock.Advance(Hour);
        bench.Server.Options.OnMetadata = metadata => metadata["issuer"] = "https://evil.example";

        Assert.That(async () => await bench.Client.BeginAuthorizationAsync(), Throws.TypeOf<ProtocolViolationException>());
    }

    [Test]
    [Description("Without an old copy an outage is an error, and the next use tries again")]
    public async Task First_fetch_fails()
    {
        await using var bench = await Bench.StartAsync();
        bench.Server.Faults.Add(TestEndpoint.Metadata, Fault.ResetBeforeWork(), times: 1);
        Assert.That(async () => await bench.Client.BeginAuthorizationAsync(), Throws.TypeOf<HttpRequestException>());
        Assert.That(async () => await bench.Client.BeginAuthorizationAsync(), Throws.Nothing);
    }

    [Test]
    [Description("A caller who cancels stops waiting; the fetch goes on for the others")]
    public async Task Cancelled_caller()
    {
        await using var bench = await Bench.StartAsync();
        TaskCompletionSource release = new();
        bench.Server.Faults.Add(TestEndpoint.Metadata, Fault.HoldUntil(release.Task));
        using CancellationTokenSource cancellation = new();
        var leaving = bench.Client.BeginAuthorizationAsync(cancellationToken: cancellation.Token);
        var staying = bench.Client.BeginAuthorizationAsync();
        await bench.Server.WaitForRequestAsync(TestEndpoint.Metadata).Promptly();

        await cancellation.CancelAsync();
        Assert.That(async () => await leaving.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        release.SetResult();

        await staying.Promptly();
        Assert.That(Fetches(bench), Is.EqualTo(1));
    }

    private static int Fetches(Bench bench) => bench.Server.RequestsTo(TestEndpoint.Metadata).Count;

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
