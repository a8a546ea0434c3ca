using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.Routing;
using Microsoft.AspNetCore.Routing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests that a return URL cannot redirect the browser to another site (open redirect, RFC 9700 §4.11).</summary>
public sealed class ReturnUrlTests
{
    private static readonly Uri Site = new("https://app.example/callback?code=1");

    private static readonly string[] NonLocalUrls =
    [
        "//e",
        "//e.example/x",
        "///e",
        "/\\e",
        "\\\\e",
        "\\/e",
        "/\\/e",
        "/%5ce",
        "/%5Ce",
        "/%2fe",
        "/%2F/e",
        "/%252fe",
        "/%255ce",
        "/%25252fe",
        "/%2525252fe",
        "/\te",
        "/\t/e",
        "\t//e",
        "/\r/e",
        "/\n/e",
        "/\r\nLocation: https://e",
        "/%09/e",
        "/%0d%0aSet-Cookie:a=b",
        "/%0a/e",
        "/%00",
        "/a\0b",
        "/a\\..\\e",
        "/a\\b",
        "/x%5c..%5c..%5c/e",
        "/?a\\b",
        "/.//e",
        "/..//e",
        "/./%2fe",
        "/%2e//e",
        "/%2e%2e//e",
        "/a/..//e",
        "/a/../%2fe",
        "/.\\/e",
        "/;//../..//e",
        "https://e",
        "https:e",
        "https:/e",
        "HTTPS://app.example@e",
        "http://app.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "//app.example@e",
        "@e",
        "/@e/..//e",
        ":80",
        ":80/x",
        ".e.example",
        "e",
        "",
        " ",
        " /e",
        " //e",
        "?a",
        "#a",
        "~/a",
        "~//e",
        "/ /\u0085e",
        "/\u009f",
        "//xn--e-ufa.example",
        "//ë.example",
        "\u00a0//e",
        "\u2028//e",
        "\ufeff//e",
        "/a/../" + "/e",
    ];

    [TestCaseSource(nameof(NonLocalUrls))]
    [Description("RFC 9700 §4.11: a URL that is no path of this site, or could resolve to another site, counts as no return URL")]
    public void Non_local_url_is_rejected(string url) => Assert.That(LocalReturnUrl.Normalize(url), Is.Null);

    [TestCase("/", "/")]
    [TestCase("/albums/2?page=3&sort=a%5Cb%0A#top", "/albums/2?page=3&sort=a%5Cb%0A#top")]
    [TestCase("/a//b", "/a//b")]
    [TestCase("/a/../b", "/b")]
    [TestCase("/my photos?q=a b", "/my%20photos?q=a%20b")]
    [TestCase("/fotos/münchen?q=日本", "/fotos/m%C3%BCnchen?q=%E6%97%A5%E6%9C%AC")]
    [TestCase("/?returnUrl=//e", "/?returnUrl=//e")]
    [TestCase("/user@e/:80", "/user@e/:80")]
    [TestCase("/／／e", "/%EF%BC%8F%EF%BC%8Fe")]
    [TestCase("/100%", "/100%25")]
    [Description("A path of this site is accepted, normalized and encoded for a header")]
    public void Local_path_is_accepted(string url, string expected) => Assert.That(LocalReturnUrl.Normalize(url), Is.EqualTo(expected));

    [Test]
    [Description("A return URL has at most 512 characters before and after encoding, so that four pending cookies fit into a request")]
    public void Long_path_is_rejected()
    {
        Assert.That(LocalReturnUrl.Normalize("/" + new string('a', 511)), Is.Not.Null);
        Assert.That(LocalReturnUrl.Normalize("/" + new string('a', 512)), Is.Null);
        Assert.That(LocalReturnUrl.Normalize("/" + new string('ü', 200)), Is.Null);
    }

