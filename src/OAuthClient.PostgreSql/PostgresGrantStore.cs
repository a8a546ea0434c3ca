using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Stores grants in PostgreSQL. Every read, every change and every lease is one statement. Notifications report the changes of other nodes
/// to the cache of the library. The store accesses the database at its first use.
/// </summary>
internal sealed class PostgresGrantStore : IGrantStore, IGrantChangeFeed, IAsyncDisposable, IDisposable
{
    private readonly NpgsqlDataSource source;
    private readonly bool ownsSource;
    private readonly ILogger logger;
    private readonly DatabaseHealth health;
    private readonly PostgresCommandExecutor executor;
    private readonly long node;
    private readonly StoreSchema schema;
    private readonly GrantRowSerializer serializer;
    private readonly ChangeNotificationFormat notifications;
    private readonly ChangeNotificationSender sender;
    private readonly GrantTable grants;
    private readonly GrantFingerprintTable fingerprints;
    private readonly LeaseTable leases;
    private readonly ConsumedStateTable usedStates;
    private readonly GrantComparison comparison;
    private readonly LeaseWaiter leaseWaiter;
    private readonly DeadLeaseHolderDetector detector;
    private readonly NotificationListener? connection;
    private readonly ExpiredRowCleanup cleanup;
    private readonly Lock openings = new();
    private readonly CancellationTokenSource stopping = new();
    private Action<string>? changed;
    private Action? connected;
    private Action<TimeSpan>? disconnected;
    private volatile Task? opening;
    private int disposed;

    public PostgresGrantStore(
        PostgresGrantStoreOptions options,
        NpgsqlDataSource source,
        bool ownsSource,
        TimeProvider time,
        ILogger logger
    )
    {
        (this.source, this.ownsSource, this.logger) = (source, ownsSource, logger);
        node = RandomIds.New();
        health = new(options.Schema, time, logger);
        executor = new(source, options.Schema, options.CommandTimeout, health);
        schema = new(executor, options.Schema, options.CreateSchema, logger);
        serializer = new(options.Encryption, logger);
        notifications = new(options.Schema, node);
        sender = new(executor, notifications, time, logger);
        grants = new(executor, options.Schema, notifications, sender);
        fingerprints = new(executor, options.Schema);
        leases = new(executor, options.Schema);
        usedStates = new(executor, options.Schema);
        detector = new(time);
        comparison = new(executor, options.Schema);
        MaximumCacheBytes = options.MaximumCacheBytes;
        connection = options.BehindTransactionPooler
            ? null
            : new(
                executor,
                notifications,
                node,
                time,
                logger,
                OnReceived,
                OnConnected,
                lastActiveAt => disconnected?.Invoke(time.GetElapsedTime(lastActiveAt))
            );
        leaseWaiter = new(leases, detector, notifications, sender, connection, time);
        cleanup = new(executor, options.Schema, time, logger);
        Clients = new(executor, options.Schema, options.Encryption, OpenAsync);
    }

    /// <summary>Gets the store of dynamically registered clients in the same schema.</summary>
    public PostgresDynamicClientStore Clients { get; }

    /// <summary>
    /// Gets a value indicating whether the notification connection is open; always <see langword="true"/> behind a transaction pooler,
    /// where the node uses none.
    /// </summary>
    public bool IsConnected => connection is null || connection.IsConnected;

    /// <summary>Gets the exception that closed the notification connection or prevents it.</summary>
    public Exception? Fault => connection?.Fault;

    public string? UnavailableReason =>
        string.Join(' ', health.GetProblems(opening, connection?.IsConnected, connection?.Fault)) is { Length: > 0 } problems
            ? problems
            : null;

    public long? MaximumCacheBytes { get; }

    public void Subscribe(Action<string> changed, Action connected, Action<TimeSpan> disconnected)
    {
        (this.changed, this.connected, this.disconnected) = (changed, connected, disconnected);
        if (connection?.IsConnected == true)
            connected();
    }

