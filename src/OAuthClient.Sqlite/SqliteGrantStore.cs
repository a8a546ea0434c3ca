using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using OAuthClient.PostgreSql;

namespace OAuthClient.Sqlite;

/// <summary>
/// Stores grants in a SQLite file, which several processes of one machine share. Every change and every lease is one transaction that is on
/// the disk when its method completes. The store opens the file at its first use.
/// </summary>
internal sealed class SqliteGrantStore : IGrantStore, IGrantChangeFeed, IAsyncDisposable, IDisposable
{
    private readonly SqliteGrantStoreOptions options;
    private readonly ILogger logger;
    private readonly SqliteDatabase database;
    private readonly LeaseHolder holder;
    private readonly FileOrigin origin;
    private readonly StoreKey key;
    private readonly GrantRowSerializer serializer;
    private readonly GrantTable grants;
    private readonly LeaseTable leases;
    private readonly ChangeFeed feed;
    private readonly LeaseWaiter waiter;
    private readonly ExpiredRowCleanup cleanup;
    private readonly Lock openings = new();
    private readonly CancellationTokenSource stopping = new();
    private volatile Task? opening;
    private volatile bool isObserved;
    private int disposed;

    public SqliteGrantStore(SqliteGrantStoreOptions options, ISecretStorage? secrets, TimeProvider time, ILogger logger)
    {
        (this.options, this.logger) = (options, logger);
        string path = Path.GetFullPath(options.Path!);
        database = new(path);
        holder = new(path + ".holders");
        origin = new(path);
        key = new(options, secrets ?? new KeyFile(path, logger), logger);
        serializer = new(options.Encryption, logger);
        ChangeTable changes = new(holder.Id);
        grants = new(changes);
        leases = new(changes, holder.Id, holder.IsAlive, time);
        feed = new(database, changes, time);
        waiter = new(database, leases, feed, time);
        cleanup = new(database, origin, time, logger);
        Clients = new(database, options.Encryption, OpenAsync);
    }

    /// <summary>Gets the store of dynamically registered clients in the same file.</summary>
    public SqliteDynamicClientStore Clients { get; }

    internal SqliteDatabase Database => database;

    public string? UnavailableReason =>
        opening is { IsFaulted: true, Exception.InnerException: OAuthException fault } ? fault.Message : database.Problem;

    public long? MaximumCacheBytes => options.MaximumCacheBytes;

    public void Subscribe(Action<string> changed, Action connected, Action<TimeSpan> disconnected)
    {
        feed.Subscribe(changed, connected, disconnected);
        isObserved = true;
    }

