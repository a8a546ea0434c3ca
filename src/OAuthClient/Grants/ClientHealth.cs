using System.Globalization;

namespace OAuthClient;

/// <summary>
/// How a client is doing, by what it has lived through: to find out, no server and no database is asked. A keyed service of the
/// client's name, for health checks; <c>OAuthClient.AspNetCore</c> brings one.
/// </summary>
public sealed class ClientHealth
{
    // One may be chance, or one owner's; a row of them is not.
    private const int Row = 3;

    // When nothing has been tried for so long, nobody knows.
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private readonly GrantWriteQueue writes;
    private readonly IGrantStore store;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private int failures;
    private bool isLeftAlone;
    private string? lastFault;
    private DateTimeOffset failedAt;

    internal ClientHealth(GrantWriteQueue writes, IGrantStore store, TimeProvider time)
    {
        this.writes = writes;
        this.store = store;
        this.time = time;
    }

    /// <summary>
    /// What is wrong just now, a sentence for each: refreshes keep failing, refreshed grants are in memory only, the store cannot be
    /// reached. Without secrets, owners and servers' words; empty when nothing is known to be wrong.
    /// </summary>
    public IReadOnlyList<string> GetProblems()
    {
        List<string> problems = [];
        lock (gate)
        {
            if ((failures >= Row || isLeftAlone) && time.GetUtcNow() - failedAt < Memory)
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"Access tokens cannot be renewed ({failures} in a row): {lastFault}."));
        }
        if (writes.UnsavedCount is > 0 and var unsaved)
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"{unsaved} refreshed grants are in this process's memory only, because the store did not take them; they are offered again until it does."));
        if (store.UnavailableReason is { } problem)
            problems.Add(problem);
        return problems;
    }

    internal void Worked()
    {
        lock (gate)
            (failures, isLeftAlone) = (0, false);
    }

    internal void Failed(Exception fault)
    {
        lock (gate)
        {
            failures++;
            // It has failed often enough, whoever asked.
            isLeftAlone = fault is RequestNotSentException;
            lastFault = Words(fault);
            failedAt = time.GetUtcNow();
        }
    }

    private static string Words(Exception fault) => fault switch
    {
        EndpointException => $"the server refuses ({Telemetry.TypeOf(fault)})",
        OperationCanceledException { InnerException: TimeoutException } => "the server does not answer in time",
        RequestNotSentException => "the server is left alone for a while, because it did nothing but fail or asked for it (Retry-After)",
        HttpRequestException => "the server cannot be reached, or gives no answer",
        _ => fault.GetType().Name,
    };
}
