namespace OAuthClient;

/// <summary>The claims of a logout token, which names the session or the subject (or both) that signed out at the server.</summary>
/// <param name="Issuer">The issuer (<c>iss</c>).</param>
/// <param name="Subject">The subject (<c>sub</c>), or <see langword="null"/>.</param>
/// <param name="SessionId">The session (<c>sid</c>), or <see langword="null"/> for all sessions of the subject.</param>
/// <param name="IssuedAt">The time of issue (<c>iat</c>), by the server's clock.</param>
/// <param name="Id">The identifier of the token (<c>jti</c>).</param>
/// <param name="AcceptedUntil">The time from which the token is rejected as expired, by this machine's clock.</param>
internal sealed record LogoutToken(
    string Issuer,
    string? Subject,
    string? SessionId,
    DateTimeOffset IssuedAt,
    string Id = "",
    DateTimeOffset AcceptedUntil = default
)
{
    /// <summary>Returns a fixed text that contains no claim value.</summary>
    public override string ToString() => "Logout token";
}
