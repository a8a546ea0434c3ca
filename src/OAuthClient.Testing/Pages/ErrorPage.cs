namespace OAuthClient.Testing;

/// <summary>Creates the page for errors that cannot be sent to a client (RFC 6749 §4.1.2.1).</summary>
internal static class ErrorPage
{
    public static Reply Create(string error, string description) =>
        Page.Create(
            400,
            "error",
            "Request failed",
            $"""
            {Page.Mark("!")}
            <h1>Request failed</h1>
            <p>The server rejected the request of the application.</p>
            <div class="bad" role="alert"><span id="problem">{Page.Encode(description)}</span></div>
            <p class="note"><code>{Page.Encode(error)}</code></p>
            """
        );
}
