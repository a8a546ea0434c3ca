using System.Net;

namespace OAuthClient;

/// <summary>
/// Determines which responses prove that the server did not act on the request, so that a code or a refresh token may be sent once more.
/// </summary>
internal static class RejectionClassifier
{
    /// <summary>Determines whether the server rejected the request without processing it: with 429 (RFC 6585 §4).</summary>
    /// <param name="response">The response, whose content is buffered unless reading it failed.</param>
    /// <returns><see langword="true"/> if the server did not act on the request.</returns>
    public static bool IsUnprocessed(HttpResponseMessage response) => response.StatusCode == HttpStatusCode.TooManyRequests;
}
