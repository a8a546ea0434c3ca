namespace OAuthClient.Interactive;

/// <summary>A response of the loopback listener.</summary>
/// <param name="Status">The status line after the version.</param>
/// <param name="Html">The page; empty for no content.</param>
/// <param name="ContentSecurityPolicy">The policy of the page.</param>
internal sealed record LoopbackReply(string Status, string Html, string ContentSecurityPolicy)
{
    private const string NothingAllowed = "default-src 'none'";

    public static readonly LoopbackReply NotFound = new("404 Not Found", "", NothingAllowed);
    public static readonly LoopbackReply BadRequest = new("400 Bad Request", "", NothingAllowed);
}
