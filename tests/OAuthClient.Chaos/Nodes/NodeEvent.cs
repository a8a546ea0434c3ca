using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient.Chaos.Nodes;

[JsonConverter(typeof(JsonStringEnumConverter<NodeEventKind>))]
internal enum NodeEventKind
{
    /// <summary>The node did not run.</summary>
    Stall,

    /// <summary>A call failed. The detail is the exception.</summary>
    Failed,

    /// <summary>A call's caller stopped waiting.</summary>
    Cancelled,

    /// <summary>A token left after its end. The interval is from the token's end to its departure.</summary>
    ExpiredTokenSent,

    /// <summary>The API answered for another user than the caller's.</summary>
    AnothersToken,
}

/// <summary>What happened in a node, reported at once as a line of its output: a node that is killed loses what it only counted.</summary>
internal sealed record NodeEvent(NodeEventKind Kind, DateTimeOffset From, DateTimeOffset To, string? Detail = null)
{
    private const string Prefix = "event ";

    public string Write() => Prefix + JsonSerializer.Serialize(this);

    /// <returns><see langword="null"/> when the line is the answer to an order.</returns>
    public static NodeEvent? TryRead(string line) =>
        line.StartsWith(Prefix, StringComparison.Ordinal) ? JsonSerializer.Deserialize<NodeEvent>(line.AsSpan(Prefix.Length)) : null;
}
