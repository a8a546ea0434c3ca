namespace OAuthClient.Testing;

/// <summary>
/// Creates the confirmation page for a logout request that does not identify the session (OpenID Connect RP-Initiated Logout §2).
/// </summary>
internal static class SignOutPage
{
    public static Reply Create(ServerState server, TestClient? client, TestUser user, string ticket)
    {
        string requester = client is null
            ? ""
            : $" <strong>{Page.Encode(client.DisplayName ?? client.ClientId)}</strong> requests that you sign out.";
        return Page.Create(
            200,
            "sign_out",
            "Sign out",
            $"""
            {Page.Mark(user.UserName)}
            <h1>Sign out?</h1>
            <p>You are signed in as <strong>{Page.Encode(user.UserName)}</strong>.{requester}</p>
            <form method="post" action="{Page.Encode(server.Address("/logout/confirm"))}">
            {Page.Hidden("ticket", ticket)}
            <div class="actions">
            <button class="main" type="submit" name="decision" value="allow">Sign out</button>
            <button type="submit" name="decision" value="deny">Stay signed in</button>
            </div>
            </form>
            <p class="note">The applications that you signed in to with this browser are notified.</p>
            """
        );
    }
}
