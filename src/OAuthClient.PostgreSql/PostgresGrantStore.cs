using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Stores grants in PostgreSQL. Reads use the cache. Every change and every lease is one statement. The store accesses the database at
/// its first use.
/// </summary>
internal sealed class PostgresGrantStore : IGrantStore, IAsyncDisposable, IDisposable
{
    private readonly NpgsqlDataSource source;
    private readonly bool ownsSource;
    private readonly ILogger logger;
    private readonly DatabaseHealth health;
    private readonly PostgresCommandExecutor executor;
    private readonly long node;
    private readonly StoreSchema schema;
    private readonly RowEncryption encryption;
    private readonly ChangeNotificationFormat notifications;
    private readonly ChangeNotificationSender sender;
    private readonly GrantTable grants;
    private readonly GrantFingerprintTable fingerprints;
    private readonly LeaseTable leases;
    private readonly ConsumedStateTable usedStates;
    private readonly ChangeWaiters waiters = new();
    private readonly LeaseWaiter leaseWaiter;
    private readonly DeadLeaseHolderDetector detector;
    private readonly GrantCache cache;
    private readonly NotificationListener? connection;
    private readonly ExpiredRowCleanup cleanup;
    private readonly Lock openings = new();
    private readonly CancellationTokenSource stopping = new();
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
        encryption = new(options);
        notifications = new(options.Schema, node);
        sender = new(executor, notifications, time, logger);
        grants = new(executor, options.Schema, notifications, sender);
        fingerprints = new(executor, options.Schema);
        leases = new(executor, options.Schema);
        usedStates = new(executor, options.Schema);
        detector = new(time);
        cache = new(time, options.MaximumOwnersInMemory, notifications, logger, ReadAsync);
        connection = options.BehindTransactionPooler
            ? null
            : new(executor, notifications, node, time, logger, OnReceived, OnConnected, cache.StopListening);
        leaseWaiter = new(leases, waiters, detector, notifications, sender, connection, time);
        cleanup = new(executor, options.Schema, time, logger);
        Clients = new(executor, options.Schema, encryption, OpenAsync);
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

    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        opening is { IsCompletedSuccessfully: true }
            ? cache.FindAsync(clientName, owner, cancellationToken)
            : OpenAndFindAsync(clientName, owner, cancellationToken);

    public async ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        if (opening is not { IsCompletedSuccessfully: true })
            await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await cache.FindCurrentAsync(clientName, owner, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return Decrypt(await fingerprints.FindAsync(fingerprint, cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask AddAsync(Grant grant, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        string hint = notifications.Of(grant.ClientName, grant.Owner);
        if (!await grants.AddAsync(Row(grant), DeadAt(grant), hint, GrantFingerprints.Of(grant), cancellationToken).ConfigureAwait(false))
            throw new InvalidOperationException($"The store already contains the grant {grant.Id}.");
        cache.Add(grant);
    }

    public async ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        string hint = notifications.Of(newer.ClientName, newer.Owner);
        if (!await grants.TryReplaceAsync(Row(newer), DeadAt(newer), hint, cancellationToken).ConfigureAwait(false))
        {
            // The caller reads the grant again, and must not receive the cached generation.
            cache.Invalidate(hint);
            return false;
        }
        cache.Replace(newer);
        detector.Remove(newer.Id);
        waiters.Wake(hint);
        return true;
    }

    public async ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        await grants.RemoveAsync(GrantRowKey.Of(grant), cancellationToken).ConfigureAwait(false);
        cache.Remove(grant);
        waiters.Wake(notifications.Of(grant.ClientName, grant.Owner));
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
        {
            cache.Remove(seen);
            return new(Current: null, Lease: null, RefreshTokenStatus.Unused);
        }
        var lease = result.IsAcquired ? new RefreshLease(seen.Id, seen.Generation, result.Fence) : null;
        Grant stored;
        try
        {
            stored = encryption.Unprotect(result.Row.Content, result.Row.Key);
        }
        catch (OAuthException) when (lease is not null)
        {
            await ReleaseLeaseAsync(lease, result.Status, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        cache.Replace(stored);
        if (lease is not null)
            detector.Remove(seen.Id);
        return new(stored, lease, stored.Generation == seen.Generation ? result.Status : RefreshTokenStatus.Unused);
    }

    public async ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (await leases.ReleaseAsync(lease, status, cancellationToken).ConfigureAwait(false) is { } hint)
        {
            waiters.Wake(hint);
            sender.Send(hint);
        }
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

    private async ValueTask<IReadOnlyList<Grant>> OpenAndFindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await cache.FindAsync(clientName, owner, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens the store once for all callers. After a failure the next caller retries.</summary>
    private Task OpenAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        if (opening is { IsCompletedSuccessfully: true } open)
            return open;
        lock (openings)
        {
            if (opening is null or { IsFaulted: true } or { IsCanceled: true })
                opening = BackgroundTask.Run(BeginAsync);
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

    private async Task<IReadOnlyList<Grant>> ReadAsync(string clientName, GrantOwner owner) =>
        Decrypt(await grants.FindAsync(clientName, owner, stopping.Token).ConfigureAwait(false));

    private List<Grant> Decrypt(List<GrantRow> rows)
    {
        List<Grant> found = [];
        OAuthException? failure = null;
        foreach (var row in rows)
        {
            try
            {
                found.Add(encryption.Unprotect(row.Content, row.Key));
            }
            catch (OAuthException exception)
            {
                Log.GrantUnreadable(logger, exception.Message);
                failure = exception;
            }
        }
        return found.Count > 0 || failure is null ? found : throw failure;
    }

    private void OnReceived(string received)
    {
        if (sender.Receive(received) is not { } hint)
            return;
        cache.Invalidate(hint);
        waiters.Wake(hint);
    }

    private void OnConnected()
    {
        health.MarkReachable();
        cache.StartListening();
        // Earlier notifications may have been missed.
        waiters.WakeAll();
    }

    private GrantRow Row(Grant grant) => new(GrantRowKey.Of(grant), encryption.Protect(grant));

    // A grant that ends with its sign-in cannot be used afterwards. A grant without a refresh token ends with its access token; if the
    // lifetime of that is unknown, the grant is kept.
    private static DateTimeOffset? DeadAt(Grant grant) =>
        grant.EndsAt is { } endsAt ? endsAt
        : grant.CanRefresh || grant.AccessToken?.ExpiresAt is not { } expiresAt ? null
        : grant.SignInExpiresAt > expiresAt ? grant.SignInExpiresAt
        : expiresAt;
}
