using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The WebFinger endpoint, which returns the issuer for a user identifier (RFC 7033 §4, OpenID Connect Discovery §2).</summary>
internal sealed class WebFingerEndpoint(ServerState server)
{
    public const string Path = "/.well-known/webfinger";

    private const string IssuerRelation = "http://openid.net/specs/connect/1.0/issuer";

    public Reply Answer(RecordedRequest request)
    {
        if (request.Method is not ("GET" or "HEAD"))
            return Reply.MethodNotAllowed("GET, HEAD");
        if (request.QueryValues("resource") is not [{ Length: > 0 } resource])
            return Reply.Text(400, "WebFinger requires exactly one resource (RFC 7033 section 4.2).");
        if (!IsKnown(resource))
            return Reply.NotFound();
        IReadOnlyList<string> relations = request.QueryValues("rel");
        JsonObject descriptor = new()
        {
            ["subject"] = resource,
            ["links"] =
                relations is [] || relations.Contains(IssuerRelation)
                    ? new JsonArray(new JsonObject { ["rel"] = IssuerRelation, ["href"] = server.Issuer })
                    : new JsonArray(),
        };
        server.Options.OnWebFinger?.Invoke(descriptor);
        return Reply.Text(200, descriptor.ToJsonString(), "application/jrd+json");
    }

    /// <summary>
    /// Determines whether a resource is an account of a user, such as <c>acct:alice@host</c> (RFC 7565), the address of this server, or
    /// <c>/alice</c> at this server.
    /// </summary>
    private bool IsKnown(string resource)
    {
        Uri issuer = new(server.Issuer);
        if (resource.StartsWith("acct:", StringComparison.OrdinalIgnoreCase))
        {
            int at = resource.LastIndexOf('@');
            return at > 0
                && resource[(at + 1)..].Equals(issuer.Authority, StringComparison.OrdinalIgnoreCase)
                && server.Users.ContainsKey(Uri.UnescapeDataString(resource["acct:".Length..at]));
        }

        return Uri.TryCreate(resource, UriKind.Absolute, out Uri? uri)
            && uri.Scheme == issuer.Scheme
            && uri.Authority == issuer.Authority
            && (uri.AbsolutePath is "/" || server.Users.ContainsKey(Uri.UnescapeDataString(uri.AbsolutePath[1..])));
    }
}
