namespace OAuthClient;

/// <summary>Creates the hashes by which a store finds grants without storing what identifies the user in plain text.</summary>
internal static class GrantFingerprint
{
    public static string OfSubject(string clientName, string server, string subject) => Fingerprint.Of("sub", clientName, server, subject);

    public static string OfSession(string clientName, string server, string sessionId) =>
        Fingerprint.Of("sid", clientName, server, sessionId);

    public static string OfSignIn(string clientName, string server, string signInId) =>
        Fingerprint.Of("sign-in", clientName, server, signInId);
}
