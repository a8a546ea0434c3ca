namespace OAuthClient;

/// <summary>Selects the redirect URI of an authorization: the first one of the options, or the one that the request names.</summary>
internal static class RedirectUriSelector
{
    /// <summary>Selects the redirect URI.</summary>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="requested">The redirect URI of this request; <see langword="null"/> for the first one of the options.</param>
    /// <returns>The redirect URI as it is sent to the server.</returns>
    /// <exception cref="InvalidOperationException">The client has no redirect URI.</exception>
    /// <exception cref="ArgumentException">The requested redirect URI is not one of the client.</exception>
    public static string Select(ClientConfiguration configuration, Uri? requested)
    {
        if (configuration.RedirectUris.Count == 0)
            throw new InvalidOperationException(
                $"Set RedirectUri for {configuration.DisplayName}: the server sends the browser there with the response."
            );
        if (requested is null)
            return configuration.RedirectUris[0].OriginalString;
        return configuration.RedirectUris.Any(configured => Matches(requested, configured))
            ? requested.OriginalString
            : throw new ArgumentException(
                $"{requested.OriginalString} is not a redirect URI of {configuration.DisplayName}, which has "
                    + $"{string.Join(", ", configuration.RedirectUris.Select(uri => uri.OriginalString))}. Add it to RedirectUris; "
                    + "only the port of a loopback address may differ (RFC 8252 §7.3).",
                nameof(requested)
            );
    }

    // A native program listens on any free port, so the server must accept any port of a loopback literal.
    private static bool Matches(Uri requested, Uri configured) =>
        requested.OriginalString == configured.OriginalString
        || (
            requested.IsAbsoluteUri
            && configured.Scheme == Uri.UriSchemeHttp
            && IsLoopbackLiteral(configured)
            && Uri.Compare(
                requested,
                configured,
                UriComponents.AbsoluteUri & ~UriComponents.Port,
                UriFormat.UriEscaped,
                StringComparison.Ordinal
            ) == 0
        );

    private static bool IsLoopbackLiteral(Uri uri) =>
        uri is { IsLoopback: true, HostNameType: UriHostNameType.IPv4 or UriHostNameType.IPv6 };
}