    [Test]
    [Description(
        "Of 200,000 random strings of attack fragments every accepted URL stays on this site for a browser, a decoding proxy "
            + "and MVC's LocalRedirect"
    )]
    public void Fuzzed_urls_stay_on_this_site()
    {
        string[] parts =
        [
            "/",
            "//",
            "\\",
            "%2f",
            "%2F",
            "%5c",
            "%252f",
            "%09",
            "%0d",
            "%00",
            "%",
            ".",
            "..",
            "%2e",
            "?",
            "#",
            "@",
            ":",
            ";",
            "&",
            "=",
            " ",
            "\t",
            "\r",
            "\n",
            "\0",
            "e",
            "e.example",
            "https:",
            "javascript:",
            "http://",
            "~",
            "ë",
            "／",
            "＼",
            "。",
            "\u2028",
            "\ufeff",
            "\ud800",
            "\udc00",
            "xn--",
            "[::1]",
            "127.1",
            "a",
        ];
        // The fixed seed makes the test reproducible.
        var random = new Random(20250101);
        var mvc = new UrlHelper(new ActionContext(new DefaultHttpContext(), new RouteData(), new ActionDescriptor()));
        int accepted = 0;
        for (int i = 0; i < 200_000; i++)
        {
            string url =
                (random.Next(4) == 0 ? "" : "/")
                + string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => parts[random.Next(parts.Length)]));
            if (LocalReturnUrl.Normalize(url) is not { } local)
                continue;
            accepted++;
            bool isSafe =
                local.All(c => c is > ' ' and <= '~' and not '\\')
                && local.StartsWith('/')
                && !local.StartsWith("//", StringComparison.Ordinal)
                && IsOnThisSite(local)
                && IsOnThisSite(Uri.UnescapeDataString(local))
                && IsOnThisSite(Uri.UnescapeDataString(Uri.UnescapeDataString(local)))
                && mvc.IsLocalUrl(local)
                && LocalReturnUrl.Normalize(local) == local;
            if (!isSafe)
                Assert.Fail($"{Uri.EscapeDataString(url)} became {local}");
        }
        Assert.That(accepted, Is.GreaterThan(10_000), "the test accepts enough URLs to be meaningful");
    }

    [
        TestCase("", "//e.example"),
        TestCase("", "/\\e.example"),
        TestCase("", "/%5ce.example"),
        TestCase("", "/\t/e.example"),
        TestCase("", "https://e.example")
    ]
    [
        TestCase("/mvc", "//e.example"),
        TestCase("/mvc", "/\\e.example"),
        TestCase("/mvc", "/%5ce.example"),
        TestCase("/mvc", "/\t/e.example"),
        TestCase("/mvc", "https://e.example")
    ]
    [Description("RFC 9700 §4.11: an authorization with a non-local return URL completes and redirects to the application's root")]
    public async Task Non_local_return_url_redirects_to_the_root(string prefix, string returnUrl)
    {
        await using var app = await App.StartAsync();
        var done = await app.OpenBrowser().ConnectAsync(prefix, returnUrl);
        Assert.That(done.Status, Is.EqualTo(HttpStatusCode.Found), done.Body);
        Assert.That(done.Location, Is.EqualTo("/"));
    }

    [TestCase("/?scope=admin"), TestCase("/&scope=admin"), TestCase("/#&redirect_uri=https://e.example"), TestCase("/%26scope%3Dadmin")]
    [Description("Threat: parameter injection. A return URL does not change the authorization URL and is returned unchanged")]
    public async Task Return_url_does_not_change_the_authorization_url(string returnUrl)
    {
        await using var app = await App.StartAsync();
        var browser = app.OpenBrowser();
        var plain = await browser.BeginAsync();
        var injected = await browser.BeginAsync(returnUrl: returnUrl);
        Assert.That(Constant(injected), Is.EqualTo(Constant(plain)));
        Assert.That((await browser.GetAsync(await browser.SignInAsync(injected))).Location, Is.EqualTo(returnUrl));
    }

    private static string[] Constant(Uri authorizationUri) =>
        [
            authorizationUri.GetLeftPart(UriPartial.Path),
            .. authorizationUri
                .Query[1..]
                .Split('&')
                .Select(part => part.Split('=') is ["state" or "nonce" or "code_challenge", _] random ? random[0] : part),
        ];

    // Determines whether a browser resolves the path to this host. Query and fragment do not matter.
    private static bool IsOnThisSite(string location) =>
        Uri.TryCreate(Site, location.Split('?', '#')[0], out var target)
        && target.GetLeftPart(UriPartial.Authority) == "https://app.example";
}
