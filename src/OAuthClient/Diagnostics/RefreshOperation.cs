namespace OAuthClient;

/// <summary>One renewal of an access token, on its way to its outcome.</summary>
internal sealed class RefreshOperation(TimedOperation? operation, RecentRefreshFailures failures) : IDisposable
{
    /// <summary>The server gave a token, or somebody else had fetched one.</summary>
    public void Brought(bool isFetched)
    {
        operation?.Tag(Telemetry.RefreshOutcome, isFetched ? "refreshed" : "adopted");
        failures.RecordSuccess();
    }

    /// <summary>The grant was ended or replaced meanwhile.</summary>
    public void Ended() => operation?.Tag(Telemetry.RefreshOutcome, "ended");

    public void Failed(Exception fault)
    {
        bool isLost = fault is ReauthorizationRequiredException;
        operation?.Tag(Telemetry.RefreshOutcome, isLost ? "lost" : "failed");
        operation?.Fail(fault);
        // One owner's loss says nothing of how the client fares.
        if (!isLost)
            failures.RecordFailure(fault);
    }

    public void Dispose() => operation?.Dispose();
}
