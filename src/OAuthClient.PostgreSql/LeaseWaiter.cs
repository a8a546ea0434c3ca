namespace OAuthClient.PostgreSql;

/// <summary>
/// Waits until a lease ends or its grant changes, by polling. The cache of the library ends the wait when a notification arrives.
/// </summary>
internal sealed class LeaseWaiter(
    LeaseTable leases,
    DeadLeaseHolderDetector detector,
    ChangeNotificationFormat notifications,
    ChangeNotificationSender sender,
    NotificationListener? connection,
    TimeProvider time
)
{
    private static readonly TimeSpan MinimumDelay = TimeSpan.FromMilliseconds(50);

    // With notifications, polling only detects dead holders and lost notifications.
    private static readonly TimeSpan MaximumDelay = TimeSpan.FromMilliseconds(500);

    /// <param name="seen">The generation that the caller has read.</param>
    /// <param name="atMost">The maximum time to wait.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public async Task WaitAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        long startedAt = time.GetTimestamp();
        ExponentialBackoff backoff = new(MinimumDelay, MaximumDelay);
        // The holder is suspected to be dead when nothing happened for the time of a poll, or when an earlier wait missed it.
        for (bool isSuspected = detector.IsSuspected(seen.Id); ; isSuspected = true)
        {
            // Not cancelled, because the cancellation of a running statement needs a connection of its own.
            var snapshot = await leases
                .ObserveAsync(GrantRowKey.Of(seen), connection?.ConnectedSince, isSuspected, CancellationToken.None)
                .ConfigureAwait(false);
            if (
                snapshot?.Generation != seen.Generation
                || snapshot.Remaining is not { } leaseRemaining
                || leaseRemaining <= TimeSpan.Zero
                || detector.Observe(seen.Id, snapshot)
            )
                return;
            var remaining = atMost - time.GetElapsedTime(startedAt);
            if (remaining <= TimeSpan.Zero)
                return;
            bool isNotified = connection?.IsConnected == true;
            if (isNotified && !isSuspected)
                sender.SendWaiting(notifications.Of(seen.ClientName, seen.Owner));
            var delay = RandomIds.Jitter(isNotified ? MaximumDelay : backoff.Next());
            await Task.Delay(new[] { delay, leaseRemaining, remaining }.Min(), time, cancellationToken).ConfigureAwait(false);
        }
    }
}
