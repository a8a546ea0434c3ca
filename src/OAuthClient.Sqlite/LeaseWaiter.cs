namespace OAuthClient.Sqlite;

/// <summary>
/// Waits until a lease ends or its grant changes, by polling. The cache of the library ends the wait when a change is reported.
/// </summary>
internal sealed class LeaseWaiter(SqliteDatabase database, LeaseTable leases, ChangeFeed feed, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <param name="seen">The generation that the caller has read.</param>
    /// <param name="atMost">The maximum time to wait.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public async Task WaitAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        long startedAt = time.GetTimestamp();
        while (true)
        {
            var leaseRemaining = await database
                .ReadAsync(
                    connection =>
                        LeaseTable.Read(connection, seen) is { } stored && stored.Row.Generation == seen.Generation
                            ? leases.Remaining(stored)
                            : TimeSpan.Zero,
                    cancellationToken
                )
                .ConfigureAwait(false);
            var remaining = atMost - time.GetElapsedTime(startedAt);
            if (leaseRemaining <= TimeSpan.Zero || remaining <= TimeSpan.Zero)
                return;
            feed.MarkUsed();
            await Task.Delay(new[] { Interval, leaseRemaining, remaining }.Min(), time, cancellationToken).ConfigureAwait(false);
        }
    }
}
