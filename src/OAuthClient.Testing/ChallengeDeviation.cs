namespace OAuthClient.Testing;

/// <summary>
/// Specifies how the <c>WWW-Authenticate</c> header of a response deviates in form; see <see cref="Fault.DeviatingChallenge"/>. A client
/// can use each of these responses.
/// </summary>
public enum ChallengeDeviation
{
    /// <summary>The scheme has an unusual case, such as <c>dPOP</c> (RFC 9110 §11.1).</summary>
    SchemeCase,

    /// <summary>A Bearer challenge and a DPoP challenge are in one header (RFC 9449 §7.2).</summary>
    BearerAndDPoP,

    /// <summary>A DPoP challenge and a Bearer challenge are in two headers (RFC 9449 §7.2).</summary>
    SeparateDPoPAndBearer,

    /// <summary>The challenge has no <c>algs</c> (RFC 9449 §7.1).</summary>
    NoAlgorithms,
}
