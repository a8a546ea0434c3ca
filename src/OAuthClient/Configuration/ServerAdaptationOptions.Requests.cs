namespace OAuthClient;

public sealed partial class ServerAdaptationOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether authorization requests are sent without <c>resource</c> (RFC 8707 §2.1), for a server that
    /// rejects it beside scopes. The grant has the resources nevertheless. The default is <see langword="false"/>.
    /// </summary>
    public bool OmitResourceInAuthorizationRequests { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether token requests other than refresh requests are sent without <c>resource</c> (RFC 8707 §2.2).
    /// The default is <see langword="false"/>.
    /// </summary>
    public bool OmitResourceInTokenRequests { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether refresh requests are sent without <c>resource</c> (RFC 8707 §2.2). The default is
    /// <see langword="false"/>.
    /// </summary>
    public bool OmitResourceInRefreshRequests { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the server reads identifier and secret of the <c>Authorization</c> header as they are,
    /// without decoding them (<c>client_secret_basic</c>). RFC 6749 §2.3.1 requires the encoding, which changes a secret with characters
    /// such as <c>+</c> or <c>/</c>. The default is <see langword="false"/>.
    /// </summary>
    public bool UseUnencodedBasicCredentials { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether a client without a secret sends its identifier in the <c>Authorization</c> header with an
    /// empty password, and not in the body (RFC 6749 §3.2.1). The default is <see langword="false"/>.
    /// </summary>
    public bool UseBasicForPublicClient { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether <c>client_id</c> is sent in the body in addition to the <c>Authorization</c> header. The
    /// default is <see langword="false"/>.
    /// </summary>
    public bool RepeatClientIdInBody { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the <c>Authorization</c> header has the client secret as its user name and an empty password
    /// (<c>client_secret_basic</c>). <see cref="RepeatClientIdInBody"/> sends the identifier as well. The default is
    /// <see langword="false"/>.
    /// </summary>
    public bool UseSecretAsBasicUserName { get; set; }
}
