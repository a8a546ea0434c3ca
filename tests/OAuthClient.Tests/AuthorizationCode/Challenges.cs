namespace OAuthClient.Tests;

internal static class Challenges
{
    /// <summary>The code challenge as text.</summary>
    public static string Challenge(this CodeVerifier verifier)
    {
        char[] challenge = new char[CodeVerifier.ChallengeLength];
        verifier.WriteChallenge(challenge);
        return new(challenge);
    }
}
