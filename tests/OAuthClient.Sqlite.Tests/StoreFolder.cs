using Microsoft.Data.Sqlite;

namespace OAuthClient.Sqlite.Tests;

/// <summary>A private directory of one test, and the stores that it opens on the file there.</summary>
internal sealed class StoreFolder : IAsyncDisposable
{
    public const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    private readonly string root = Directory.CreateTempSubdirectory("oauthclient-").FullName;
    private readonly List<SqliteGrantStore> stores = [];

    /// <summary>Gets the directory of the file, which the store creates.</summary>
    public string Folder => System.IO.Path.Combine(root, "app");

    public string Path => System.IO.Path.Combine(Folder, "grants.db");

    public RecordedLog Log { get; } = new();

    /// <summary>Gets or sets the time of the stores.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Creates a store with the key file, which opens the file at its first use.</summary>
    public SqliteGrantStore Create(Action<SqliteGrantStoreOptions>? configure = null, ISecretStorage? secrets = null, string? path = null)
    {
        SqliteGrantStoreOptions options = new() { Path = path ?? Path };
        configure?.Invoke(options);
        SqliteGrantStore store = new(options, secrets, Time, Log.CreateLogger(Sqlite.Log.Category));
        lock (stores)
            stores.Add(store);
        return store;
    }

    /// <summary>Creates a store and opens the file.</summary>
    public async Task<SqliteGrantStore> OpenAsync(Action<SqliteGrantStoreOptions>? configure = null, ISecretStorage? secrets = null)
    {
        var store = Create(configure, secrets);
        await FindAsync(store);
        return store;
    }

    /// <summary>Stores a grant with a refresh token, as a process that has ended.</summary>
    public async Task<Grant> AddAndCloseAsync(Action<SqliteGrantStoreOptions>? configure = null)
    {
        var grant = SampleGrants.Create("g1", "42", refreshToken: "a-refresh-token");
        await using var store = Create(configure);
        await store.AddAsync(grant, default);
        return grant;
    }

    public static Task<IReadOnlyList<Grant>> FindAsync(IGrantStore store) =>
        store.FindAsync(SampleGrants.Client, GrantOwner.User("42"), default).AsTask();

    public static ValueTask<LeaseResult> AcquireAsync(IGrantStore store, Grant grant) =>
        store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.FromHours(1), default);

    /// <summary>Executes a statement on the file, beside the stores.</summary>
    public T Sql<T>(string statement)
    {
        using SqliteConnection connection = new($"Data Source={Path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        return (T)command.ExecuteScalar()!;
    }

    /// <summary>Opens the store and returns the message with which it refuses.</summary>
    public async Task<string> RefusalAsync(string? path = null)
    {
        var store = Create(path: path);
        return Assert.ThrowsAsync<OAuthException>(() => FindAsync(store))!.Message;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in stores)
            await store.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }
}
