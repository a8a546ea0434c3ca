using Microsoft.Data.Sqlite;

namespace OAuthClient.Sqlite;

/// <summary>
/// The connection to the database file. SQLite works synchronously, so work runs on the thread pool, one at a time. Work that has begun is
/// not cancelled.
/// </summary>
internal sealed class SqliteDatabase(string path) : IAsyncDisposable
{
    // Many processes can wait for one lock, and not in the order in which they came.
    private const int TimeoutSeconds = 10;

    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly SpaceReserve reserve = new(path + ".reserve");
    private SqliteConnection? connection;

    public string Path => path;

    /// <summary>Gets a sentence about the last operation if it failed; otherwise <see langword="null"/>.</summary>
    public string? Problem { get; private set; }

    /// <summary>Creates the file if it does not exist, checks its permissions, and opens it.</summary>
    /// <param name="prepared">Called when the directory has been checked, before the file is opened.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public Task OpenAsync(Action prepared, CancellationToken cancellationToken) =>
        RunAsync(
            () =>
            {
                connection?.Dispose();
                connection = null;
                CreateFile();
                prepared();
                connection = Connect();
                return true;
            },
            cancellationToken
        );

    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        RunAsync(() => work(Connection), cancellationToken);

    /// <summary>Runs work in a transaction that is durable when the task completes. The work may run twice.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        RunAsync(() => Write(work), cancellationToken);

    /// <summary>
    /// Runs work in a transaction before which space is reserved for the result of a refresh. It fails if the disk is full.
    /// </summary>
    public Task<T> WriteWithReserveAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        RunAsync(
            () =>
            {
                reserve.Ensure();
                return Write(work);
            },
            cancellationToken
        );

    /// <summary>Runs work that stores the result of a refresh, in the reserved space if the disk is full.</summary>
    public Task<T> WriteFromReserveAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        RunAsync(
            () =>
            {
                try
                {
                    return Write(work);
                }
                catch (SqliteException exception) when (SqliteErrors.IsFull(exception))
                {
                    reserve.Release();
                    return Write(work);
                }
            },
            cancellationToken
        );

    public async ValueTask DisposeAsync()
    {
        await gate.WaitAsync().ConfigureAwait(false);
        if (connection is not null)
            await connection.DisposeAsync().ConfigureAwait(false);
        connection = null;
        gate.Release();
    }

    private SqliteConnection Connection => connection ?? throw new ObjectDisposedException(nameof(SqliteDatabase));

    private T Write<T>(Func<SqliteConnection, T> work)
    {
        // BEGIN IMMEDIATE: what the work reads does not change before it writes.
        using var transaction = Connection.BeginTransaction(deferred: false);
        var result = work(Connection);
        transaction.Commit();
        return result;
    }

    private async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var result = await BackgroundWork.Run(() => Task.FromResult(work())).ConfigureAwait(false);
            Problem = null;
            return result;
        }
        catch (SqliteException exception)
        {
            throw Failed(SqliteErrors.Describe(exception, path));
        }
        catch (UnauthorizedAccessException exception)
        {
            throw Failed(new($"This process may not access {path} or its directory: {exception.Message}", exception));
        }
        catch (IOException exception)
        {
            throw Failed(SqliteErrors.Describe(exception, path));
        }
        finally
        {
            gate.Release();
        }
    }

    private OAuthException Failed(OAuthException exception)
    {
        Problem = exception.Message;
        return exception;
    }

    private void CreateFile()
    {
        string directory = System.IO.Path.GetDirectoryName(path)!;
        PrivateFiles.CreateDirectory(directory);
        if (new DriveInfo(directory).DriveType == DriveType.Network)
            throw new OAuthException(
                $"{path} is on a network drive, on which SQLite cannot protect the file. Set Path to a file on a local disk, or use "
                    + "OAuthClient.PostgreSql for several machines."
            );
        // Before SQLite opens it: SQLite gives the files beside it the same mode.
        PrivateFiles.CreateFile(path);
        PrivateFiles.Check(path + "-wal");
        PrivateFiles.Check(path + "-shm");
    }

    private SqliteConnection Connect()
    {
        SqliteConnection opened = new(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = SqliteOpenMode.ReadWrite,
                Pooling = false,
                DefaultTimeout = TimeoutSeconds,
            }.ConnectionString
        );
        try
        {
            opened.Open();
            // FULL: a lease must be on the disk before the refresh token is sent, and its result before the next one is.
            opened.Execute("PRAGMA busy_timeout = 10000; PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL");
            StoreSchema.RequireOwnFile(opened, path);
            opened.Execute("PRAGMA journal_mode = WAL");
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }
}
