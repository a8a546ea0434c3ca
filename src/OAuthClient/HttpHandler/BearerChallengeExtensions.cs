namespace OAuthClient;

/// <summary>Finds what an API says about the token in its answer.</summary>
public static class BearerChallengeExtensions
{
    /// <summary>
    /// The API's challenge by Bearer (RFC 6750 §3), the first if there are several; <see langword="null"/> when there is none. Worth a look
    /// after 401 (what could be mended by another token has been tried by then) and 403, where <c>insufficient_scope</c> says what to
    /// ask the user for.
    /// </summary>
    /// <param name="response">The API's answer.</param>
    public static BearerChallenge? FindBearerChallenge(this HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return BearerChallenge.Find(response);
    }
}
