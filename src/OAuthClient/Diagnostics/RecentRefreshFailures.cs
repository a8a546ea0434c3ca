using System.Globalization;

namespace OAuthClient;

/// <summary>Counts consecutive failed refreshes, for the health of one client.</summary>
internal sealed class RecentRefreshFailures(TimeProvider time)
{
    // Fewer failures can be accidental, or concern one owner only.
    private const int Threshold = 3;

    // Older failures do not affect the health.
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
            // An open circuit is a problem at once: it opens only after several failures.
            isCircuitOpen = fault is RequestNotSentException;
            lastFault = Describe(fault);
            failedAt = time.GetUtcNow();
        }
    }

    /// <summary>Describes the failures, if the client is unhealthy because of them.</summary>
    /// <returns>A sentence without secrets; <see langword="null"/> if the client is healthy.</returns>
    public string? FindProblem()
    {
        lock (gate)
        {
            return (failures >= Threshold || isCircuitOpen) && time.GetUtcNow() - failedAt < Memory
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"Access tokens cannot be refreshed ({failures} consecutive failures): {lastFault}."
                )
                : null;
        }
    }

    private static string Describe(Exception fault) =>
        fault switch
        {
            EndpointException => $"the server responds with an error ({Telemetry.TypeOf(fault)})",
            OperationCanceledException { InnerException: TimeoutException } => "the server does not respond in time",
            RequestNotSentException => "no request is sent, because the circuit is open or the server requested a pause (Retry-After)",
            HttpRequestException => "the server cannot be reached or does not respond",
            _ => fault.GetType().Name,
        };
}
