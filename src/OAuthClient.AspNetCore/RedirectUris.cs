using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>Reads the redirect URIs of a client's options.</summary>
internal static class RedirectUris
{
    /// <summary>Gets all redirect URIs, the default one first.</summary>
    public static IReadOnlyList<Uri> All(OAuthClientOptions options) =>
        [.. options.RedirectUris.Prepend(options.RedirectUri).OfType<Uri>().Where(uri => uri.IsAbsoluteUri)];

    /// <summary>Gets the paths of the callback, relative to the root of the host.</summary>
    public static IReadOnlyList<PathString> Paths(OAuthClientOptions options) =>
        [.. All(options).Where(uri => uri.Scheme is "https" or "http").Select(PathString.FromUriComponent).Distinct()];

    /// <summary>
    /// Finds the redirect URI for the host at which the browser is, because a cookie of one host is not sent to another. The sender
    /// controls the header, and selects among the client's redirect URIs only.
    /// </summary>
    /// <returns>The redirect URI; <see langword="null"/> if there is only one, or none with this host.</returns>
    public static Uri? FindForHost(OAuthClientOptions options, HostString host)
    {
        if (options.RedirectUris.Count == 0)
            return null;
        var ofHost = All(options)
            .Where(uri =>
                string.Equals(uri.IdnHost, host.Host.Trim('[', ']'), StringComparison.OrdinalIgnoreCase)
                || string.Equals(uri.Host, host.Host, StringComparison.OrdinalIgnoreCase)
            )
            .ToList();
        // Behind a proxy the port may differ.
        return ofHost.Find(uri => host.Port is { } port ? uri.Port == port : uri.IsDefaultPort) ?? ofHost.FirstOrDefault();
    }
}
