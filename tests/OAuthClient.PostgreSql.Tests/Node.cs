using System.Globalization;
using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>A node: a store with its own connections, on a schema that several nodes can share.</summary>
internal sealed class Node : IAsyncDisposable
{
    private static int schemas;

    public const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    public const string OtherKey = "HxwdHhsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

    private Node(PostgresGrantStore store, NpgsqlDataSource source, TimeProvider time, RecordedLog log)
    {
        (Store, Source, Log) = (store, source, log);
        Cache = CachedGrantStore.Around(store, time, log.CreateLogger(PostgreSql.Log.Category));
    }

    /// <summary>Gets the store, which reads the database with each call.</summary>
    public PostgresGrantStore Store { get; }

    /// <summary>Gets the store with the cache of the library, as <c>AddPostgresGrantStore</c> registers it.</summary>
    public IGrantStore Cache { get; }

    /// <summary>Gets the data source of the node.</summary>
    public NpgsqlDataSource Source { get; }

    public RecordedLog Log { get; }

    public static string NewSchema() => string.Create(CultureInfo.InvariantCulture, $"s{Interlocked.Increment(ref schemas)}");

    /// <summary>Starts a node and reads once. On a manual clock, the next started timer then belongs to the test.</summary>
    public static async Task<Node> OpenAsync(
        string connectionString,
        string schema,
        TimeProvider? time = null,
        Action<PostgresGrantStoreOptions>? configure = null
    )
    {
        var node = Start(connectionString, schema, time, configure);
        await node.Cache.FindAsync("unused", GrantOwner.User("unknown"), default);
        // The timer of the cleanup.
        if (time is ManualTimeProvider clock)
            await clock.WaitForTimerAsync().Promptly();
        return node;
    }

    public static Node Start(
        string connectionString,
        string schema,
        TimeProvider? time = null,
        Action<PostgresGrantStoreOptions>? configure = null
    )
    {
        PostgresGrantStoreOptions options = new() { ConnectionString = connectionString + ";Maximum Pool Size=10", Schema = schema };
        configure?.Invoke(options);
        if (options.Encryption.Validate().Any())
            options.EncryptWith("first", Key);
        var source = PostgresGrantStoreServiceCollectionExtensions.CreateSource(options);
        RecordedLog log = new();
        return new(
            new(options, source, ownsSource: true, time ?? TimeProvider.System, log.CreateLogger(PostgreSql.Log.Category)),
            source,
            time ?? TimeProvider.System,
            log
        );
    }

    /// <summary>Advances a clock by 50 milliseconds.</summary>
    public static Func<Task> Advance(ManualTimeProvider clock) =>
        () =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(50));
            return Task.CompletedTask;
        };

    /// <summary>
    /// Starts to wait for the lease of another node, and returns the wait after its first check. A late notification of an earlier change
    /// ends a wait, which is then started again.
    /// </summary>
    public async Task<Task> StartWaitingAsync(Grant grant, ManualTimeProvider clock)
    {
        var check = clock.WaitForTimerAsync();
        Task waiting;
        do
        {
            waiting = Cache.WaitForChangeAsync(grant, TimeSpan.FromDays(1), default).AsTask();
        } while (await Task.WhenAny(check, waiting).Promptly() != check);
        return waiting;
    }

    /// <summary>Creates an executor on the connections of the node.</summary>
    public PostgresCommandExecutor NewExecutor(string schema) =>
        new(
            Source,
            schema,
            TimeSpan.FromSeconds(5),
            new(schema, TimeProvider.System, new RecordedLog().CreateLogger(PostgreSql.Log.Category))
        );

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
