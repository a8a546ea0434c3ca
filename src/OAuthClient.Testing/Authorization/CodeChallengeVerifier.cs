using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Testing;

/// <summary>Validates code verifiers (RFC 7636 §4.6).</summary>
internal static class CodeChallengeVerifier
{
    private static readonly SearchValues<char> Unreserved = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    );

    public static bool HasOnlyAllowedCharacters(string value) => !value.AsSpan().ContainsAnyExcept(Unreserved);

    /// <summary>Determines whether a code verifier has a valid length and valid characters (RFC 7636 §4.1).</summary>
    public static bool IsWellFormed(string verifier) => verifier.Length is >= 43 and <= 128 && HasOnlyAllowedCharacters(verifier);

    public static void Check(string? codeChallenge, string? codeChallengeMethod, string? verifier)
    {
        if (codeChallenge is not { } challenge)
        {
            // A verifier without a challenge indicates a PKCE downgrade attack (RFC 9700 §4.8.2).
            if (verifier is not null)
                throw OAuthErrorException.InvalidGrant(
                    "The request contains a code_verifier, but the authorization request contained no code_challenge."
                );
            return;
        }

        if (verifier is null)
            throw OAuthErrorException.InvalidGrant("The code_verifier is missing.");
        if (!IsWellFormed(verifier))
            throw OAuthErrorException.InvalidGrant("The code_verifier must be 43 to 128 unreserved characters.");
        string transformed = codeChallengeMethod is "S256"
            ? Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))
            : verifier;
        if (!Randomness.SameSecret(transformed, challenge))
            throw OAuthErrorException.InvalidGrant("The code_verifier does not match the code_challenge.");
    }
}
