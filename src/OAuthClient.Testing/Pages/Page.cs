using System.Globalization;
using System.Net;

namespace OAuthClient.Testing;

/// <summary>
/// Creates the HTML document around the content of a page. It loads no external resource, and its policy permits only its own script.
/// </summary>
internal static class Page
{
    private const string Style = """
        *{box-sizing:border-box}
        :root{color-scheme:light dark;--ground:#eef1f6;--card:#fff;--ink:#1a2233;--soft:#5b6579;--line:#d5dbe6;--accent:#2f5bea;
        --accent-ink:#fff;--field:#f8f9fc;--bad:#b3261e;--bad-ground:#fdecea}
        @media(prefers-color-scheme:dark){:root{--ground:#11151d;--card:#1b212d;--ink:#e8ecf4;--soft:#9aa5b8;--line:#323b4c;
        --accent:#7d9bff;--accent-ink:#0d1430;--field:#141a24;--bad:#ffb4ab;--bad-ground:#3b1a18}}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;align-items:center;
        justify-content:center;gap:1rem;padding:1.25rem 1rem;background:var(--ground);color:var(--ink);
        font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
        main{width:100%;max-width:25rem;background:var(--card);border:1px solid var(--line);border-radius:1rem;
        padding:1.75rem 1.5rem;box-shadow:0 1px 2px rgb(0 0 0/.05),0 12px 32px rgb(20 30 60/.08)}
        @media(min-width:30rem){main{padding:2.25rem}}
        .mark{display:flex;width:3rem;height:3rem;margin-bottom:1.25rem;border-radius:.875rem;align-items:center;
        justify-content:center;background:var(--accent);color:var(--accent-ink);font-size:1.375rem;font-weight:700;
        text-transform:uppercase}
        h1{margin:0 0 .25rem;font-size:1.5rem;line-height:1.25;letter-spacing:-.01em;overflow-wrap:anywhere}
        p{margin:0 0 1.25rem;color:var(--soft);overflow-wrap:anywhere}
        strong{color:var(--ink);font-weight:600}
        label{display:block;font-weight:600;font-size:.9375rem}
        input[type=text],input[type=password]{display:block;width:100%;margin:.375rem 0 1rem;padding:.75rem .875rem;
        border:1px solid var(--line);border-radius:.625rem;background:var(--field);color:inherit;font:inherit}
        :is(input,button,a):focus-visible{outline:3px solid color-mix(in srgb,var(--accent) 45%,transparent);outline-offset:1px;
        border-color:var(--accent)}
        .actions{display:flex;flex-direction:row-reverse;gap:.75rem;margin-top:1.5rem}
        button,a.main{flex:1;min-height:3rem;padding:.625rem 1rem;border:1px solid var(--line);border-radius:.625rem;
        background:transparent;color:var(--ink);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
        button.main,a.main{border-color:var(--accent);background:var(--accent);color:var(--accent-ink)}
        :is(button,a.main):hover{filter:brightness(.95)}
        ul{list-style:none;margin:0;padding:0;border:1px solid var(--line);border-radius:.75rem;overflow:hidden}
        li+li{border-top:1px solid var(--line)}
        li label{display:flex;gap:.75rem;align-items:flex-start;padding:.75rem .875rem;font-weight:400;cursor:pointer}
        li input{flex:none;width:1.25rem;height:1.25rem;margin:.125rem 0 0;accent-color:var(--accent)}
        li span{min-width:0;overflow-wrap:anywhere}
        li small{display:block;color:var(--soft);font-size:.8125rem}
        .bad{margin:0 0 1.25rem;padding:.75rem .875rem;border-radius:.625rem;background:var(--bad-ground);color:var(--bad);
        font-size:.9375rem}
        .note{margin:1.25rem 0 0;font-size:.875rem}
        main>:last-child{margin-bottom:0}
        footer{max-width:25rem;color:var(--soft);font-size:.8125rem;text-align:center;overflow-wrap:anywhere}
        code{font-size:.9em}
        """;

    public static string Encode(string? text) => WebUtility.HtmlEncode(text ?? "");

    /// <summary>Creates a page.</summary>
    /// <param name="status">The status code.</param>
    /// <param name="kind">The kind of the page, for programs that read it.</param>
    /// <param name="title">The title.</param>
    /// <param name="body">The content as encoded HTML.</param>
    /// <param name="script">A script to run at the end of the page; null for none.</param>
    /// <param name="frames">The addresses that the page can load in frames.</param>
    public static Reply Create(
        int status,
        string kind,
        string title,
        string body,
        string? script = null,
        IReadOnlyList<string>? frames = null
    )
    {
        string[] origins =
        [
            .. (frames ?? []).Select(frame => new Uri(frame).GetLeftPart(UriPartial.Authority)).Distinct(StringComparer.Ordinal),
        ];
        string framing = origins is [] ? "" : $" frame-src {string.Join(' ', origins)};";
        string nonce = Randomness.Token();
        string scripting = script is null ? "" : $"<script nonce=\"{nonce}\">{script}</script>";
        string html = $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Encode(title)}</title>
            <link rel="icon" href="data:,">
            <style nonce="{nonce}">
            {Style}
            </style>
            </head>
            <body data-page="{kind}">
            <main>
            {body}
            </main>
            <footer>This is a test server. Do not enter a real password.</footer>
            {scripting}
            </body>
            </html>
            """;
        // No form-action: Chromium also applies it to the redirect after the form, whose target is the client.
        return Reply
            .Text(status, html, "text/html; charset=utf-8")
            .With(
                "Content-Security-Policy",
                $"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:;{framing} script-src 'nonce-{nonce}'; "
                    + "base-uri 'none'; frame-ancestors 'none'"
            )
            .With("X-Content-Type-Options", "nosniff")
            .With("Referrer-Policy", "no-referrer")
            .NotStored();
    }

    /// <summary>Creates the logo of the page: a symbol, or the first letter of a name.</summary>
    public static string Mark(string name) =>
        $"<div class=\"mark\" aria-hidden=\"true\">{Encode(StringInfo.GetNextTextElement(name))}</div>";

    public static string Hidden(string name, string value) => $"<input type=\"hidden\" name=\"{Encode(name)}\" value=\"{Encode(value)}\">";
}
