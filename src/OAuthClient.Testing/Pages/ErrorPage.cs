namespace OAuthClient.Testing;

/// <summary>Shown when there is nobody to whom the browser may be sent (RFC 6749 §4.1.2.1).</summary>
internal static class ErrorPage
{
    public static Reply Create(string error, string description) =>
        Page.Create(
            400,
            "error",
            "This cannot go on",
            $"""
            {Page.Mark("!")}
            <h1>This cannot go on</h1>
            <p>The application's request was refused.</p>
            <div class="bad" role="alert"><span id="problem">{Page.Encode(description)}</span></div>
            <p class="note"><code>{Page.Encode(error)}</code></p>
            """
        );
}
