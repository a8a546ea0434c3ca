namespace OAuthClient;

/// <summary>A token response of any grant type, and what is known about its user, from which a grant is issued.</summary>
/// <param name="Response">The token response.</param>
/// <param name="Identity">The validated ID Token of the response; <see langword="null"/> if it has none.</param>
/// <param name="Configuration">The configuration of the operation.</param>
/// <param name="Server">The metadata of the server.</param>
internal sealed record GrantIssuance(
    TokenResponse Response,
    ValidatedIdToken? Identity,
    ClientConfiguration Configuration,
    AuthorizationServerMetadata Server
)
{
    /// <summary>Gets the owner; <see langword="null"/> if the user whom the ID Token names signs in.</summary>
    public GrantOwner? Owner { get; init; }

    /// <summary>Gets the resources that the grant was requested for (RFC 8707).</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>Gets the names and values, in turn, of the parameters that a reauthorization repeats.</summary>
    public IReadOnlyList<string> AuthorizationParameters { get; init; } = [];

    /// <summary>Gets the account of the UserInfo response; <see langword="null"/> if none was requested.</summary>
    public GrantAccount? Account { get; init; }

    /// <summary>Gets the scopes that were requested.</summary>
    public IReadOnlyList<string> RequestedScopes { get; init; } = [];

    /// <summary>Gets the parameters of the callback that the specifications do not define.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> CallbackParameters { get; init; } = [];

    /// <summary>Gets a value indicating whether the request contained the scope <c>openid</c>.</summary>
    public bool RequestedIdToken { get; init; }

    /// <summary>Gets a value indicating whether only the user who signed in by the client may receive the grant.</summary>
    public bool RenewsSignIn { get; init; }

    /// <summary>Gets the <see cref="GrantIssuer.LogoutSequence"/> of a time before the tokens were requested.</summary>
    public required long LogoutSequence { get; init; }
}
