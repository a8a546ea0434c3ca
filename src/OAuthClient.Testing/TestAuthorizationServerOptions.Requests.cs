namespace OAuthClient.Testing;

/// <content>How the server deviates from the specifications when it reads requests, as some servers do.</content>
public sealed partial class TestAuthorizationServerOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether the token endpoint refuses a request with <c>code_verifier</c> as <c>invalid_client</c>,
    /// with status 401. Set <see cref="RequirePkce"/> to <see langword="false"/> as well. The default is <see langword="false"/>.
    /// </summary>
    public bool RejectCodeVerifier { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the server refuses requests with <c>resource</c> as <c>invalid_target</c> (RFC 8707 §2). The
    /// default is <see langword="false"/>.
    /// </summary>
    public bool RejectResource { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the server reads the credentials of the <c>Authorization</c> header as they are, without
    /// form-decoding them (RFC 6749 §2.3.1). The default is <see langword="false"/>.
    /// </summary>
    public bool ReadUnencodedBasicCredentials { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether a public client sends its identifier in the <c>Authorization</c> header with an empty
    /// password, and not in the body. The default is <see langword="false"/>.
    /// </summary>
    public bool RequireBasicFromPublicClients { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the user name of the <c>Authorization</c> header is the client secret; the body then has
    /// <c>client_id</c>. The default is <see langword="false"/>.
    /// </summary>
    public bool ReadSecretFromBasicUserName { get; set; }
}