    public async ValueTask<string> GetKeyAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return notifications.Of(clientName, owner);
    }

    public bool IsOutage(Exception exception) => PostgresErrorClassifier.IsOutage(exception);

    public async ValueTask<IReadOnlyCollection<string>> FindOutdatedAsync(
        IReadOnlyDictionary<string, IReadOnlyList<Grant>> cached,
        CancellationToken cancellationToken
    )
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await comparison.FindOutdatedAsync(cached, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping.Token);
        return serializer.Deserialize(await grants.FindAsync(clientName, owner, ended.Token).ConfigureAwait(false));
    }

    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        FindAsync(clientName, owner, cancellationToken);

    public async ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return serializer.Deserialize(await fingerprints.FindAsync(fingerprint, cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask AddAsync(Grant grant, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        string hint = notifications.Of(grant.ClientName, grant.Owner);
        if (
            !await grants
                .AddAsync(serializer.Serialize(grant), GrantRows.DeadAt(grant), hint, GrantFingerprints.Of(grant), cancellationToken)
                .ConfigureAwait(false)
        )
            throw new InvalidOperationException($"The store already contains the grant {grant.Id}.");
    }

    public async ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        string hint = notifications.Of(newer.ClientName, newer.Owner);
        if (
            !await grants
                .TryReplaceAsync(serializer.Serialize(newer), GrantRows.DeadAt(newer), hint, cancellationToken)
                .ConfigureAwait(false)
        )
            return false;
        detector.Remove(newer.Id);
        return true;
    }

    public async ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        await grants.RemoveAsync(GrantRowKey.Of(grant), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<LeaseResult> TryAcquireLeaseAsync(
        Grant seen,
        RefreshLease? held,
        TimeSpan length,
        CancellationToken cancellationToken
    )
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        long ticket = held is null ? RandomIds.New() : RandomIds.ToRenew(node, held.Fence);
        LeaseRequest request = new(connection?.Node, connection?.ConnectedSince, ticket, detector.DeadFence(seen.Id));
        if (
            await leases.TryAcquireAsync(GrantRowKey.Of(seen), held, length, request, cancellationToken).ConfigureAwait(false)
            is not { } result
        )
            return new(Current: null, Lease: null, RefreshTokenStatus.Unused);
        var lease = result.IsAcquired ? new RefreshLease(seen.Id, seen.Generation, result.Fence) : null;
        Grant stored;
        try
        {
            stored = serializer.Deserialize(result.Row);
        }
        catch (OAuthException) when (lease is not null)
        {
            await ReleaseLeaseAsync(lease, result.Status, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        if (lease is not null)
            detector.Remove(seen.Id);
        return new(stored, lease, stored.Generation == seen.Generation ? result.Status : RefreshTokenStatus.Unused);
    }

    public async ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (await leases.ReleaseAsync(lease, status, cancellationToken).ConfigureAwait(false) is { } hint)
            sender.Send(hint);
    }

    public async ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        await leaseWaiter.WaitAsync(seen, atMost, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> TryConsumeStateAsync(
        string stateFingerprint,
        DateTimeOffset expiresAt,
        CancellationToken cancellationToken
    )
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await usedStates.TryAddAsync(stateFingerprint, expiresAt, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        await stopping.CancelAsync().ConfigureAwait(false);
        if (opening is { } last)
            await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await cleanup.DisposeAsync().ConfigureAwait(false);
        await sender.DisposeAsync().ConfigureAwait(false);
        if (connection is not null)
            await connection.DisposeAsync().ConfigureAwait(false);
        if (ownsSource)
            await source.DisposeAsync().ConfigureAwait(false);
    }

    [SuppressMessage(
        "Usage",
        "VSTHRD002:Avoid problematic synchronous waits",
        Justification = "A container that is disposed synchronously requires IDisposable."
    )]
    public void Dispose() => BackgroundWork.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    /// <summary>Opens the store once for all callers. After a failure the next caller retries.</summary>
    private Task OpenAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        if (opening is { IsCompletedSuccessfully: true } open)
            return open;
        lock (openings)
        {
            if (opening is null or { IsFaulted: true } or { IsCanceled: true })
            {
                opening = BackgroundWork.Run(BeginAsync);
                // Observes the exception, because all callers may have stopped waiting.
                _ = BackgroundWork.RunIsolated(
                    opening,
                    static async task => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing)
                );
            }
            return opening.WaitAsync(cancellationToken);
        }
    }

    private async Task BeginAsync()
    {
        notifications.UseKey(await schema.EnsureAsync(stopping.Token).ConfigureAwait(false));
        if (connection is not null)
            await connection.StartAsync(stopping.Token).ConfigureAwait(false);
        cleanup.Start();
    }

    private void OnReceived(string received)
    {
        if (sender.Receive(received) is not { } hint)
            return;
        changed?.Invoke(hint);
    }

    private void OnConnected()
    {
        health.MarkReachable();
        connected?.Invoke();
    }
}
