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
    /// The request is sent once more, with another access token, if the limits of the grant allow that: the response states no reason, so
    /// another token may not help.
    /// </summary>
    ReplaceTokenWithinLimits,
}

/// <summary>Decides what the response of an API asks for (RFC 6750 §3). No other class of the handler looks at the response.</summary>
internal sealed class ApiResponseClassifier(TimeProvider time)
{
    // A token that was issued more recently has not expired: the API rejects it for another reason, and would reject another token too.
    private static readonly TimeSpan RecentlyIssuedAge = TimeSpan.FromMinutes(1);

    /// <summary>Gets the current time.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Classifies a response.</summary>
    /// <param name="response">The response.</param>
    /// <param name="token">The access token of its request.</param>
    /// <returns>
    /// <see cref="ApiResponseAction.ReplaceToken"/> for a status 401 with a Bearer challenge that has the error <c>invalid_token</c>.
    /// <see cref="ApiResponseAction.ReplaceTokenWithinLimits"/> for a status 401 with a Bearer challenge without an error, because some
    /// servers never state one, and for a status 401 without any challenge. After both, a token that itself replaced a rejected one is
    /// replaced only after a minute; without any challenge, every token. A status 403, such as <c>insufficient_scope</c>, is returned: only
    /// the resource owner can grant more.
    /// </returns>
    public ApiResponseAction Classify(HttpResponseMessage response, AccessToken token)
    {
        if (response.StatusCode != HttpStatusCode.Unauthorized)
            return ApiResponseAction.Return;
        // A challenge of another scheme, or a malformed one, asks for something other than a token.
        // A token that is bound to a key is never sent as a bearer token, but an API may answer it by a Bearer challenge.
        var errors = AuthenticationChallenge.FindErrors(response, token.Scheme).ToList();
        if (errors.Count == 0)
            errors = [.. AuthenticationChallenge.FindErrors(response, TokenScheme.Bearer)];
        var action =
            errors.Contains(ErrorCodes.InvalidToken) ? ApiResponseAction.ReplaceToken
            : errors.Contains(null) || !AuthenticationChallenge.IsIn(response) ? ApiResponseAction.ReplaceTokenWithinLimits
            : ApiResponseAction.Return;
        return (token.ReplacesRejected || !AuthenticationChallenge.IsIn(response)) && IsRecentlyIssued(token)
            ? ApiResponseAction.Return
            : action;
    }

    /// <summary>
    /// Determines whether the response asks for an authorization where the token cannot be replaced. A response without a challenge does
    /// not; nor does one to a token that was just issued: a new sign-in would return a token that the API rejects too, and the user would
    /// be redirected again and again.
    /// </summary>
    public bool AsksForAuthorization(HttpResponseMessage response, AccessToken rejected) =>
        AuthenticationChallenge.IsIn(response) && !IsRecentlyIssued(rejected);

    private bool IsRecentlyIssued(AccessToken token) => time.GetUtcNow() - token.IssuedAt < RecentlyIssuedAge;
}
