namespace OAuthClient.PostgreSql;

/// <summary>Waits until a lease ends or its grant changes, by notifications and by polling.</summary>
internal sealed class LeaseWaiter(
    LeaseTable leases,
    ChangeWaiters waiters,
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
        var delay = MinimumDelay;
        string hint = notifications.Of(seen.ClientName, seen.Owner);
        using var subscription = waiters.Subscribe(hint);
        // The holder is suspected to be dead when nothing happened for the time of a poll.
        for (bool isSuspected = false; ; )
        {
            var change = subscription.Next;
            var snapshot = await leases
                .ObserveAsync(GrantRowKey.Of(seen), connection?.ConnectedSince, isSuspected, cancellationToken)
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
                sender.SendWaiting(hint);
            var timeout = Shortest(RandomIds.Jitter(isNotified ? MaximumDelay : delay), leaseRemaining, remaining);
            isSuspected = !await CompletesAsync(change, timeout, cancellationToken).ConfigureAwait(false);
            if (isSuspected)
                delay = Shortest(delay * 2, MaximumDelay);
        }
    }

    private static TimeSpan Shortest(params ReadOnlySpan<TimeSpan> spans)
    {
        var shortest = spans[0];
        foreach (var span in spans)
            shortest = span < shortest ? span : shortest;
        return shortest;
    }

    private async Task<bool> CompletesAsync(Task change, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await change.WaitAsync(timeout, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
