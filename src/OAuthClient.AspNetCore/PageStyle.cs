namespace OAuthClient.AspNetCore;

/// <summary>The style sheet of the library's pages, with a light and a dark colour scheme, for narrow and wide windows.</summary>
internal static class PageStyle
{
    public const string Text = """
        *{box-sizing:border-box}
        :root{color-scheme:light dark;--ground:#f5f6f8;--card:#fff;--ink:#1b2027;--soft:#57606a;--line:#d9dee4;
          --accent:#1d5fbf;--accent-ink:#fff}
        @media(prefers-color-scheme:dark){:root{--ground:#14171b;--card:#1d2127;--ink:#eef1f4;--soft:#a9b3be;--line:#343b44;
          --accent:#8ab8ff;--accent-ink:#0b1c36}}
        body{margin:0;min-height:100vh;min-height:100dvh;display:grid;place-items:center;padding:1.25rem;
          background:var(--ground);color:var(--ink);
          font:1.0625rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
        main{width:100%;max-width:30rem;padding:clamp(1.5rem,5vw,2.5rem);border:1px solid var(--line);border-radius:1rem;
          background:var(--card)}
        h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25;letter-spacing:-.01em;text-wrap:balance}
        p{margin:0 0 1.5rem;color:var(--soft)}
        p:last-child{margin:0}
        form{margin:0}
        button,a{display:inline-flex;align-items:center;justify-content:center;min-height:3rem;padding:.625rem 1.5rem;
          border:1px solid transparent;border-radius:.625rem;background:var(--accent);color:var(--accent-ink);
          font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
        :is(a,button):hover{filter:brightness(1.08)}
        :is(a,button):focus-visible{outline:3px solid var(--accent);outline-offset:3px}
        @media(max-width:26rem){button,a{width:100%}}
        """;
}
