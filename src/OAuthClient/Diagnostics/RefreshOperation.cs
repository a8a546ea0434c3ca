namespace OAuthClient;

/// <summary>One running refresh, which records its outcome.</summary>
internal sealed class RefreshOperation(TimedOperation? operation, RecentRefreshFailures failures) : IDisposable
{
    /// <summary>Records that there is a new access token.</summary>
    /// <param name="isFetched">
    /// <see langword="true"/> if this refresh obtained it from the server; <see langword="false"/> if another refresh did.
    /// </param>
    public void Succeeded(bool isFetched)
    {
        operation?.Tag(Telemetry.RefreshOutcome, isFetched ? "refreshed" : "adopted");
        failures.RecordSuccess();
    }

    /// <summary>Records that the grant was removed or replaced during the refresh.</summary>
    public void Ended() => operation?.Tag(Telemetry.RefreshOutcome, "ended");

    /// <summary>Records that the refresh failed.</summary>
    /// <param name="fault">The cause.</param>
    public void Failed(Exception fault)
    {
        bool isLost = fault is ReauthorizationRequiredException;
        operation?.Tag(Telemetry.RefreshOutcome, isLost ? "lost" : "failed");
        operation?.Fail(fault);
        // The loss of one grant does not affect the health of the client.
        if (!isLost)
            failures.RecordFailure(fault);
    }

    public void Dispose() => operation?.Dispose();
}
