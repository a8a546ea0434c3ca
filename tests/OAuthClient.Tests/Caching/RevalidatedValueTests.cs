namespace OAuthClient.Tests;

/// <summary>Tests the mechanism of the caches of metadata, keys and grants.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
public class RevalidatedValueTests
{
    private readonly ManualTimeProvider clock = new();

    [Test]
    [Description("A fresh value is used; a stale one is used and fetched again in the background")]
    public async Task A_stale_value_is_used_during_the_fetch()
    {
        Value value = new(clock);
        Assert.That(await value.GetAsync(default), Is.EqualTo("1"));
        Assert.That(await value.GetAsync(default), Is.EqualTo("1"));
        TaskCompletionSource release = new();
        (value.Freshness, value.BeforeFetch) = (_ => Freshness.Stale, () => release.Task);
        Assert.That(await value.GetAsync(default), Is.EqualTo("1"));
        value.Freshness = _ => Freshness.Fresh;
        release.SetResult();
        await value.DrainAsync(default).Promptly();
        Assert.That(await value.GetAsync(default), Is.EqualTo("2"));
    }

    [TestCase(Freshness.Fallback, true)]
    [TestCase(Freshness.Expired, false)]
    [Description("During an outage a value is used as a fallback until it has expired. It is used at once after the source is back")]
    public async Task A_fallback_is_used_during_an_outage(object freshness, bool isUsed)
    {
        Value value = new(clock);
        await value.GetAsync(default);
        (value.Freshness, value.Fault) = (_ => (Freshness)freshness, new HttpRequestException("down"));
        if (isUsed)
            Assert.That(await value.GetAsync(default), Is.EqualTo("1"));
        else
            Assert.That(async () => await value.GetAsync(default), Throws.TypeOf<HttpRequestException>());
        Assert.That(async () => await value.FetchNowAsync(default), Throws.TypeOf<HttpRequestException>(), "the outage is not hidden");
    }

    [Test]
    [Description("A failure that no value covers is repeated to all callers for five seconds; a request that was not sent is not")]
    public async Task A_failure_is_repeated()
    {
        Value value = new(clock) { Fault = new HttpRequestException("down") };
        for (int i = 0; i < 10; i++)
            Assert.That(async () => await value.GetAsync(default), Throws.TypeOf<HttpRequestException>());
        Assert.That(value.Fetches, Is.EqualTo(1));
        clock.Advance(TimeSpan.FromSeconds(5));
        value.Fault = new RequestNotSentException("The circuit is open.");
        for (int i = 0; i < 2; i++)
            Assert.That(async () => await value.GetAsync(default), Throws.TypeOf<RequestNotSentException>());
        Assert.That(value.Fetches, Is.EqualTo(3));
        value.Fault = null;
        Assert.That(await value.GetAsync(default), Is.EqualTo("4"));
    }

    [Test]
    [Description("A caller that cancels stops waiting; the fetch continues for the others")]
    public async Task A_cancelled_caller_stops_waiting()
    {
        TaskCompletionSource release = new();
        Value value = new(clock) { BeforeFetch = () => release.Task };
        using CancellationTokenSource cancellation = new();
        var leaving = value.GetAsync(cancellation.Token).AsTask();
        var staying = value.GetAsync(default).AsTask();
        await cancellation.CancelAsync();
        Assert.That(async () => await leaving.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        release.SetResult();
        Assert.That(await staying.Promptly(), Is.EqualTo("1"));
        Assert.That(value.Fetches, Is.EqualTo(1));
    }

    [Test]
    [Description("A caller that saw an older value gets the fresh one that was fetched since")]
    public async Task A_newer_value_is_accepted()
    {
        Value value = new(clock);
        string first = await value.GetAsync(default);
        Assert.That(await value.RenewAsync(first, default), Is.EqualTo("2"));
        Assert.That(await value.RenewAsync(first, default), Is.EqualTo("2"));
        Assert.That(await value.FetchNowAsync(default), Is.EqualTo("3"));
    }

    private sealed class Value(TimeProvider time) : RevalidatedValue<string>(time, initial: null)
    {
        public int Fetches { get; private set; }
        public Exception? Fault { get; set; }
        public Func<Task>? BeforeFetch { get; set; }
        public Func<string, Freshness> Freshness { get; set; } = _ => OAuthClient.Freshness.Fresh;

        protected override async Task<string> FetchAsync()
        {
            Fetches++;
            if (BeforeFetch is { } first)
                await first();
            return Fault is { } fault ? throw fault : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Fetches}");
        }

        protected override Freshness GetFreshness(string known) => Freshness(known);

        protected override bool IsOutage(Exception exception) => exception is HttpRequestException;

        protected override string? Keep(string known, Exception exception) => known;
    }
}
