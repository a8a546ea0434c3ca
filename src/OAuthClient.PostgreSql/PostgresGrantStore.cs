using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Grants in PostgreSQL. Reading is answered from memory; every change, and every lease, is one statement. The database is asked for
/// nothing before the first use.
/// </summary>
internal sealed class PostgresGrantStore : IGrantStore, IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    // Where changes are told, to look is for holders that died and hints that were lost.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly NpgsqlDataSource source;
    private readonly bool ownsSource;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly DatabaseHealth health;
    private readonly PostgresCommandExecutor executor;
    private readonly long node;
    private readonly StoreSchema schema;
    private readonly RowEncryption encryption;
    private readonly ChangeNotifications notifications;
    private readonly GrantTable grants;
    private readonly GrantFingerprintTable fingerprints;
    private readonly LeaseTable leases;
    private readonly ConsumedStateTable usedStates;
    private readonly ChangeWaiters waiters = new();
    private readonly DeadLeaseHolderDetector detector;
    private readonly GrantCache cache;
    private readonly NodeConnection? connection;
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
        (this.source, this.ownsSource, this.time, this.logger) = (source, ownsSource, time, logger);
        node = RandomIds.New();
        health = new(options.Schema, time, logger);
        executor = new(source, options.Schema, options.CommandTimeout, health);
        schema = new(executor, options.Schema, options.CreateSchema, logger);
        encryption = new(options);
        notifications = new(options.Schema, node);
        grants = new(executor, options.Schema, notifications);
        fingerprints = new(executor, options.Schema);
        leases = new(executor, options.Schema, notifications);
        usedStates = new(executor, options.Schema);
        detector = new(time);
        cache = new(time, options.MaximumOwnersInMemory, notifications, logger, ReadAsync);
        connection = options.BehindTransactionPooler
            ? null
            : new(executor, notifications, node, time, logger, HearOf, StartListening, cache.StopListening);
        cleanup = new(executor, options.Schema, time, logger);
        Clients = new(executor, options.Schema, encryption, OpenAsync);
    }

    /// <summary>The clients that registered themselves, in the same schema.</summary>
    public PostgresDynamicClientStore Clients { get; }

    /// <summary>Whether the node hears of changes, and would be noticed if it died; always so behind a transaction pooler.</summary>
    public bool IsConnected => connection is null || connection.IsConnected;

    /// <summary>What keeps it from being connected.</summary>
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
        return Readable(await fingerprints.FindAsync(fingerprint, cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask AddAsync(Grant grant, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        string hint = notifications.Of(grant.ClientName, grant.Owner);
        if (!await grants.AddAsync(Row(grant), DeadAt(grant), hint, GrantFingerprints.Of(grant), cancellationToken).ConfigureAwait(false))
            throw new InvalidOperationException($"There is a grant {grant.Id} already; the store takes each once.");
        cache.Add(grant);
    }

    public async ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        string hint = notifications.Of(newer.ClientName, newer.Owner);
        if (!await grants.TryReplaceAsync(Row(newer), DeadAt(newer), cancellationToken).ConfigureAwait(false))
        {
            // Whoever is refused looks again, and must not find what this node remembers.
            cache.Invalidate(hint);
            return false;
        }
        cache.Replace(newer);
        detector.Forget(newer.Id);
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
            await leases.TryTakeAsync(GrantRowKey.Of(seen), held, length, request, cancellationToken).ConfigureAwait(false)
            is not { } answer
        )
        {
            cache.Remove(seen);
            return new(Current: null, Lease: null, RefreshTokenStatus.Unused);
        }
        var lease = answer.IsTaken ? new RefreshLease(seen.Id, seen.Generation, answer.Fence) : null;
        Grant stored;
        try
        {
            stored = encryption.Unprotect(answer.Row.Content, answer.Row.Place);
        }
        catch (OAuthException) when (lease is not null)
        {
            await ReleaseLeaseAsync(lease, answer.Presentation, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        cache.Replace(stored);
        if (lease is not null)
            detector.Forget(seen.Id);
        return new(stored, lease, stored.Generation == seen.Generation ? answer.Presentation : RefreshTokenStatus.Unused);
    }

    public async ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (await leases.EndAsync(lease, status, cancellationToken).ConfigureAwait(false) is { } hint)
            waiters.Wake(hint);
    }

    public async ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        long began = time.GetTimestamp();
        var pause = FirstPause;
        using var waiting = waiters.Enter(notifications.Of(seen.ClientName, seen.Owner));
        while (true)
        {
            var change = waiting.Next;
            var snapshot = await leases
                .LookAsync(GrantRowKey.Of(seen), connection?.ConnectedSince, cancellationToken)
                .ConfigureAwait(false);
            if (
                snapshot?.Generation != seen.Generation
                || snapshot.Left is not { } left
                || left <= TimeSpan.Zero
                || detector.Note(seen.Id, snapshot)
            )
                return;
            var patience = atMost - time.GetElapsedTime(began);
            if (patience <= TimeSpan.Zero)
                return;
            bool isTold = connection?.IsConnected == true;
            if (
                !await IsOverAsync(change, Shortest(RandomIds.Jitter(isTold ? LongestPause : pause), left, patience), cancellationToken)
                    .ConfigureAwait(false)
            )
                pause = Shortest(pause * 2, LongestPause);
        }
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
        if (connection is not null)
            await connection.DisposeAsync().ConfigureAwait(false);
        if (ownsSource)
            await source.DisposeAsync().ConfigureAwait(false);
    }

    [SuppressMessage(
        "Usage",
        "VSTHRD002:Avoid problematic synchronous waits",
        Justification = "A container that is disposed of synchronously refuses what cannot be."
    )]
    public void Dispose() => BackgroundWork.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    private async ValueTask<IReadOnlyList<Grant>> OpenAndFindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await cache.FindAsync(clientName, owner, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Once for all callers; when it failed, the next one tries again.</summary>
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
        notifications.UseKey(await schema.RequireAsync(stopping.Token).ConfigureAwait(false));
        if (connection is not null)
            await connection.StartAsync(stopping.Token).ConfigureAwait(false);
        cleanup.Start();
    }

    private async Task<IReadOnlyList<Grant>> ReadAsync(string clientName, GrantOwner owner) =>
        Readable(await grants.FindAsync(clientName, owner, stopping.Token).ConfigureAwait(false));

    private List<Grant> Readable(List<GrantRow> rows)
    {
        List<Grant> found = [];
        OAuthException? unreadable = null;
        foreach (var row in rows)
        {
            try
            {
                found.Add(encryption.Unprotect(row.Content, row.Place));
            }
            catch (OAuthException exception)
            {
                Log.GrantUnreadable(logger, exception.Message);
                unreadable = exception;
            }
        }
        return found.Count > 0 || unreadable is null ? found : throw unreadable;
    }

    private void HearOf(string hint)
    {
        cache.Invalidate(hint);
        waiters.Wake(hint);
    }

    private void StartListening()
    {
        health.Answered();
        cache.StartListening();
        // Announcements were missed until now.
        waiters.WakeAll();
    }

    private GrantRow Row(Grant grant) => new(GrantRowKey.Of(grant), encryption.Protect(grant));

    // A grant that ends with its sign-in is of no use afterwards, whatever tokens it holds.
    // Without a refresh token all there is is the access token; where nobody said when that ends, the grant is kept.
    private static DateTimeOffset? DeadAt(Grant grant) =>
        grant.EndsAt is { } endsAt ? endsAt
        : grant.CanRefresh || grant.AccessToken?.ExpiresAt is not { } expiresAt ? null
        : grant.SignInExpiresAt > expiresAt ? grant.SignInExpiresAt
        : expiresAt;

    private static TimeSpan Shortest(params ReadOnlySpan<TimeSpan> spans)
    {
        var shortest = spans[0];
        foreach (var span in spans)
            shortest = span < shortest ? span : shortest;
        return shortest;
    }

    private async Task<bool> IsOverAsync(Task change, TimeSpan atMost, CancellationToken cancellationToken)
    {
        try
        {
            await change.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
