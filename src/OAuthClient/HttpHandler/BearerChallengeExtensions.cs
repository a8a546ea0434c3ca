namespace OAuthClient;

/// <summary>Reads the Bearer challenge of an API's response.</summary>
public static class BearerChallengeExtensions
{
    /// <summary>Finds the first Bearer challenge of a response (RFC 6750 §3).</summary>
    /// <remarks>
    /// Read it after a 401, when the access token handler has already tried another access token, and after a 403, where
    /// <c>insufficient_scope</c> states the scopes to request from the user.
    /// </remarks>
    /// <param name="response">The API's response.</param>
    /// <returns>The challenge; <see langword="null"/> if there is none.</returns>
    public static BearerChallenge? FindBearerChallenge(this HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        return BearerChallenge.Find(response);
    }
}
