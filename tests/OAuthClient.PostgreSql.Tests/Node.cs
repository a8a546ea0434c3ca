using System.Globalization;
using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>A node: a store of its own, with its own connections, on a schema that others may share.</summary>
internal sealed class Node : IAsyncDisposable
{
    private static int schemas;

    public const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    public const string OtherKey = "HxwdHhsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

    private Node(PostgresGrantStore store, NpgsqlDataSource source, RecordedLog log) => (Store, Source, Log) = (store, source, log);

    public PostgresGrantStore Store { get; }

    /// <summary>The node's own connections.</summary>
    public NpgsqlDataSource Source { get; }

    public RecordedLog Log { get; }

    public static string NewSchema() => string.Create(CultureInfo.InvariantCulture, $"s{Interlocked.Increment(ref schemas)}");

    /// <summary>Starts a node and uses it once. On a clock that stands still, the next timer then is the test's.</summary>
    public static async Task<Node> OpenAsync(
        string connectionString,
        string schema,
        TimeProvider? time = null,
        Action<PostgresGrantStoreOptions>? configure = null
    )
    {
        var node = Start(connectionString, schema, time, configure);
        await node.Store.FindAsync("nothing", GrantOwner.User("unknown"), default);
        // The clean-up's.
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
        if (options.Keys.Count == 0 && options.Protection is null)
            options.EncryptWith("first", Key);
        var source = PostgresGrantStoreServiceCollectionExtensions.CreateSource(options);
        RecordedLog log = new();
        return new(
            new(options, source, ownsSource: true, time ?? TimeProvider.System, log.CreateLogger(PostgreSql.Log.Category)),
            source,
            log
        );
    }

    /// <summary>Moves a clock on as if time went by.</summary>
    public static Func<Task> Step(ManualTimeProvider clock) =>
        () =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(50));
            return Task.CompletedTask;
        };

    /// <summary>Waits for another's lease, on a clock that stands still, and has looked once.</summary>
    public async Task<Task> WaitingAsync(Grant grant, ManualTimeProvider clock)
    {
        var waiting = Store.WaitForChangeAsync(grant, TimeSpan.FromDays(1), default).AsTask();
        await clock.WaitForTimerAsync().Promptly();
        return waiting;
    }

    /// <summary>Statements on the node's own connections.</summary>
    public PostgresCommandExecutor NewDatabase(string schema) =>
        new(
            Source,
            schema,
            TimeSpan.FromSeconds(5),
            new(schema, TimeProvider.System, new RecordedLog().CreateLogger(PostgreSql.Log.Category))
        );

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
