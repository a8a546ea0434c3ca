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
    /// If two new access tokens in a row receive the same challenge at the same address within 10 minutes, the next such response is
    /// returned: the server does not grant what the API requires. An access token that the API accepts resets the count.
    /// </remarks>
    /// <returns>These options.</returns>
    public AccessTokenHandlerOptions ReauthorizeWhenChallenged()
    {
        StepUp ??= new();
        return this;
    }
}
