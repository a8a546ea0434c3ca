namespace OAuthClient;

/// <summary>The signature algorithms that an ID Token can be checked for (RFC 7518 §3.1): asymmetric ones only.</summary>
internal static class IdTokenAlgorithms
{
    public static readonly IReadOnlyList<string> Supported = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];
}
