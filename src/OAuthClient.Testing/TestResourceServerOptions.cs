namespace OAuthClient.Testing;

/// <summary>
/// Provides options for a <see cref="TestResourceServer"/>. Unless stated otherwise, a change takes effect on the next request.
/// </summary>
public sealed class TestResourceServerOptions
{
    /// <summary>Gets or sets the realm in challenges (RFC 6750 §3). The default is <c>photos</c>.</summary>
    public string Realm { get; set; } = "photos";

    /// <summary>
    /// Gets or sets the <c>WWW-Authenticate</c> header of a response 401 to a token that is not valid, such as <c>Basic realm="photos"</c>;
    /// an empty text for no header. The default is <see langword="null"/>, which stands for a Bearer challenge with the error
    /// <c>invalid_token</c> (RFC 6750 §3.1).
    /// </summary>
    public string? Challenge { get; set; }

    /// <summary>
    /// Gets or sets the scopes that an access token must have, separated by spaces. The default is <see langword="null"/>, which requires
    /// none.
    /// </summary>
    public string? RequiredScope { get; set; }

    /// <summary>
    /// Gets or sets the resource identifier of this server, as in the <c>resource</c> parameter (RFC 8707 §2). The default is
    /// <see langword="null"/>, which stands for the base address.
    /// </summary>
    public Uri? Resource { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether an access token that was issued without <c>resource</c> is rejected. The default is
    /// <see langword="false"/>.
    /// </summary>
    public bool RequireResource { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether proofs must contain the nonce of this API (RFC 9449 §9). The default is
    /// <see langword="false"/>.
    /// </summary>
    public bool RequireDPoPNonces { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether each response to a request with a proof contains a new nonce, and the API refuses every
    /// older one. It implies <see cref="RequireDPoPNonces"/>. The default is <see langword="false"/>.
    /// </summary>
    public bool RotateDPoPNonces { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the API requests the certificate of the client, so that it can accept access tokens that are
    /// bound to one (RFC 8705 §3). It requires <see cref="TestAuthorizationServerOptions.UseTls"/>. A client without a certificate can
    /// connect. The server reads the value once, at the start. The default is <see langword="false"/>.
    /// </summary>
    public bool RequestClientCertificates { get; set; }
}
