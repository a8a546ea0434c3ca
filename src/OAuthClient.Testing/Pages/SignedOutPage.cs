namespace OAuthClient.Testing;

/// <summary>The end of a session, with the clients' own pages in frames (OpenID Connect Front-Channel Logout §2) and the way back.</summary>
internal static class SignedOutPage
{
    /// <param name="frames">The addresses that clients registered, to be loaded in this browser.</param>
    /// <param name="next">Where the browser goes when they are; null to stay.</param>
    public static Reply Create(IReadOnlyList<string> frames, string? next)
    {
        string way = next is null
            ? "<p>You can close this window.</p>"
            : $"<p>You are on your way back to the application.</p>\n<div class=\"actions\"><a class=\"main\" id=\"continue\" href=\"{Page.Encode(next)}\">Continue</a></div>";
        return Page.Create(
            200,
            "signed_out",
            "Signed out",
            $"""
            {Page.Mark("✓")}
            <h1>You are signed out</h1>
            {string.Concat(frames.Select(frame => $"<iframe hidden src=\"{Page.Encode(frame)}\"></iframe>\n"))}{way}
            """,
            next is null ? null : "addEventListener('load',()=>location.replace(document.getElementById('continue').href))",
            frames
        );
    }

    public static Reply StillSignedIn(TestUser user) =>
        Page.Create(
            200,
            "still_signed_in",
            "Still signed in",
            $"""
            {Page.Mark(user.UserName)}
            <h1>You are still signed in</h1>
            <p>As <strong>{Page.Encode(user.UserName)}</strong>, as before. You can close this window.</p>
            """
        );
}
