using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>
/// Mix-up (RFC 9700 §4.4): a response that does not name its server is told apart by the redirect URI it arrives at,
/// so two servers must not share one.
/// </summary>
internal sealed class RedirectUriConflictDetector(
    OAuthClientRegistry clients,
    IEnumerable<IConfigureOptions<OAuthClientOptions>> configure,
    IEnumerable<IPostConfigureOptions<OAuthClientOptions>> postConfigure
)
{
    public void Find(List<string> failures, string name, OAuthClientOptions options)
    {
        if (options.RedirectUri is not { } redirectUri)
            return;
        foreach (var (otherName, other) in OthersAt(redirectUri, name, options))
        {
            if (options.Issuer is null || other.Issuer is null)
            {
                failures.Add(
                    $"RedirectUri has the same path as that of OAuth client '{otherName}' at another server. Give each server a path of its own, "
                        + "or set Issuer for both: without a known issuer, only the redirect URI tells whose answer a callback is (RFC 9700 §4.4)."
                );
            }
        }
    }

    /// <summary>Whether there is a registration at another server at all.</summary>
    public bool HasOtherServers(string name, OAuthClientOptions options) =>
        clients.Names.Any(other => !string.Equals(other, name, StringComparison.Ordinal) && !IsSameServer(options, Unvalidated(other)));

    /// <summary>Whether another server's answers arrive at the same redirect URI.</summary>
    public bool AnyFor(string name, OAuthClientOptions options) =>
        options.RedirectUri is { } redirectUri && OthersAt(redirectUri, name, options).Any();

    private IEnumerable<(string Name, OAuthClientOptions Options)> OthersAt(Uri redirectUri, string name, OAuthClientOptions options)
    {
        foreach (string otherName in clients.Names.Where(other => !string.Equals(other, name, StringComparison.Ordinal)))
        {
            var other = Unvalidated(otherName);
            // A callback is held against the path alone (behind a proxy the host is another, and a query is the sender's to write),
            // so two that differ in anything else could be mixed up.
            if (
                Uri.Compare(redirectUri, other.RedirectUri, UriComponents.Path, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase)
                    == 0
                && !IsSameServer(options, other)
            )
            {
                yield return (otherName, other);
            }
        }
    }

    private static bool IsSameServer(OAuthClientOptions one, OAuthClientOptions other) =>
        one.Issuer is not null || other.Issuer is not null
            ? string.Equals(one.Issuer?.OriginalString, other.Issuer?.OriginalString, StringComparison.Ordinal)
            : one.TokenEndpoint == other.TokenEndpoint;

    // Asking IOptionsMonitor would validate the other one too, which would ask for this one.
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
