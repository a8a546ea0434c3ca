using System.Net;

namespace OAuthClient;

/// <summary>Specifies what the response of an API asks the handler to do.</summary>
internal enum ApiResponseAction
{
    /// <summary>The response is returned to the caller.</summary>
    Return,

    /// <summary>The request is sent once more, with another access token.</summary>
    ReplaceToken,

    /// <summary>
    /// The request is sent once more, with another access token. The response does not say that this helps, so it is limited for the grant.
    /// </summary>
    ReplaceTokenWithoutChallenge,
}

/// <summary>Decides what the response of an API asks for (RFC 6750 §3). No other class of the handler looks at the response.</summary>
internal sealed class ApiResponseClassifier(TimeProvider time)
{
    // A token that was issued more recently has not expired: the API rejects it for another reason, and would reject another token too.
    private static readonly TimeSpan RecentlyIssuedAge = TimeSpan.FromMinutes(1);

    /// <summary>Classifies a response.</summary>
    /// <param name="response">The response.</param>
    /// <param name="token">The access token of its request.</param>
    /// <returns>
    /// <see cref="ApiResponseAction.ReplaceToken"/> for a status 401 with a Bearer challenge that has the error <c>invalid_token</c>, or no
    /// error: some servers never state one. A token that itself replaced a rejected one is replaced only after a minute.
    /// <see cref="ApiResponseAction.ReplaceTokenWithoutChallenge"/> for a status 401 without any challenge, unless the token is younger
    /// than a minute or was replaced for this reason recently. A status 403, such as <c>insufficient_scope</c>, is returned: only the
    /// resource owner can grant more.
    /// </returns>
    public ApiResponseAction Classify(HttpResponseMessage response, AccessToken token)
    {
        if (response.StatusCode != HttpStatusCode.Unauthorized)
            return ApiResponseAction.Return;
        if (BearerChallenge.FindErrors(response).Any(error => error is null or ErrorCodes.InvalidToken))
            return token.ReplacesRejected && IsRecentlyIssued(token) ? ApiResponseAction.Return : ApiResponseAction.ReplaceToken;
        // A challenge of another scheme, or a malformed one, asks for something other than a token.
        return
            response.Headers.NonValidated.Contains("WWW-Authenticate")
            || IsRecentlyIssued(token)
            || token.UnchallengedRejection?.AllowsReplacement(time.GetUtcNow()) == false
            ? ApiResponseAction.Return
            : ApiResponseAction.ReplaceTokenWithoutChallenge;
    }

    /// <summary>
    /// Determines whether the rejected token was just issued. A new sign-in would return a token that the API rejects too, and the user
    /// would be redirected again and again.
    /// </summary>
    public bool IsRecentlyIssued(AccessToken rejected) => time.GetUtcNow() - rejected.IssuedAt < RecentlyIssuedAge;
}
