namespace OAuthClient.Testing;

/// <summary>Creates the pages where a user enters the code of a device, and that confirm the decision (RFC 8628 §3.3).</summary>
internal static class DevicePage
{
    public static Reply EnterCode(ServerState server, string ticket, string? userCode, string? problem)
    {
        string warning = problem is null ? "" : $"<div class=\"bad\" id=\"problem\" role=\"alert\">{Page.Encode(problem)}</div>";
        return Page.Create(
            problem is null ? 200 : 400,
            "device",
            "Connect a device",
            $"""
            {Page.Mark("#")}
            <h1>Connect a device</h1>
            <p>Enter the code that your device shows.</p>
            {warning}
            <form method="post" action="{Page.Encode(server.Address(DeviceVerificationEndpoint.Path))}">
            {Page.Hidden("ticket", ticket)}
            <label for="user_code">Code</label>
            <input type="text" id="user_code" name="user_code" value="{Page.Encode(
                userCode
            )}" autocomplete="off" autocapitalize="characters" spellcheck="false" required autofocus>
            <div class="actions">
            <button class="main" type="submit">Continue</button>
            </div>
            </form>
            """
        );
    }

    public static Reply Decided(TestClient client, bool isApproved)
    {
        string name = Page.Encode(client.DisplayName ?? client.ClientId);
        return Page.Create(
            200,
            isApproved ? "device_approved" : "device_denied",
            isApproved ? "Device connected" : "Device not connected",
            $"""
            {Page.Mark(isApproved ? "✓" : "!")}
            <h1>{(isApproved ? "Your device is connected" : "Your device is not connected")}</h1>
            <p><strong>{name}</strong> {(isApproved ? "can use your account now" : "received no access")}. You can close this window.</p>
            """
        );
    }
}
