namespace OAuthClient.Testing;

/// <summary>Creates the page that posts the authorization response to the client (OAuth 2.0 Form Post Response Mode §2).</summary>
internal static class FormPostPage
{
    public static Reply Create(string redirectUri, IEnumerable<KeyValuePair<string, string>> parameters) =>
        Page.Create(
            200,
            "form_post",
            "Redirecting",
            $"""
            {Page.Mark("→")}
            <h1>Redirecting</h1>
            <p>You are being redirected to the application.</p>
            <form method="post" action="{Page.Encode(redirectUri)}">
            {string.Concat(parameters.Select(pair => Page.Hidden(pair.Key, pair.Value)))}
            <div class="actions"><button class="main" type="submit">Continue</button></div>
            </form>
            """,
            "document.forms[0].submit()"
        );
}
