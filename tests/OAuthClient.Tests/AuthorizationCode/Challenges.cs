namespace OAuthClient.Tests;

/// <summary>Extends code verifiers for tests.</summary>
internal static class Challenges
{
    /// <summary>Returns the code challenge as text.</summary>
    public static string Challenge(this CodeVerifier verifier)
    {
        char[] challenge = new char[CodeVerifier.ChallengeLength];
        verifier.WriteChallenge(challenge);
        return new(challenge);
    }
}
