namespace OAuthClient;

/// <summary>Selects an access token of a grant. Without parameters it is the token with all scopes that were granted.</summary>
public sealed class AccessTokenParameters
{
    /// <summary>Gets or sets the scopes of the token, a subset of those granted (RFC 6749 §6). The default is empty: all of them.</summary>
    /// <remarks>
    /// Many servers narrow the whole grant when a refresh requests fewer scopes. The library notices it with the next access token for all
    /// scopes, updates <see cref="Grant.Scopes"/> and logs event 353; where more is needed, the user must authorize again.
    /// </remarks>
    public IReadOnlyCollection<string> Scopes { get; init; } = [];

    /// <summary>
    /// Gets or sets the protected resources that the token is for (RFC 8707 §2.2). The default is empty: those of the grant or the client.
    /// </summary>
    public IReadOnlyCollection<Uri> Resources { get; init; } = [];

    /// <summary>
    /// Gets or sets the authorization details of the token, a part of those granted (RFC 9396 §6). The server decides whether the grant
    /// allows them. The default is <see langword="null"/>: those of the grant, or of the client's options for the client itself.
    /// </summary>
    public AuthorizationDetails? AuthorizationDetails { get; init; }

    /// <summary>
    /// Gets or sets the <see cref="Grant.Id"/> of the grant to use, where the owner has several accounts at the server. The default is
    /// <see langword="null"/>: the owner's newest grant that covers the scopes, the resources and the types of the authorization
    /// details.
    /// </summary>
    public string? GrantId { get; init; }

    /// <summary>
    /// Gets or sets a token that the API rejected, or <see langword="null"/>. It is not returned again; another token is requested, unless
    /// a concurrent caller already did so.
    /// </summary>
    public AccessToken? RejectedToken { get; init; }
}
