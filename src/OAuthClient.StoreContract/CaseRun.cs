namespace OAuthClient.StoreContract;

/// <summary>One run of a case: the stores that it has opened, and waiting with a time limit.</summary>
internal sealed class CaseRun<TStore> : IAsyncDisposable
    where TStore : class
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan TimeStep = TimeSpan.FromMilliseconds(50);

    private readonly StoreUnderTest<TStore> subject;
    private readonly List<TStore> opened = [];

    private CaseRun(StoreUnderTest<TStore> subject) => this.subject = subject;

    /// <summary>Gets the store of the first node.</summary>
    public TStore Store => opened[0];

    /// <summary>Creates the cases of a contract for a store.</summary>
    public static IEnumerable<StoreContractCase> Bind(Func<StoreUnderTest<TStore>> create, IEnumerable<CaseDefinition<TStore>> cases)
    {
        ArgumentNullException.ThrowIfNull(create);
        return cases.Select(one => new StoreContractCase(one.Name, one.Reason, cancel => ExecuteAsync(create(), one, cancel)));
    }

    /// <summary>Opens the store of a further node on the same data.</summary>
    public async Task<TStore> OpenAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var store = await subject.OpenAsync();
        opened.Add(store);
        return store;
    }

    /// <summary>Advances the clock of the store.</summary>
    public void Advance(TimeSpan by) =>
        (
            subject.AdvanceTime
            ?? throw new InvalidOperationException(
                $"The clock cases need {nameof(StoreUnderTest<>.AdvanceTime)}. Set it, or leave out the clock cases of a store whose clock "
                    + "cannot be controlled."
            )
        )(by);

    /// <summary>Waits for a task of the store. The clock of the store does not advance.</summary>
    public async Task WithinLimitAsync(Task task, string problem, string change, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(subject.TimeLimit, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw Late(problem, change);
        }
    }

    /// <summary>Waits until a condition is met. The clock of the store does not advance.</summary>
    public Task EventuallyAsync(Func<Task<bool>> condition, string problem, string change, CancellationToken cancellationToken) =>
        EventuallyAsync(condition, step: null, problem, change, cancellationToken);

    /// <summary>Waits for a task of the store. Its clock advances in small steps, for stores that poll.</summary>
    public async Task WhileTimePassesAsync(Task task, string problem, string change, CancellationToken cancellationToken)
    {
        await EventuallyAsync(() => Task.FromResult(task.IsCompleted), subject.AdvanceTime, problem, change, cancellationToken);
        await task;
    }

    private async Task EventuallyAsync(
        Func<Task<bool>> condition,
        Action<TimeSpan>? step,
        string problem,
        string change,
        CancellationToken cancellationToken
    )
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > subject.TimeLimit)
                throw Late(problem, change);
            step?.Invoke(TimeStep);
            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in opened.Distinct(ReferenceEqualityComparer.Instance))
        {
            if (store is IAsyncDisposable asynchronous)
                await asynchronous.DisposeAsync();
            else
                (store as IDisposable)?.Dispose();
        }
        if (subject.CleanUpAsync is { } cleanUp)
            await cleanUp();
    }

    private static async Task ExecuteAsync(
        StoreUnderTest<TStore> subject,
        CaseDefinition<TStore> definition,
        CancellationToken cancellationToken
    )
    {
        await using CaseRun<TStore> run = new(subject);
        await run.OpenAsync(cancellationToken);
        await definition.Body(run, cancellationToken);
    }

    private StoreContractException Late(string problem, string change) =>
        new($"{problem} It did not happen within {nameof(StoreUnderTest<>.TimeLimit)}, {subject.TimeLimit:c}. {change}");
}

/// <summary>A case of a contract before it is bound to a store.</summary>
/// <param name="Name">A sentence that says what a store does.</param>
/// <param name="Reason">A sentence that says why the contract requires it.</param>
/// <param name="Body">The case.</param>
internal sealed record CaseDefinition<TStore>(string Name, string Reason, Func<CaseRun<TStore>, CancellationToken, Task> Body)
    where TStore : class;
