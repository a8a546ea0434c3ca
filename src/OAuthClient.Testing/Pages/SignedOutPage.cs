namespace OAuthClient.Testing;

/// <summary>
/// Creates the page that is shown after a logout. It loads the clients' pages in frames (OpenID Connect Front-Channel Logout §2) and
/// continues to the client.
/// </summary>
internal static class SignedOutPage
{
    /// <summary>Creates the page for a user who is signed out.</summary>
    /// <param name="frames">The addresses of the clients to load in frames.</param>
    /// <param name="next">The address to continue to after the frames are loaded; null to stay on the page.</param>
    public static Reply Create(IReadOnlyList<string> frames, string? next)
    {
        string continuation = next is null
            ? "<p>You can close this window.</p>"
            : "<p>You are being redirected to the application.</p>\n<div class=\"actions\">"
                + $"<a class=\"main\" id=\"continue\" href=\"{Page.Encode(next)}\">Continue</a></div>";
        return Page.Create(
            200,
            "signed_out",
            "Signed out",
            $"""
            {Page.Mark("✓")}
            <h1>You are signed out</h1>
            {string.Concat(frames.Select(frame => $"<iframe hidden src=\"{Page.Encode(frame)}\"></iframe>\n"))}{continuation}
            """,
            next is null ? null : "addEventListener('load',()=>location.replace(document.getElementById('continue').href))",
            frames
        );
    }

    /// <summary>Creates the page for a user who did not confirm the logout.</summary>
    public static Reply StillSignedIn(TestUser user) =>
        Page.Create(
            200,
            "still_signed_in",
            "Still signed in",
            $"""
            {Page.Mark(user.UserName)}
            <h1>You are still signed in</h1>
            <p>You are signed in as <strong>{Page.Encode(user.UserName)}</strong>. You can close this window.</p>
            """
        );
}
