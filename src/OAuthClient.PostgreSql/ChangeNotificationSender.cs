using Microsoft.Extensions.Logging;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Sends the hints of changes that need not be seen at once, after these changes are committed. PostgreSQL serializes the commits of
/// statements with a notification, and each notification wakes all nodes. The hints of 50 milliseconds are therefore sent together, in a
/// statement of their own that writes nothing and waits for no disk.
/// </summary>
/// <remarks>
/// After a pause the first hint is sent at once. A hint that other nodes wait for ends the pause. If a statement fails, its hints are sent
/// again. They are lost if the process ends before: the other nodes then read the change when their entry has become too old.
/// </remarks>
internal sealed class ChangeNotificationSender(
    PostgresCommandExecutor executor,
    ChangeNotificationFormat notifications,
    TimeProvider time,
    ILogger logger
) : IAsyncDisposable
{
    // No payload contains a space.
    private const string Notify = "SELECT pg_notify($1, payload) FROM unnest(string_to_array($2, ' ')) AS payload";

    // An entry is removed with the next change of its owner's grants. Without it, a waiting node is notified up to 50 milliseconds later.
    private const int MaximumAwaited = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(1);

    private readonly Lock changes = new();
    private readonly HashSet<string> awaited = new();
    private HashSet<string> pending = new();
    private TaskCompletionSource urgent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? sending;
    private TimeSpan pause = TimeSpan.Zero;
    private long sentAt;
    private bool isClosing;

    /// <summary>Sends the hint of a committed change.</summary>
    public void Send(string hint)
    {
        lock (changes)
            Add(hint, atOnce: awaited.Remove(hint));
    }

    /// <summary>Asks the holder of a lease to send its end at once.</summary>
    public void SendWaiting(string hint)
    {
        lock (changes)
        {
            if (!awaited.Contains(hint))
                Add(ChangeNotificationFormat.Waiting(hint), atOnce: true);
        }
    }

    /// <summary>Records what another node sent.</summary>
    /// <returns>The hint of a change; <see langword="null"/> if the other node waits for the end of a lease.</returns>
    public string? Receive(string received)
    {
        string? awaitedHint = ChangeNotificationFormat.AwaitedHint(received);
        lock (changes)
        {
            if (awaitedHint is null)
            {
                awaited.Remove(received);
                return received;
            }
            if (awaited.Count >= MaximumAwaited)
                awaited.Clear();
            awaited.Add(awaitedHint);
            return null;
        }
    }

    /// <summary>Sends the remaining hints, once.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? last;
        lock (changes)
        {
            isClosing = true;
            last = sending;
            urgent.TrySetResult();
        }
        if (last is not null)
            await last.ConfigureAwait(false);
    }

    private void Add(string hint, bool atOnce)
    {
        pending.Add(hint);
        if (atOnce)
            urgent.TrySetResult();
        if (!isClosing)
            sending ??= BackgroundWork.Run(SendPendingAsync);
    }

    private async Task SendPendingAsync()
    {
        do
        {
            await PauseAsync().ConfigureAwait(false);
            var hints = TakePending();
            bool hadFault = pause == PauseAfterFault;
            pause = Interval;
            try
            {
                await executor
                    .Priority.ExecuteAsync(
                        Notify,
                        parameters => parameters.Texts(notifications.Channel, string.Join(' ', notifications.Payloads(hints))),
                        mayRepeat: true,
                        CancellationToken.None
                    )
                    .ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                pause = PauseAfterFault;
                if (!TryKeep(hints) || !hadFault)
                    Log.NotificationsNotSent(logger, PostgresErrorClassifier.Describe(exception));
            }
            sentAt = time.GetTimestamp();
        } while (!TryEnd());
    }

    private async Task PauseAsync()
    {
        var remaining = pause - time.GetElapsedTime(sentAt);
        if (remaining <= TimeSpan.Zero)
            return;
        try
        {
            await urgent.Task.WaitAsync(remaining, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // No node waits for a hint.
        }
    }

    private HashSet<string> TakePending()
    {
        lock (changes)
        {
            var taken = pending;
            pending = new();
            if (!isClosing)
                urgent = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return taken;
        }
    }

    private bool TryKeep(HashSet<string> hints)
    {
        lock (changes)
        {
            if (!isClosing)
                pending.UnionWith(hints);
            return !isClosing;
        }
    }

    private bool TryEnd()
    {
        lock (changes)
        {
            if (pending.Count > 0)
                return false;
            sending = null;
            return true;
        }
    }
}
