using System.Globalization;

namespace OAuthClient.Tests;

/// <summary>Tests that concurrent callers share one operation, which runs without the context of any caller.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SingleFlightTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    private readonly SingleFlight<string, int> flights = new();

    [Test]
    public async Task Callers_share_one_operation()
    {
        TaskCompletionSource<int> completion = new();
        bool first = flights.JoinOrStart("share", () => completion.Task, out var one);
        bool second = flights.JoinOrStart("share", () => throw new InvalidOperationException("not run"), out var two);
        completion.SetResult(7);

        Assert.That((first, second), Is.EqualTo((true, false)));
        Assert.That(await Task.WhenAll(one, two).Promptly(), Is.EqualTo(new[] { 7, 7 }));
    }

    [Test]
    public async Task Keys_are_independent()
    {
        var one = flights.JoinOrStart("apart-1", () => Task.FromResult(1));
        var two = flights.JoinOrStart("apart-2", () => Task.FromResult(2));
        Assert.That(await Task.WhenAll(one, two).Promptly(), Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public async Task A_new_operation_starts_after_the_previous_one_has_completed()
    {
        await flights.JoinOrStart("completed", () => Task.FromResult(1)).Promptly();
        Assert.That(flights.IsRunning("completed"), Is.False);
        Assert.That(await flights.JoinOrStart("completed", () => Task.FromResult(2)).Promptly(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_failure_reaches_all_callers_and_ends_the_operation()
    {
        TaskCompletionSource<int> completion = new();
        var one = flights.JoinOrStart("failing", () => completion.Task);
        var two = flights.JoinOrStart("failing", () => completion.Task);
        Assert.That(flights.IsRunning("failing"));
        completion.SetException(new InvalidDataException("broken"));

        Assert.That(async () => await one.Promptly(), Throws.TypeOf<InvalidDataException>());
        Assert.That(async () => await two.Promptly(), Throws.TypeOf<InvalidDataException>());
        Assert.That(await flights.JoinOrStart("failing", () => Task.FromResult(3)).Promptly(), Is.EqualTo(3));
    }

    [Test]
    public async Task A_synchronous_exception_fails_the_operation()
    {
        var operation = flights.JoinOrStart("throws", () => throw new InvalidDataException("at once"));
        Assert.That(async () => await operation.Promptly(), Throws.TypeOf<InvalidDataException>());
        Assert.That(flights.IsRunning("throws"), Is.False);
        await Task.CompletedTask;
    }

    [Test]
    [Description("A cancelled operation has its timeout as the inner exception for all callers")]
    public async Task A_cancelled_operation_reports_the_reason()
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

        foreach (var caller in new[] { one, two })
            Assert.That(
                async () => await caller.Promptly(),
                Throws.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>()
            );
        Assert.That(await flights.JoinOrStart("late", () => Task.FromResult(3)).Promptly(), Is.EqualTo(3));
    }

    [Test]
    [Description("The operation does not see ambient values of the caller that started it")]
    public async Task No_ambient_context_is_used()
    {
        Ambient.Value = "the caller's";
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
        Assert.That(Ambient.Value, Is.EqualTo("the caller's"));
    }

    [Test]
    [Description("A caller that has suppressed the flow of the execution context can start an operation")]
    public async Task A_caller_may_suppress_the_context_flow()
    {
        Task<int> operation;
        bool stillSuppressed;
        using (ExecutionContext.SuppressFlow())
        {
            operation = flights.JoinOrStart("suppressed", () => Task.FromResult(5));
            stillSuppressed = ExecutionContext.IsFlowSuppressed();
        }
        Assert.That(await operation.Promptly(), Is.EqualTo(5));
        Assert.That(stillSuppressed);
    }

    [Test]
    public async Task The_operation_does_not_run_on_the_callers_stack()
    {
        using ManualResetEventSlim gate = new();
        var operation = flights.JoinOrStart(
            "stack",
            () =>
            {
                gate.Wait();
                return Task.FromResult(1);
            }
        );
        Assert.That(operation.IsCompleted, Is.False);
        gate.Set();
        Assert.That(await operation.Promptly(), Is.EqualTo(1));
    }
}
