using System.Globalization;

namespace OAuthClient.Tests;

/// <summary>Work that many ask for at once is done once, detached from all of them.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SingleFlightTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    private readonly SingleFlight<string, int> flights = new(StringComparer.Ordinal);

    [Test]
    public async Task Joiners_share_one_piece_of_work()
    {
        TaskCompletionSource<int> work = new();
        bool first = flights.JoinOrStart("share", () => work.Task, out var one);
        bool second = flights.JoinOrStart("share", () => throw new InvalidOperationException("not run"), out var two);
        work.SetResult(7);

        Assert.That((first, second), Is.EqualTo((true, false)));
        Assert.That(await Task.WhenAll(one, two).Promptly(), Is.EqualTo(new[] { 7, 7 }));
    }

    [Test]
    public async Task Keys_are_apart()
    {
        var one = flights.JoinOrStart("apart-1", () => Task.FromResult(1));
        var two = flights.JoinOrStart("apart-2", () => Task.FromResult(2));
        Assert.That(await Task.WhenAll(one, two).Promptly(), Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public async Task After_the_landing_a_new_one_starts()
    {
        await flights.JoinOrStart("landed", () => Task.FromResult(1)).Promptly();
        Assert.That(flights.IsRunning("landed"), Is.False);
        Assert.That(await flights.JoinOrStart("landed", () => Task.FromResult(2)).Promptly(), Is.EqualTo(2));
    }

    [Test]
    public async Task Failure_reaches_everybody_and_ends_the_flight()
    {
        TaskCompletionSource<int> work = new();
        var one = flights.JoinOrStart("failing", () => work.Task);
        var two = flights.JoinOrStart("failing", () => work.Task);
        Assert.That(flights.IsRunning("failing"));
        work.SetException(new InvalidDataException("broken"));

        Assert.That(async () => await one.Promptly(), Throws.TypeOf<InvalidDataException>());
        Assert.That(async () => await two.Promptly(), Throws.TypeOf<InvalidDataException>());
        Assert.That(await flights.JoinOrStart("failing", () => Task.FromResult(3)).Promptly(), Is.EqualTo(3));
    }

    [Test]
    public async Task Work_that_throws_at_once_is_a_failed_flight()
    {
        var flight = flights.JoinOrStart("throws", () => throw new InvalidDataException("at once"));
        Assert.That(async () => await flight.Promptly(), Throws.TypeOf<InvalidDataException>());
        Assert.That(flights.IsRunning("throws"), Is.False);
        await Task.CompletedTask;
    }

    [Test]
    [Description("A request that took too long is cancelled with the reason inside; whoever waits hears the reason")]
    public async Task Cancelled_work_says_why()
    {
        TaskCompletionSource begin = new();
        Task<int> Join() =>
            flights.JoinOrStart(
                "late",
                async () =>
                {
                    await begin.Task;
                    throw new TaskCanceledException("late", new TimeoutException("after 30 s"), CancellationToken.None);
                }
            );
        var one = Join();
        var two = Join();
        begin.SetResult();

        foreach (var waiting in new[] { one, two })
            Assert.That(
                async () => await waiting.Promptly(),
                Throws.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>()
            );
        Assert.That(await flights.JoinOrStart("late", () => Task.FromResult(3)).Promptly(), Is.EqualTo(3));
    }

    [Test]
    [Description("Threat: one user's context with another's work. What the starter's flow carries does not come along")]
    public async Task No_ambient_context_comes_along()
    {
        Ambient.Value = "the starter's";
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("sw-KE");
        string? seen = "unset";
        string culture = "unset";
        await flights
            .JoinOrStart(
                "ambient",
                () =>
                {
                    seen = Ambient.Value;
                    culture = CultureInfo.CurrentCulture.Name;
                    return Task.FromResult(1);
                }
            )
            .Promptly();

        Assert.That(seen, Is.Null);
        Assert.That(culture, Is.Not.EqualTo("sw-KE"));
        Assert.That(Ambient.Value, Is.EqualTo("the starter's"));
    }

    [Test]
    [Description("A caller who has suppressed the flow of its context is served like any other")]
    public async Task Flow_suppressed_by_the_caller()
    {
        Task<int> flight;
        bool stillSuppressed;
        using (ExecutionContext.SuppressFlow())
        {
            flight = flights.JoinOrStart("suppressed", () => Task.FromResult(5));
            stillSuppressed = ExecutionContext.IsFlowSuppressed();
        }
        Assert.That(await flight.Promptly(), Is.EqualTo(5));
        Assert.That(stillSuppressed);
    }

    [Test]
    public async Task Work_does_not_run_on_the_callers_stack()
    {
        using ManualResetEventSlim gate = new();
        var flight = flights.JoinOrStart(
            "stack",
            () =>
            {
                gate.Wait();
                return Task.FromResult(1);
            }
        );
        Assert.That(flight.IsCompleted, Is.False);
        gate.Set();
        Assert.That(await flight.Promptly(), Is.EqualTo(1));
    }
}
