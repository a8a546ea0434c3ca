using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>An HTTP response before it is sent, so that a fault can still change it.</summary>
internal sealed record Reply(int Status, string? ContentType = null, ReadOnlyMemory<byte> Body = default)
{
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public static Reply Text(int status, string text, string contentType = "text/plain; charset=utf-8") =>
        new(status, contentType, Encoding.UTF8.GetBytes(text));

    public static Reply Json(int status, JsonNode json) => Text(status, json.ToJsonString(), "application/json");

    public static Reply Redirect(int status, string location) => new Reply(status).With("Location", location);

    public static Reply NotFound() => Text(404, "This address does not exist.");

    public static Reply MethodNotAllowed(string allowed) => Text(405, "This endpoint does not support the method.").With("Allow", allowed);

    public Reply With(string header, string value) => this with { Headers = [.. Headers, new(header, value)] };

    /// <summary>Disables caching, as responses with tokens or codes require (RFC 6749 §5.1).</summary>
    public Reply NotStored() => With("Cache-Control", "no-store").With("Pragma", "no-cache");
}
