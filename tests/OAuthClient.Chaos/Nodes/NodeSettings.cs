using System.Globalization;
using System.Text.Json;
using OAuthClient.Chaos.Server;

namespace OAuthClient.Chaos.Nodes;

/// <summary>The settings that a node receives when it starts.</summary>
internal sealed record NodeSettings(
    string Name,
    Uri Server,
    string ConnectionString,
    string Schema,
    string Key,
    int Grants,
    int Callers,
    int PauseMilliseconds,
    bool AreCallersCancelled,
    double ClockOffsetSeconds,
    int Seed,
    double Kill,
    bool HasGrace,
    string? TraceFolder
)
{
    /// <summary>Gets what the server binds to a key, which determines the kind of the client.</summary>
    public KeyBinding Keys { get; init; }

    /// <summary>Gets how the client of the node is wrong.</summary>
    public Mutant Mutant { get; init; }

    public string Write() => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(this));

    public static NodeSettings Read(string text) => JsonSerializer.Deserialize<NodeSettings>(Convert.FromBase64String(text))!;

    public static string Owner(int number) => string.Create(CultureInfo.InvariantCulture, $"user-{number}");
}
