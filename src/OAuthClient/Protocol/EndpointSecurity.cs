using System.Net;

namespace OAuthClient;

/// <summary>Determines which addresses are safe: https, or http to this machine if the options allow it.</summary>
internal static class EndpointSecurity
{
    public static bool IsLoopback(Uri uri) =>
        IsLocalhost(uri)
        || (
            uri.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6
            && IPAddress.TryParse(uri.IdnHost, out var address)
            && IPAddress.IsLoopback(address)
        );

    public static bool IsSafe(Uri uri, bool allowHttpOnLoopback) =>
        uri.IsAbsoluteUri
        && HostOf(uri) is not null
        && (uri.Scheme == Uri.UriSchemeHttps || (allowHttpOnLoopback && uri.Scheme == Uri.UriSchemeHttp && IsLoopback(uri)));

    public static bool IsSameOrigin(Uri one, Uri other) =>
        one.Port == other.Port && one.Scheme == other.Scheme && HostOf(one) is { } host && host == HostOf(other);

    /// <summary>
    /// Gets the host of an address in its ASCII form; <see langword="null"/> for a name with invalid characters, which
    /// <see cref="Uri"/> accepts and cannot convert.
    /// </summary>
    public static string? HostOf(Uri uri)
    {
        try
        {
            return uri.IdnHost;
        }
        catch (UriFormatException)
        {
            return null;
        }
    }

    /// <summary>Gets the scheme, host and port of an address, without its user information.</summary>
    public static string OriginOf(Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    // Uri turns the host "loopback" into "localhost"; a browser does not. So the original text is compared.
    private static bool IsLocalhost(Uri uri) =>
        HostOf(uri) == "localhost"
        && uri.OriginalString.AsSpan(uri.Scheme.Length).StartsWith("://localhost", StringComparison.OrdinalIgnoreCase);
}
