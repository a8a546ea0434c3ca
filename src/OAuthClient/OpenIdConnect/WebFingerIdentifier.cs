namespace OAuthClient;

/// <summary>What a user types to say who they are, as a resource and the host that knows it (OpenID Connect Discovery §2.1.2).</summary>
internal static class WebFingerIdentifier
{
    private const int MaximumLength = 2048;
    private const string Account = "acct:";

    /// <param name="typed">By the user.</param>
    /// <param name="httpOnLoopback">Whether a host that is this very machine is asked by http.</param>
    /// <exception cref="FormatException">It names nobody.</exception>
    public static (string Resource, string Origin) Normalise(string typed, bool httpOnLoopback)
    {
        typed = typed.Trim();
        if (typed.Length is 0 or > MaximumLength || typed.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
            throw NotAnIdentifier();
        // XRI: global names that nobody resolves any more.
        if (typed[0] is '=' or '@' or '!')
            throw NotAnIdentifier();
        if (typed.StartsWith(Account, StringComparison.OrdinalIgnoreCase))
            return OfAccount(typed[Account.Length..], httpOnLoopback);
        if (typed.Contains("://", StringComparison.Ordinal))
            return OfAddress(typed, httpOnLoopback);
        // A user and a host, and nothing else, is an account; whatever has more is an address that lost its scheme.
        return typed.Contains('@', StringComparison.Ordinal) && typed.AsSpan().IndexOfAny("/?#:") < 0
            ? OfAccount(typed, httpOnLoopback)
            : OfAddress("https://" + typed, httpOnLoopback);
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
        // Without the fragment, and a host alone with its slash.
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
        new("That is neither an e-mail address nor an account (acct:alice@example.com) nor an https address.");
}
