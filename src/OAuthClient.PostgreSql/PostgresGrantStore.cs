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
    private readonly PostgresCommandExecutor database;
    private readonly long node;
    private readonly StoreSchema schema;
    private readonly RowEncryption protection;
    private readonly ChangeNotifications hints;
    private readonly GrantTable grants;
    private readonly GrantFingerprintTable fingerprints;
    private readonly LeaseTable leases;
    private readonly ConsumedStateTable usedStates;
    private readonly ChangeWaiters signals = new();
    private readonly DeadLeaseHolderDetector suspicions;
    private readonly GrantCache known;
    private readonly NodeConnection? presence;
    private readonly ExpiredRowCleanup cleanUp;
    private readonly Lock openings = new();
    private readonly CancellationTokenSource stopping = new();
    private volatile Task? opening;
    private int disposed;

    public PostgresGrantStore(PostgresGrantStoreOptions options, NpgsqlDataSource source, bool ownsSource, TimeProvider time, ILogger logger)
    {
        (this.source, this.ownsSource, this.time, this.logger) = (source, ownsSource, time, logger);
        node = RandomIds.New();
        health = new(options.Schema, time, logger);
        database = new(source, options.Schema, options.CommandTimeout, health);
        schema = new(database, options.Schema, options.CreateSchema, logger);
        protection = new(options);
        hints = new(options.Schema, node);
        grants = new(database, options.Schema, hints);
        fingerprints = new(database, options.Schema);
        leases = new(database, options.Schema, hints);
        usedStates = new(database, options.Schema);
        suspicions = new(time);
        known = new(time, options.MaximumOwnersInMemory, hints, logger, ReadAsync);
        presence = options.BehindTransactionPooler
            ? null : new(database, hints, node, time, logger, HearOf, StartListening, known.StopListening);
        cleanUp = new(database, options.Schema, time, logger);
        Clients = new(database, options.Schema, protection, OpenAsync);
    }

    /// <summary>The clients that registered themselves, in the same schema.</summary>
    public PostgresDynamicClientStore Clients { get; }

    /// <summary>Whether the node hears of changes, and would be noticed if it died; always so behind a transaction pooler.</summary>
    public bool IsConnected => presence is null || presence.IsConnected;

    /// <summary>What keeps it from being connected.</summary>
    public Exception? Fault => presence?.Fault;

    public string? UnavailableReason => string.Join(' ', health.GetProblems(opening, presence)) is { Length: > 0 } problems ? problems : null;

    public ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        opening is { IsCompletedSuccessfully: true }
            ? known.FindAsync(clientName, owner, cancellationToken)
            : OpenAndFindAsync(clientName, owner, cancellationToken);

    public async ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        if (opening is not { IsCompletedSuccessfully: true })
            await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await known.FindCurrentAsync(clientName, owner, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return Readable(await fingerprints.FindAsync(fingerprint, cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask AddAsync(Grant grant, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        string hint = hints.Of(grant.ClientName, grant.Owner);
        if (!await grants.AddAsync(Row(grant), DeadAt(grant), hint, GrantFingerprints.Of(grant), cancellationToken).ConfigureAwait(false))
            throw new InvalidOperationException($"There is a grant {grant.Id} already; the store takes each once.");
        known.Add(grant);
    }

    public async ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        string hint = hints.Of(newer.ClientName, newer.Owner);
        if (!await grants.TryReplaceAsync(Row(newer), DeadAt(newer), cancellationToken).ConfigureAwait(false))
        {
            // Whoever is refused looks again, and must not find what this node remembers.
            known.Invalidate(hint);
            return false;
        }
        known.Replace(newer);
        suspicions.Forget(newer.Id);
        signals.Wake(hint);
        return true;
    }

    public async ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        await grants.RemoveAsync(GrantRowKey.Of(grant), cancellationToken).ConfigureAwait(false);
        known.Remove(grant);
        signals.Wake(hints.Of(grant.ClientName, grant.Owner));
    }

    public async ValueTask<LeaseResult> TryAcquireLeaseAsync(Grant seen, RefreshLease? held, TimeSpan length, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        long ticket = held is null ? RandomIds.New() : RandomIds.ToRenew(node, held.Fence);
        LeaseRequest taker = new(presence?.Node, presence?.ConnectedSince, ticket, suspicions.DeadFence(seen.Id));
        if (await leases.TryTakeAsync(GrantRowKey.Of(seen), held, length, taker, cancellationToken).ConfigureAwait(false) is not { } answer)
        {
            known.Remove(seen);
            return new(Current: null, Lease: null, RefreshTokenStatus.Unused);
        }
        var lease = answer.IsTaken ? new RefreshLease(seen.Id, seen.Generation, answer.Fence) : null;
        Grant stored;
        try
        {
            stored = protection.Unprotect(answer.Row.Content, answer.Row.Place);
        }
        catch (OAuthException) when (lease is not null)
        {
            await ReleaseLeaseAsync(lease, answer.Presentation, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        known.Replace(stored);
        if (lease is not null)
            suspicions.Forget(seen.Id);
        return new(stored, lease, stored.Generation == seen.Generation ? answer.Presentation : RefreshTokenStatus.Unused);
    }

    public async ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus presentation, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (await leases.EndAsync(lease, presentation, cancellationToken).ConfigureAwait(false) is { } hint)
            signals.Wake(hint);
    }

    public async ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        long began = time.GetTimestamp();
        var pause = FirstPause;
        using var waiting = signals.Enter(hints.Of(seen.ClientName, seen.Owner));
        while (true)
        {
            var change = waiting.Next;
            var look = await leases.LookAsync(GrantRowKey.Of(seen), presence?.ConnectedSince, cancellationToken).ConfigureAwait(false);
            if (look?.Generation != seen.Generation || look.Left is not { } left || left <= TimeSpan.Zero || suspicions.Note(seen.Id, look))
                return;
            var patience = atMost - time.GetElapsedTime(began);
            if (patience <= TimeSpan.Zero)
                return;
            bool isTold = presence?.IsConnected == true;
            if (!await IsOverAsync(change, Shortest(RandomIds.Jitter(isTold ? LongestPause : pause), left, patience), cancellationToken).ConfigureAwait(false))
                pause = Shortest(pause * 2, LongestPause);
        }
    }

    public async ValueTask<bool> TryConsumeStateAsync(string stateFingerprint, DateTimeOffset expiresAt, CancellationToken cancellationToken)
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
        await cleanUp.DisposeAsync().ConfigureAwait(false);
        if (presence is not null)
            await presence.DisposeAsync().ConfigureAwait(false);
        if (ownsSource)
            await source.DisposeAsync().ConfigureAwait(false);
    }

    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "A container that is disposed of synchronously refuses what cannot be.")]
    public void Dispose() => BackgroundWork.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    private async ValueTask<IReadOnlyList<Grant>> OpenAndFindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await known.FindAsync(clientName, owner, cancellationToken).ConfigureAwait(false);
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
        hints.UseKey(await schema.RequireAsync(stopping.Token).ConfigureAwait(false));
        if (presence is not null)
            await presence.StartAsync(stopping.Token).ConfigureAwait(false);
        cleanUp.Start();
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
                found.Add(protection.Unprotect(row.Content, row.Place));
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
        known.Invalidate(hint);
        signals.Wake(hint);
    }

    private void StartListening()
    {
        health.Answered();
        known.StartListening();
        // Announcements were missed until now.
        signals.WakeAll();
    }

    private GrantRow Row(Grant grant) => new(GrantRowKey.Of(grant), protection.Protect(grant));

    // A grant that ends with its sign-in is of no use afterwards, whatever tokens it holds.
    // Without a refresh token all there is is the access token; where nobody said when that ends, the grant is kept.
    private static DateTimeOffset? DeadAt(Grant grant) =>
        grant.EndsAt is { } endsAt ? endsAt
        : grant.CanRefresh || grant.AccessToken?.ExpiresAt is not { } expiresAt ? null
        : grant.SignInExpiresAt > expiresAt ? grant.SignInExpiresAt : expiresAt;

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
