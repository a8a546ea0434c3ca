using System.Globalization;
using System.Text.Json;

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
    public string Write() => Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(this));

    public static NodeSettings Read(string text) => JsonSerializer.Deserialize<NodeSettings>(Convert.FromBase64String(text))!;

    public static string Owner(int number) => string.Create(CultureInfo.InvariantCulture, $"user-{number}");
}
