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

    /// <summary>A token was sent after it had expired. The interval is from its expiry to the request.</summary>
    ExpiredTokenSent,

    /// <summary>The API responded for another user than the caller's.</summary>
    AnothersToken,
}

/// <summary>An event in a node, reported at once as a line of its output, because a killed node loses what is only in memory.</summary>
internal sealed record NodeEvent(NodeEventKind Kind, DateTimeOffset From, DateTimeOffset To, string? Detail = null)
{
    private const string Prefix = "event ";

    public string Write() => Prefix + JsonSerializer.Serialize(this);

    /// <returns><see langword="null"/> if the line is the response to a command.</returns>
    public static NodeEvent? TryRead(string line) =>
        line.StartsWith(Prefix, StringComparison.Ordinal) ? JsonSerializer.Deserialize<NodeEvent>(line.AsSpan(Prefix.Length)) : null;
}
