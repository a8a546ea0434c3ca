using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OAuthClient.PostgreSql;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Benchmarks;

/// <summary>A PostgreSQL server with 100,000 grants, in which each commit that writes waits for at least one millisecond.</summary>
internal sealed class ScaleDatabase : IAsyncDisposable
{
    /// <summary>The number of connections of other nodes that receive notifications.</summary>
    public const int Listeners = 50;

    private const int Grants = 100_000;
    private const int Loaders = 8;
    private const string Schema = "oauthclient";

    /// <summary>The table of grants.</summary>
    public const string Table = $"{Schema}.grants_v4";

    private readonly PostgresCluster cluster;
    private readonly GrantTemplate template;
    private int handedOut;

    private ScaleDatabase(PostgresCluster cluster, GrantTemplate template) => (this.cluster, this.template) = (cluster, template);

    public int ProcessId => cluster.ProcessId;

    public string ConnectionString => cluster.ConnectionString;

    public static async Task<ScaleDatabase> StartAsync()
    {
        // commit_delay makes the process that flushes the log for a group of commits wait before it does so, if fsync is on and at least
        // commit_siblings other transactions are open. With 0, each flush waits: a commit takes at least 1 ms, and commits at the same
        // time share one flush, as on a server whose disk takes 1 ms.
        var started = await PostgresCluster.StartAsync(
            "fsync=on",
            "commit_delay=1000",
            "commit_siblings=0",
            "shared_buffers=1GB",
            "max_wal_size=8GB",
            "checkpoint_timeout=1h"
        );
        var database = new ScaleDatabase(started, await GrantTemplate.CreateAsync());
        await database.LoadAsync();
        return database;
    }

    /// <summary>Starts a node: a store with its own connections and an empty cache.</summary>
    /// <param name="options">Options of PostgreSQL for its connections.</param>
    public ServiceProvider StartNode(string options = "") =>
        new ServiceCollection()
            .AddPostgresGrantStore(o =>
            {
                o.ConnectionString = ConnectionString + options;
                o.Schema = Schema;
                o.EncryptWith("2026-01", Convert.ToBase64String(new byte[32]));
            })
            .BuildServiceProvider();

    /// <summary>Returns stored grants that no other measurement has used.</summary>
    public Grant[] Take(int count)
    {
        int first = handedOut;
        handedOut += count;
        return handedOut <= Grants
            ? [.. Enumerable.Range(first, count).Select(template.Create)]
            : throw new InvalidOperationException("The measurements use more grants than the database contains.");
    }

    /// <summary>Returns grants that are not stored.</summary>
    public Grant[] New(int count)
    {
        int first = Grants + handedOut;
        handedOut += count;
        return [.. Enumerable.Range(first, count).Select(template.Create)];
    }

    /// <summary>Returns the next generation of each grant, as a refresh creates it.</summary>
    public Grant[] Refreshed(IEnumerable<Grant> grants) => [.. grants.Select(template.Next)];

    /// <summary>Opens a connection without a pool.</summary>
    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Opens connections that receive all notifications, as other nodes do.</summary>
    public async Task<IAsyncDisposable> ListenAsync()
    {
        var listeners = new ListeningConnections();
        for (int i = 0; i < Listeners; i++)
            await listeners.AddAsync(await OpenAsync(), $"LISTEN \"oauthclient.{Schema}\"");
        return listeners;
    }

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    private async Task LoadAsync()
    {
        await using var node = StartNode(";Options=-c synchronous_commit=off");
        var store = node.GetRequiredService<IGrantStore>();
        await Parallel.ForAsync(
            0,
            Grants,
            new ParallelOptions { MaxDegreeOfParallelism = Loaders },
            async (number, cancellationToken) => await store.AddAsync(template.Create(number), cancellationToken)
        );
        await using var connection = await OpenAsync();
        foreach (string statement in new[] { $"VACUUM ANALYZE {Table}", "CHECKPOINT" })
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 120 };
            await command.ExecuteNonQueryAsync();
        }
        await using var size = new NpgsqlCommand($"SELECT count(*), avg(octet_length(content))::int FROM {Table}", connection);
        await using var row = await size.ExecuteReaderAsync();
        await row.ReadAsync();
        Report.Explain(string.Create(CultureInfo.InvariantCulture, $"{row.GetInt64(0)} grants of {row.GetInt32(1)} encrypted bytes"));
    }

    private sealed class ListeningConnections : IAsyncDisposable
    {
        private readonly CancellationTokenSource stopping = new();
        private readonly List<(NpgsqlConnection Connection, Task Receiving)> all = [];

        public async Task AddAsync(NpgsqlConnection connection, string listen)
        {
            await using (var command = new NpgsqlCommand(listen, connection))
                await command.ExecuteNonQueryAsync();
            all.Add((connection, ReceiveAsync(connection)));
        }

        public async ValueTask DisposeAsync()
        {
            await stopping.CancelAsync();
            foreach (var (connection, receiving) in all)
            {
                await receiving;
                await connection.DisposeAsync();
            }
            stopping.Dispose();
        }

        private async Task ReceiveAsync(NpgsqlConnection connection)
        {
            try
            {
                while (true)
                    await connection.WaitAsync(stopping.Token);
            }
            catch (OperationCanceledException)
            {
                // The measurement has ended.
            }
        }
    }
}
