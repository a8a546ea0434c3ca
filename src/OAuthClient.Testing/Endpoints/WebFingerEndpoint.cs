using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Says which issuer a user's identifier belongs to (RFC 7033 §4, OpenID Connect Discovery §2).</summary>
internal sealed class WebFingerEndpoint(ServerState server)
{
    public const string Path = "/.well-known/webfinger";

    private const string IssuerRelation = "http://openid.net/specs/connect/1.0/issuer";

    public Reply Answer(RecordedRequest request)
    {
        if (request.Method is not ("GET" or "HEAD"))
            return Reply.MethodNotAllowed("GET, HEAD");
        if (request.QueryValues("resource") is not [{ Length: > 0 } resource])
            return Reply.Text(400, "WebFinger needs one resource (RFC 7033 section 4.2).");
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

    /// <summary>An account of one of the users, <c>acct:alice@host</c> (RFC 7565), or an address at this host: its own, or <c>/alice</c>.</summary>
    private bool IsKnown(string resource)
    {
        Uri home = new(server.Issuer);
        if (resource.StartsWith("acct:", StringComparison.OrdinalIgnoreCase))
        {
            int at = resource.LastIndexOf('@');
            return at > 0
                && resource[(at + 1)..].Equals(home.Authority, StringComparison.OrdinalIgnoreCase)
                && server.Users.ContainsKey(Uri.UnescapeDataString(resource["acct:".Length..at]));
        }

        return Uri.TryCreate(resource, UriKind.Absolute, out Uri? uri)
            && uri.Scheme == home.Scheme
            && uri.Authority == home.Authority
            && (uri.AbsolutePath is "/" || server.Users.ContainsKey(Uri.UnescapeDataString(uri.AbsolutePath[1..])));
    }
}
