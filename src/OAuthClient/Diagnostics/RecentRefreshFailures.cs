using System.Globalization;

namespace OAuthClient;

/// <summary>Counts the refreshes that failed one after another, for the health of one client.</summary>
internal sealed class RecentRefreshFailures(TimeProvider time)
{
    // A single failure may be chance, or concern one owner only.
    private const int Threshold = 3;

    // Older failures say nothing about the present.
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private int failures;
    private bool isCircuitOpen;
    private string? lastFault;
    private DateTimeOffset failedAt;

    /// <summary>Records a refresh that succeeded.</summary>
    public void RecordSuccess()
    {
        lock (gate)
            (failures, isCircuitOpen) = (0, false);
    }

    /// <summary>Records a refresh that failed.</summary>
    /// <param name="fault">The cause.</param>
    public void RecordFailure(Exception fault)
    {
        lock (gate)
        {
            failures++;
            // The circuit opens after several failures, of whichever owner.
            isCircuitOpen = fault is RequestNotSentException;
            lastFault = Describe(fault);
            failedAt = time.GetUtcNow();
        }
    }

    /// <summary>Describes the failures, if there are enough of them to call the client unhealthy.</summary>
    /// <returns>A sentence without secrets; <see langword="null"/> if refreshes succeed or were not tried.</returns>
    public string? FindProblem()
    {
        lock (gate)
        {
            return (failures >= Threshold || isCircuitOpen) && time.GetUtcNow() - failedAt < Memory
                ? string.Create(CultureInfo.InvariantCulture, $"Access tokens cannot be renewed ({failures} in a row): {lastFault}.")
                : null;
        }
    }

    private static string Describe(Exception fault) =>
        fault switch
        {
            EndpointException => $"the server refuses ({Telemetry.TypeOf(fault)})",
            OperationCanceledException { InnerException: TimeoutException } => "the server does not answer in time",
            RequestNotSentException =>
                "the server is left alone for a while, because it did nothing but fail or asked for it (Retry-After)",
            HttpRequestException => "the server cannot be reached, or gives no answer",
            _ => fault.GetType().Name,
        };
}
