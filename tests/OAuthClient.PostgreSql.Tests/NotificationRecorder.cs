using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Receives the notifications of all nodes of a schema.</summary>
internal sealed class NotificationRecorder : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly List<string> payloads = [];

    private NotificationRecorder(NpgsqlConnection connection) => this.connection = connection;

    public List<string> Hints =>
        [.. payloads.SelectMany(payload => payload[(payload.IndexOf('.', StringComparison.Ordinal) + 1)..].Split(','))];

    public static async Task<NotificationRecorder> StartAsync(string schema)
    {
        NpgsqlConnection opened = new((await Cluster.RequireAsync()).ConnectionString + ";Pooling=false");
        NotificationRecorder recorder = new(opened);
        opened.Notification += (_, notification) => recorder.payloads.Add(notification.Payload);
        await opened.OpenAsync();
        await using NpgsqlCommand listen = new($"LISTEN \"oauthclient.{schema}\"", opened);
        await listen.ExecuteNonQueryAsync();
        return recorder;
    }

    public Task ReceiveAsync(Func<List<string>, bool> condition) =>
        Eventually.UntilAsync(() => condition(payloads), () => connection.WaitAsync(TimeSpan.FromSeconds(60)));

    /// <summary>Receives the notifications that have arrived.</summary>
    public async Task PollAsync()
    {
        await using NpgsqlCommand query = new("SELECT 1", connection);
        await query.ExecuteNonQueryAsync();
    }

    public void Clear() => payloads.Clear();

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
