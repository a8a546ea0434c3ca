using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>An answer before it is written, so that a fault can still spoil it.</summary>
internal sealed record Reply(int Status, string? ContentType = null, ReadOnlyMemory<byte> Body = default)
{
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public static Reply Text(int status, string text, string contentType = "text/plain; charset=utf-8") =>
        new(status, contentType, Encoding.UTF8.GetBytes(text));

    public static Reply Json(int status, JsonNode json) => Text(status, json.ToJsonString(), "application/json");

    public static Reply Redirect(int status, string location) => new Reply(status).With("Location", location);

    public static Reply NotFound() => Text(404, "There is nothing at this address.");

    public static Reply MethodNotAllowed(string allowed) => Text(405, "This endpoint does not take that method.").With("Allow", allowed);

    public Reply With(string header, string value) => this with { Headers = [.. Headers, new(header, value)] };

    /// <summary>Answers that hold tokens or codes are never cached (RFC 6749 §5.1).</summary>
    public Reply NotStored() => With("Cache-Control", "no-store").With("Pragma", "no-cache");
}
