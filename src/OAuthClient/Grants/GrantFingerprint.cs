namespace OAuthClient;

/// <summary>Creates the hashes by which a store finds grants without storing what identifies the user in plain text.</summary>
internal static class GrantFingerprint
{
    public static string OfSubject(string clientName, string server, string subject) => Fingerprint.Of("sub", clientName, server, subject);

    public static string OfSession(string clientName, string server, string sessionId) =>
        Fingerprint.Of("sid", clientName, server, sessionId);

    /// <summary>Creates the hash of a session at the server, or of a sign-in if the server names no session.</summary>
    /// <returns>The hash; <see langword="null"/> if there is neither.</returns>
    public static string? OfSession(string clientName, string server, string? sessionId, string? signInId) =>
        sessionId is not null ? OfSession(clientName, server, sessionId)
        : signInId is not null ? Fingerprint.Of("sign-in", clientName, server, signInId)
        : null;
}
