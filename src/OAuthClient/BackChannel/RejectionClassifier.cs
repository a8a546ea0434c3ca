using System.Net;

namespace OAuthClient;

/// <summary>
/// Determines which responses prove that the server did not act on the request, so that a code or a refresh token may be sent once more.
/// </summary>
internal static class RejectionClassifier
{
    /// <summary>Determines whether the server has no capacity for the request now: with 429 (RFC 6585 §4).</summary>
    /// <param name="status">The status of the response.</param>
    /// <returns><see langword="true"/> if the server did not act on the request, and may accept it later.</returns>
    public static bool IsThrottled(HttpStatusCode status) => status == HttpStatusCode.TooManyRequests;

    /// <summary>
    /// Determines whether the server rejected the request without processing it: because it has no capacity, or because the proof lacks its
    /// nonce.
    /// </summary>
    /// <param name="response">The response, whose content is buffered unless reading it failed.</param>
    /// <param name="request">The request.</param>
    /// <returns><see langword="true"/> if the server did not act on the request.</returns>
    public static bool IsUnprocessed(HttpResponseMessage response, BackChannelRequest request) =>
        IsThrottled(response.StatusCode) || AsksForNonce(response, request);

    /// <summary>Determines whether the server asks for a nonce in the proof (<c>use_dpop_nonce</c>, RFC 9449 §8, §9).</summary>
    /// <param name="response">The response, whose content is buffered unless reading it failed.</param>
    /// <param name="request">The request.</param>
    /// <returns><see langword="true"/> if the request has a proof and the server asks for a nonce.</returns>
    public static bool AsksForNonce(HttpResponseMessage response, BackChannelRequest request) =>
        request.Nonces is not null
        && (
            (
                response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized
                && response.Content is BufferedResponseContent content
                && StrictJson.TryParseObject(content.Body)?.TextIfAny(ParameterNames.Error) == ErrorCodes.UseDPoPNonce
            ) || DPoPNonceCache.IsRequiredBy(response)
        );
}
