namespace OAuthClient;

/// <summary>An origin that access tokens may be sent to.</summary>
internal sealed class AllowedOrigin(Uri uri)
{
    /// <summary>The scheme with which service discovery prefers https to http.</summary>
    public const string HttpsOrHttp = "https+http";

    public Uri Uri => uri;

    public string Text { get; } = uri.GetLeftPart(UriPartial.Authority);

    /// <summary>Determines whether an address has this origin, and contains no user information.</summary>
    public bool IsOf(Uri address) =>
        StartsWithOrigin(address.OriginalString)
        || ((EndpointSecurity.IsSameOrigin(uri, address) || IsWebSocketOf(address)) && address.UserInfo.Length == 0);

    /// <summary>Gets the scheme of an address; for a WebSocket that of the request that opens it (RFC 6455 §4.1).</summary>
    public static string SchemeOf(Uri address) =>
        address.Scheme == Uri.UriSchemeWss ? Uri.UriSchemeHttps
        : address.Scheme == Uri.UriSchemeWs ? Uri.UriSchemeHttp
        : address.Scheme;

    private bool IsWebSocketOf(Uri address) =>
        // An origin of service discovery, such as https+http, has no WebSocket: a name that is not resolved gets no token in clear text.
        uri.Scheme
            == (
                address.Scheme == Uri.UriSchemeWss ? Uri.UriSchemeHttps
                : address.Scheme == Uri.UriSchemeWs ? Uri.UriSchemeHttp
                : null
            )
        && address.Port == uri.Port
        && EndpointSecurity.HostOf(address) is { } host
        && host == EndpointSecurity.HostOf(uri);

    // True for nearly every address, and faster than the properties of Uri: where the authority of the text ends with the origin, scheme,
    // host and port are those of the origin, and there is no user information.
    private bool StartsWithOrigin(string address) =>
        address.StartsWith(Text, StringComparison.Ordinal) && (address.Length == Text.Length || address[Text.Length] is '/' or '?' or '#');
}
