namespace OAuthClient.Testing;

/// <summary>Asks before a session ends that no ID Token named (OpenID Connect RP-Initiated Logout §2).</summary>
internal static class SignOutPage
{
    public static Reply Create(ServerState server, TestClient? client, TestUser user, string ticket)
    {
        string asks = client is null
            ? ""
            : $" <strong>{Page.Encode(client.DisplayName ?? client.ClientId)}</strong> asks to sign you out here.";
        return Page.Create(
            200,
            "sign_out",
            "Sign out",
            $"""
            {Page.Mark(user.UserName)}
            <h1>Sign out?</h1>
            <p>You are signed in as <strong>{Page.Encode(user.UserName)}</strong>.{asks}</p>
            <form method="post" action="{Page.Encode(server.Address("/logout/confirm"))}">
            {Page.Hidden("ticket", ticket)}
            <div class="actions">
            <button class="main" type="submit" name="decision" value="allow">Sign out</button>
            <button type="submit" name="decision" value="deny">Stay</button>
            </div>
            </form>
            <p class="note">Applications that you signed in to from this browser are told.</p>
            """
        );
    }
}
