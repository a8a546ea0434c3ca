namespace OAuthClient.Tests;

/// <summary>Validates a token's signature as the key set cache does, for tests of the selection and use of keys.</summary>
internal static class SignatureValidation
{
    public static string Header(string algorithm, string? further = null) =>
        $"{{\"alg\":\"{algorithm}\",\"kid\":\"key-1\"{(further is null ? "" : "," + further)}}}";

    public static IReadOnlyList<JwksKey> Candidates(string token, IReadOnlyList<JwksKey> keys, params string[] allowed) =>
        AsymmetricSignatureValidator.Candidates(Parse(token, allowed), keys);

    public static void Require(string token, IReadOnlyList<JwksKey> keys, params string[] allowed)
    {
        var unverified = Parse(token, allowed);
        var candidates = AsymmetricSignatureValidator.Candidates(unverified, keys);
        if (!AsymmetricSignatureValidator.Verifies(unverified, candidates))
            throw AsymmetricSignatureValidator.Refusal(unverified, candidates.Count, mayPass: false);
    }

    public static UnverifiedJwt Parse(string token, params string[] allowed) =>
        UnverifiedJwt.Parse(token, JwtType.IdToken, allowed.Length == 0 ? ["RS256"] : allowed);
}
