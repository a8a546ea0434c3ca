using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <content>The faults of proofs of possession (RFC 9449).</content>
public sealed partial class Fault
{
    /// <summary>
    /// Creates a fault that responds with <c>use_dpop_nonce</c> and a new nonce, and does not process the request (RFC 9449 §8, §9).
    /// Without a limit, no proof is ever accepted.
    /// </summary>
    /// <returns>The fault.</returns>
    public static Fault DPoPNonceChallenge() =>
        new("DPoP nonce challenge", faultContext => ChallengeNonceAsync(faultContext, Randomness.Token()));

    /// <summary>
    /// Creates a fault that responds with <c>use_dpop_nonce</c> and the specified nonce, and does not process the request (RFC 9449 §8,
    /// §9).
    /// </summary>
    /// <param name="nonce">
    /// The value of the header <c>DPoP-Nonce</c>, which need not be valid (RFC 9449 §8.1); <see langword="null"/> to omit the header.
    /// </param>
    /// <returns>The fault.</returns>
    public static Fault DPoPNonceChallenge(string? nonce) =>
        new("DPoP nonce challenge", faultContext => ChallengeNonceAsync(faultContext, nonce));

    /// <summary>
    /// Creates a fault that processes the request and sends the response with the specified nonce for the next request (RFC 9449 §8.2).
    /// </summary>
    /// <param name="nonce">The value of the header <c>DPoP-Nonce</c>, which need not be valid (RFC 9449 §8.1).</param>
    /// <returns>The fault.</returns>
    public static Fault DPoPNonce(string nonce)
    {
        ArgumentNullException.ThrowIfNull(nonce);
        return new(
            "DPoP nonce",
            async faultContext =>
            {
                Reply reply = await faultContext.ExecuteAsync();
                reply = reply with { Headers = [.. reply.Headers.Where(header => header.Key is not DPoPVerifier.NonceHeader)] };
                await faultContext.SendAsync(reply.With(DPoPVerifier.NonceHeader, nonce));
            }
        );
    }

    /// <summary>
    /// Creates a fault that responds with <c>invalid_dpop_proof</c> and does not process the request (RFC 9449 §5, §7.1).
    /// </summary>
    /// <returns>The fault.</returns>
    public static Fault InvalidDPoPProof() =>
        new(
            "invalid DPoP proof",
            faultContext => faultContext.SendAsync(ProofError(faultContext, "invalid_dpop_proof", "The proof is not valid."))
        );

    /// <summary>Creates a fault that processes the request and changes the form of a challenge in the response.</summary>
    /// <param name="deviation">The deviation.</param>
    /// <returns>The fault.</returns>
    public static Fault DeviatingChallenge(ChallengeDeviation deviation) =>
        new(
            "deviating challenge",
            async faultContext => await faultContext.SendAsync(ChallengeDeviations.Apply(deviation, await faultContext.ExecuteAsync()))
        );

    private static Task ChallengeNonceAsync(FaultContext faultContext, string? nonce)
    {
        Reply reply = ProofError(faultContext, "use_dpop_nonce", "The proof must contain the nonce of this response.");
        return faultContext.SendAsync(nonce is null ? reply : reply.With(DPoPVerifier.NonceHeader, nonce));
    }

    /// <summary>Creates a challenge of a protected resource, or an error of an endpoint of the authorization server.</summary>
    private static Reply ProofError(FaultContext faultContext, string error, string description) =>
        faultContext.Request.Endpoint is TestEndpoint.Resource or TestEndpoint.UserInfo
            ? AccessTokenVerifier.Challenge(401, "fault", error, description, scope: null, ["ES256"])
            : Reply.Json(400, new JsonObject { ["error"] = error, ["error_description"] = description }).NotStored();
}
