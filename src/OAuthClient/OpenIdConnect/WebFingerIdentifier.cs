namespace OAuthClient;

/// <summary>Normalizes the identifier that a user enters to a resource and the host to query (OpenID Connect Discovery §2.1.2).</summary>
internal static class WebFingerIdentifier
{
    private const int MaximumLength = 2048;
    private const string Account = "acct:";

    /// <summary>Normalizes an identifier.</summary>
    /// <param name="text">The text that the user entered.</param>
    /// <param name="httpOnLoopback">Whether a loopback host is queried over http.</param>
    /// <returns>The resource and the origin of the host.</returns>
    /// <exception cref="FormatException">The text is not an identifier.</exception>
    public static (string Resource, string Origin) Normalise(string text, bool httpOnLoopback)
    {
        text = text.Trim();
        if (text.Length is 0 or > MaximumLength || text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
            throw NotAnIdentifier();
        // XRI is not supported.
        if (text[0] is '=' or '@' or '!')
            throw NotAnIdentifier();
        if (text.StartsWith(Account, StringComparison.OrdinalIgnoreCase))
            return OfAccount(text[Account.Length..], httpOnLoopback);
        if (text.Contains("://", StringComparison.Ordinal))
            return OfAddress(text, httpOnLoopback);
        // user@host without a path, query, fragment or port is an account; any other text is an https address without its scheme.
        return text.Contains('@', StringComparison.Ordinal) && text.AsSpan().IndexOfAny("/?#:") < 0
            ? OfAccount(text, httpOnLoopback)
            : OfAddress("https://" + text, httpOnLoopback);
    }

    private static (string, string) OfAccount(string account, bool httpOnLoopback)
    {
        int at = account.LastIndexOf('@');
        if (at <= 0 || account.AsSpan(at).ContainsAny("/?#\\"))
            throw NotAnIdentifier();
        return (Account + account, Origin("https://" + account[(at + 1)..], httpOnLoopback).Origin);
    }

    private static (string, string) OfAddress(string address, bool httpOnLoopback)
    {
        var (uri, origin) = Origin(address, httpOnLoopback);
        // Removes the fragment, and adds the slash to an empty path.
        return (
            new UriBuilder(uri)
            {
                Fragment = "",
                Scheme = origin.Split(':')[0],
                Port = uri.IsDefaultPort ? -1 : uri.Port,
            }
                .Uri
                .AbsoluteUri,
            origin
        );
    }

    private static (Uri Uri, string Origin) Origin(string address, bool httpOnLoopback)
    {
        if (
            !Uri.TryCreate(address, UriKind.Absolute, out var uri)
            || !EndpointSecurity.IsSafe(uri, httpOnLoopback)
            || uri.IdnHost.Length == 0
        )
            throw NotAnIdentifier();
        string scheme = httpOnLoopback && EndpointSecurity.IsLoopback(uri) ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        string host = uri.HostNameType == UriHostNameType.IPv6 ? $"[{uri.IdnHost.Trim('[', ']')}]" : uri.IdnHost;
        return (
            uri,
            uri.IsDefaultPort
                ? $"{scheme}://{host}"
                : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{scheme}://{host}:{uri.Port}")
        );
    }

    private static FormatException NotAnIdentifier() =>
        new("The identifier is not an e-mail address, an account (acct:alice@example.com) or an https address.");
}