    public async ValueTask<string> GetKeyAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return ChangeTable.KeyOf(clientName, owner.ToString());
    }

    public bool IsOutage(Exception exception) => SqliteErrors.IsOutage(exception);

    public async ValueTask<IReadOnlyCollection<string>> FindOutdatedAsync(
        IReadOnlyDictionary<string, IReadOnlyList<Grant>> cached,
        CancellationToken cancellationToken
    ) =>
        await ReadAsync<IReadOnlyCollection<string>>(
                connection => [.. cached.Where(one => GrantTable.AreOutdated(connection, one.Value)).Select(one => one.Key)],
                cancellationToken
            )
            .ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<Grant>> FindAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        serializer.Deserialize(
            await ReadAsync(connection => GrantTable.Find(connection, clientName, owner.ToString()), cancellationToken)
                .ConfigureAwait(false)
        );

    public ValueTask<IReadOnlyList<Grant>> FindCurrentAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        FindAsync(clientName, owner, cancellationToken);

    public async ValueTask<IReadOnlyList<Grant>> FindByFingerprintAsync(string fingerprint, CancellationToken cancellationToken) =>
        serializer.Deserialize(
            await ReadAsync(connection => GrantTable.FindByFingerprint(connection, fingerprint), cancellationToken).ConfigureAwait(false)
        );

    public async ValueTask AddAsync(Grant grant, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        var row = serializer.Serialize(grant);
        if (!await database.WriteAsync(connection => grants.Add(connection, row, grant), cancellationToken).ConfigureAwait(false))
            throw new InvalidOperationException($"The store already contains the grant {grant.Id}.");
    }

    public async ValueTask<bool> TryReplaceAsync(Grant newer, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        var row = serializer.Serialize(newer);
        return await database
            .WriteFromReserveAsync(
                connection => grants.TryReplace(connection, row, GrantRows.DeadAt(newer)?.ToUnixTimeMilliseconds()),
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    public async ValueTask RemoveAsync(Grant grant, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        await database.WriteFromReserveAsync(connection => grants.Remove(connection, grant), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<LeaseResult> TryAcquireLeaseAsync(
        Grant seen,
        RefreshLease? held,
        TimeSpan length,
        CancellationToken cancellationToken
    )
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await database
            .WriteWithReserveAsync(connection => TryAcquireLease(connection, seen, held, length), cancellationToken)
            .ConfigureAwait(false);
    }

    public async ValueTask ReleaseLeaseAsync(RefreshLease lease, RefreshTokenStatus status, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        await database
            .WriteFromReserveAsync(connection => leases.Release(connection, lease, status), cancellationToken)
            .ConfigureAwait(false);
    }

    public async ValueTask WaitForChangeAsync(Grant seen, TimeSpan atMost, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        await waiter.WaitAsync(seen, atMost, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<bool> TryConsumeStateAsync(
        string stateFingerprint,
        DateTimeOffset expiresAt,
        CancellationToken cancellationToken
    )
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await database
            .WriteAsync(connection => ConsumedStateTable.TryAdd(connection, stateFingerprint, expiresAt), cancellationToken)
            .ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0)
            return;
        await stopping.CancelAsync().ConfigureAwait(false);
        if (opening is { } last)
            await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await cleanup.DisposeAsync().ConfigureAwait(false);
        await feed.DisposeAsync().ConfigureAwait(false);
        await database.DisposeAsync().ConfigureAwait(false);
        // Last, because its leases end with it.
        holder.Dispose();
    }

    [SuppressMessage(
        "Usage",
        "VSTHRD002:Avoid problematic synchronous waits",
        Justification = "A container that is disposed synchronously requires IDisposable."
    )]
    public void Dispose() => BackgroundWork.Run(async () => await DisposeAsync().ConfigureAwait(false)).GetAwaiter().GetResult();

    private async Task<T> ReadAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        await OpenAsync(cancellationToken).ConfigureAwait(false);
        return await database.ReadAsync(work, cancellationToken).ConfigureAwait(false);
    }

    private LeaseResult TryAcquireLease(SqliteConnection connection, Grant seen, RefreshLease? held, TimeSpan length)
    {
        if (LeaseTable.Read(connection, seen) is not { } stored)
            return new(Current: null, Lease: null, RefreshTokenStatus.Unused);
        // Before the lease is acquired, because a grant that cannot be read is not refreshed.
        var current = serializer.Deserialize(stored.Row);
        if (current.Generation != seen.Generation)
            return new(current, Lease: null, RefreshTokenStatus.Unused);
        if (stored.IsRestored)
            throw new OAuthException(
                $"The grant store {database.Path} was restored from a backup or copied. The refresh token of this grant can be an old one "
                    + "and was not sent. If no other machine uses these grants and they were not refreshed since, start once with "
                    + "SqliteGrantStoreOptions.AcceptRestoredGrants. Otherwise the user authorizes again."
            );
        var (fence, status) = leases.TryAcquire(connection, stored, held, length);
        return new(current, fence is { } number ? new RefreshLease(seen.Id, seen.Generation, number) : null, status);
    }

    /// <summary>Opens the store once for all callers. After a failure the next caller retries.</summary>
    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        if (opening is not { IsCompletedSuccessfully: true })
            await BeginOpening().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (isObserved)
            await feed.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    private Task BeginOpening()
    {
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
            return opening;
        }
    }

    private async Task BeginAsync()
    {
        await database.OpenAsync(holder.Lock, stopping.Token).ConfigureAwait(false);
        await key.PrepareAsync(stopping.Token).ConfigureAwait(false);
        await database.WriteAsync(Initialize, stopping.Token).ConfigureAwait(false);
        cleanup.Start();
    }

    private bool Initialize(SqliteConnection connection)
    {
        StoreSchema.Ensure(connection);
        key.Record(connection);
        if (origin.Check(connection))
            Log.FileRestored(logger, database.Path, GrantTable.MarkRestored(connection, isRestored: true));
        if (options.AcceptRestoredGrants)
            GrantTable.MarkRestored(connection, isRestored: false);
        cleanup.Delete(connection);
        return true;
    }
}
