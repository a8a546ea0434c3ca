namespace OAuthClient;

public sealed partial class AccessTokenHandlerOptions
{
    internal StepUpChallenges? StepUp { get; private set; }

    /// <summary>
    /// Throws <see cref="ReauthorizationRequiredException"/> when the API requires what only the resource owner can grant: another
    /// authentication (<c>insufficient_user_authentication</c>, RFC 9470), more scopes (<c>insufficient_scope</c>, RFC 6750 §3.1), or
    /// further claims (<c>insufficient_claims</c> of Microsoft Entra). The exception states what to request, and
    /// <c>[ReauthorizeWhenNeeded]</c> of OAuthClient.AspNetCore begins the authorization. Without this call, the response is returned.
    /// </summary>
    /// <remarks>
    /// <para>
    /// An API that could choose the scopes would obtain a token for other APIs. The scopes of a challenge that are not named here are
    /// ignored, and the response of a challenge <c>insufficient_scope</c> that requires nothing else is returned.
    /// </para>
    /// <para>
    /// If two new access tokens in a row receive the same challenge at the same address within 10 minutes, the next such response is
    /// returned, and event 603 is logged: the server does not grant what the API requires. An access token that the API accepts resets the
    /// count. A response after a redirect is returned, because another address must not choose what the owner authorizes.
    /// </para>
    /// </remarks>
    /// <param name="scopes">
    /// The scopes that the API may require in addition to those of the access token. None: it cannot require scopes.
    /// </param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException">An item is not a single scope.</exception>
    public AccessTokenHandlerOptions ReauthorizeWhenChallenged(params IEnumerable<string> scopes)
    {
        ArgumentNullException.ThrowIfNull(scopes);
        StepUp = new([.. StepUp?.Scopes ?? [], .. ScopeList.Checked(scopes)]);
        return this;
    }
}
