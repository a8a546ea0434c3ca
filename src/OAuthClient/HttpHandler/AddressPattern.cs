namespace OAuthClient;

/// <summary>
/// A pattern of the origins that the API of a grant may have: <c>https</c>, a host whose first labels may be any (<c>*.</c>), and a port.
/// </summary>
internal sealed class AddressPattern
{
    private const string Wildcard = "*.";

    private readonly Uri origin;
    private readonly bool isWildcard;

    private AddressPattern(string text, Uri origin, bool isWildcard) => (Text, this.origin, this.isWildcard) = (text, origin, isWildcard);

    public string Text { get; }

    /// <summary>Parses a pattern.</summary>
    /// <exception cref="ArgumentException">The text is not a pattern.</exception>
    public static AddressPattern Parse(string text)
    {
        const string Start = "https://";
        bool anyHost = text.StartsWith(Start + Wildcard, StringComparison.OrdinalIgnoreCase);
        string plain = anyHost ? Start + text[(Start + Wildcard).Length..] : text;
        if (
            !plain.Contains('*', StringComparison.Ordinal)
            && Uri.TryCreate(plain, UriKind.Absolute, out var origin)
            && origin.Scheme == Uri.UriSchemeHttps
            && EndpointSecurity.HostOf(origin) is { } host
            && origin.UserInfo.Length + origin.Fragment.Length == 0
            && origin.PathAndQuery == "/"
            // A top-level domain, and an address of digits, have no owner.
            && (!anyHost || (origin.HostNameType == UriHostNameType.Dns && host.Contains('.', StringComparison.Ordinal)))
        )
            return new(text, origin, anyHost);
        throw new ArgumentException(
            $"'{text}' is not a pattern of origins. Write https://*.api.example.com for all hosts below api.example.com, or an origin.",
            nameof(text)
        );
    }

    /// <summary>Determines whether an address lies within the pattern, and contains no user information.</summary>
    public bool Contains(Uri address) =>
        address.IsAbsoluteUri
        && address.Scheme == origin.Scheme
        && address.Port == origin.Port
        && address.UserInfo.Length == 0
        && EndpointSecurity.HostOf(address) is { } host
        && (
            isWildcard
                ? address.HostNameType == UriHostNameType.Dns
                    && host.Length > origin.IdnHost.Length + 1
                    && host.EndsWith("." + origin.IdnHost, StringComparison.Ordinal)
                : host == origin.IdnHost
        );
}
