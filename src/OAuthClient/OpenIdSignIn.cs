namespace OAuthClient;

/// <summary>
/// Signs in users whom the application does not know yet: who they are is the server's word, by the ID Token (OpenID Connect Core §3.1).
/// Begin with <see cref="IOAuthClient.BeginAuthorizationAsync"/> and the scope <c>openid</c>. Registered by <c>AddOAuthClient</c> beside
/// <see cref="IOAuthClient"/>, under the same name.
/// </summary>
public sealed class OpenIdSignIn
{
    private readonly DefaultOAuthClient client;

    internal OpenIdSignIn(DefaultOAuthClient client) => this.client = client;

    /// <summary>
    /// Completes an authorization as <see cref="IOAuthClient.CompleteAuthorizationAsync"/> does, for whomever the ID Token names: the
    /// grant's owner is <see cref="GrantOwner.Subject(string, string)"/>. It is kept for <c>SignInLifetime</c>, beside those of the same
    /// user in other sessions.
    /// </summary>
    /// <param name="pending">What was begun for this browser.</param>
    /// <param name="response">The callback.</param>
    /// <param name="cancellationToken">Stops waiting, until the code is sent; from then on the exchange is carried to its end.</param>
    /// <exception cref="AuthorizationResponseException">The server, or the user, said no.</exception>
    /// <exception cref="OAuthProtocolException">The callback, the token response or the ID Token is not to be believed, or there is no ID Token.</exception>
    /// <exception cref="TokenEndpointException">The server did not take the code.</exception>
    public Task<Grant> CompleteAsync(
        PendingAuthorization pending,
        AuthorizationResponse response,
        CancellationToken cancellationToken = default
    ) => client.CompleteSignInAsync(pending, response, cancellationToken);

    /// <summary>
    /// Begins an authorization for a user who signed in by this client, as <see cref="IOAuthClient.BeginAuthorizationAsync"/> does: for
    /// example to ask for further scopes. Complete it by <see cref="IOAuthClient.CompleteAuthorizationAsync"/> for the owner who signed in.
    /// It is refused when another account of the server completes it, also when the user's grants have been revoked or lost meanwhile.
    /// The request always asks for the scope <c>openid</c>, because only an ID Token says who completed it.
    /// </summary>
    /// <param name="parameters">What this one request asks beyond the registration.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The pending authorization.</returns>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    /// <exception cref="OAuthException">The server's metadata cannot be fetched, or is not safe to use.</exception>
    public Task<PendingAuthorization> BeginRenewalAsync(
        AuthorizationParameters? parameters = null,
        CancellationToken cancellationToken = default
    ) => client.BeginRenewalAsync(parameters, cancellationToken);

    /// <summary>
    /// Whether it is the issuer of the client's server, or of one of its tenants whose users may sign in (<c>IssuerTemplate</c>): before a login that
    /// somebody else starts (OpenID Connect Core §4).
    /// </summary>
    /// <param name="issuer">What the request says, character by character.</param>
    public bool IsIssuer(string? issuer) => client.IsIssuer(issuer);

    /// <summary>
    /// Whether a user who signed in by this server still is: not once they signed out, here or there, their grants were revoked, or
    /// <c>SignInLifetime</c> is over. For each request of an application whose session should end with the grant; the answer mostly comes from memory.
    /// While a shared store cannot be reached, no answer comes from memory: the store's exception is thrown.
    /// </summary>
    /// <param name="owner">Who signed in.</param>
    /// <param name="sessionId">In which session, as in <see cref="Grant.SessionId"/>; <see langword="null"/> when the server names none.</param>
    /// <param name="signInId">
    /// By which sign-in, as in <see cref="Grant.SignInId"/>. Without it a session that was ended, or somebody's copy of it, counts again after the user's
    /// next sign-in, wherever the server names no sessions: keep it in the application's own.
    /// </param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<bool> IsSignedInAsync(
        GrantOwner owner,
        string? sessionId,
        string? signInId = null,
        CancellationToken cancellationToken = default
    ) => client.IsSignedInAsync(owner, sessionId, signInId, cancellationToken);
}
