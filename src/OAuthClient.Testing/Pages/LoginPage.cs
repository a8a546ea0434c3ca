namespace OAuthClient.Testing;

/// <summary>Creates the login page.</summary>
internal static class LoginPage
{
    public static Reply Create(ServerState server, TestClient requester, string path, string ticket, string? userName, string? problem)
    {
        string client = requester.DisplayName ?? requester.ClientId;
        string warning = problem is null ? "" : $"<div class=\"bad\" id=\"problem\" role=\"alert\">{Page.Encode(problem)}</div>";
        string accounts = string.Join(
            " or ",
            server
                .Users.Values.OrderBy(user => user.UserName, StringComparer.Ordinal)
                .Take(4)
                .Select(user => $"<code>{Page.Encode(user.UserName)}</code> / <code>{Page.Encode(user.EffectivePassword)}</code>")
        );
        (string focusName, string focusPassword) = string.IsNullOrEmpty(userName) ? (" autofocus", "") : ("", " autofocus");
        return Page.Create(
            problem is null ? 200 : 400,
            "login",
            "Sign in",
            $"""
            {Page.Mark(client)}
            <h1>Sign in</h1>
            <p>to continue to <strong>{Page.Encode(client)}</strong></p>
            {warning}
            <form method="post" action="{Page.Encode(server.Address(path))}">
            {Page.Hidden("ticket", ticket)}
            <label for="username">User name</label>
            <input type="text" id="username" name="username" value="{Page.Encode(
                userName
            )}" autocomplete="username" autocapitalize="none" spellcheck="false" required{focusName}>
            <label for="password">Password</label>
            <input type="password" id="password" name="password" autocomplete="current-password" required{focusPassword}>
            <div class="actions">
            <button class="main" type="submit" name="decision" value="allow">Sign in</button>
            <button type="submit" name="decision" value="deny" formnovalidate>Cancel</button>
            </div>
            </form>
            <p class="note">Test accounts: {accounts}</p>
            """
        );
    }
}
