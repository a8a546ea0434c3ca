using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>
/// Detects clients of different servers that share a redirect URI. A response that does not name its server is identified by the redirect
/// URI at which it arrives, so a shared one permits a mix-up attack (RFC 9700 §4.4).
/// </summary>
internal sealed class RedirectUriConflictDetector(
    OAuthClientRegistry clients,
    IEnumerable<IConfigureOptions<OAuthClientOptions>> configure,
    IEnumerable<IPostConfigureOptions<OAuthClientOptions>> postConfigure
)
{
    /// <summary>Finds the conflicts that make the options invalid.</summary>
    public IEnumerable<string> Find(string name, OAuthClientOptions options) =>
        OthersAt(name, options)
            .Where(other => options.Issuer is null || other.Options.Issuer is null)
            .Select(other =>
                $"RedirectUri has the same path as that of {ClientDisplayName.Of(other.Name)} at another server. Give each server a path "
                + "of its own, or set Issuer for both: without a known issuer, only the redirect URI identifies the server that a "
                + "callback comes from (RFC 9700 §4.4)."
            );

    /// <summary>Determines whether any other client uses another server.</summary>
    public bool HasOtherServers(string name, OAuthClientOptions options) =>
        Others(name).Any(other => !IsSameServer(options, other.Options));

    /// <summary>Determines whether a client of another server has the same redirect URI.</summary>
    public bool AnyFor(string name, OAuthClientOptions options) => OthersAt(name, options).Any();

    // A callback is compared by its path alone: behind a proxy the host differs, and the sender chooses the query. So redirect URIs that
    // differ in anything else could be confused.
    private IEnumerable<(string Name, OAuthClientOptions Options)> OthersAt(string name, OAuthClientOptions options) =>
        options.AllRedirectUris is not { Count: > 0 } redirectUris
            ? []
            : Others(name)
                .Where(other =>
                    other.Options.AllRedirectUris.Any(theirs => redirectUris.Any(ours => HaveSamePath(ours, theirs)))
                    && !IsSameServer(options, other.Options)
                );

    private static bool HaveSamePath(Uri one, Uri other) =>
        Uri.Compare(one, other, UriComponents.Path, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private IEnumerable<(string Name, OAuthClientOptions Options)> Others(string name) =>
        clients.Names.Where(other => other != name).Select(other => (other, Unvalidated(other)));

    private static bool IsSameServer(OAuthClientOptions one, OAuthClientOptions other) =>
        one.Issuer is not null || other.Issuer is not null
            ? one.Issuer?.OriginalString == other.Issuer?.OriginalString
            : one.TokenEndpoint == other.TokenEndpoint;

    // IOptionsMonitor would validate the other client's options too, and that validation would read this client's.
    private OAuthClientOptions Unvalidated(string name)
    {
        var options = new OAuthClientOptions();
        foreach (var step in configure)
        {
            if (step is IConfigureNamedOptions<OAuthClientOptions> named)
                named.Configure(name, options);
            else if (name.Length == 0)
                step.Configure(options);
        }
        foreach (var step in postConfigure)
            step.PostConfigure(name, options);
        return options;
    }
}
