using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Hosts an application with the endpoints of MapBrowserAuthorization for the client <c>photos</c>.</summary>
internal static partial class MappedApp
{
    public const string Callback = "/mapped/callback";
    public const string SignedOut = "/mapped/signed-out";
    public const string Connect = "/oauth/photos/connect";

    /// <param name="client">Changes the client's options.</param>
    /// <param name="paths">Changes the paths and pages.</param>
    /// <param name="map">Adds conventions to the endpoints.</param>
    /// <param name="pipeline">Adds middleware at the start of the pipeline.</param>
    /// <param name="hasScheme">A value indicating whether the application has a cookie scheme.</param>
    /// <param name="services">Adds services.</param>
    /// <param name="further">Adds endpoints.</param>
    public static async Task<App> StartAsync(
        Action<OAuthClientOptions>? client = null,
        Action<BrowserAuthorizationOptions>? paths = null,
        Action<IEndpointConventionBuilder>? map = null,
        Action<WebApplication>? pipeline = null,
        bool hasScheme = true,
        Action<IServiceCollection, TestResourceServer>? services = null,
        Action<WebApplication>? further = null
    )
    {
        var app = await App.StartAsync(
            o =>
            {
                if (o.ClientId != "photos")
                    return;
                o.RedirectUri = new(App.Public + Callback);
                o.PostLogoutRedirectUri = new(App.Public + SignedOut);
                client?.Invoke(o);
            },
            (registered, api) =>
            {
                services?.Invoke(registered, api);
                registered.AddAntiforgery();
                registered.Configure<BrowserAuthorizationOptions>(
                    "photos",
                    o =>
                    {
                        o.AllowSignIn = true;
                        paths?.Invoke(o);
                    }
                );
                if (!hasScheme)
                    return;
                registered
                    .AddAuthentication("Cookies")
                    .AddCookie("Cookies", o => (o.Cookie.Name, o.LoginPath) = (OpenIdApp.Session, "/log-in"));
            },
            web =>
            {
                pipeline?.Invoke(web);
                if (hasScheme)
                    web.UseAuthentication();
            },
            web =>
            {
                var endpoints = web.MapBrowserAuthorization("photos");
                map?.Invoke(endpoints);
                further?.Invoke(web);
                web.MapGet("/token", (HttpContext c, IAntiforgery antiforgery) => antiforgery.GetAndStoreTokens(c).RequestToken);
                web.MapGet("/user", (HttpContext context) => Results.Text(context.User.FindFirst("sub")?.Value ?? ""));
            }
        );
        app.Server.AddClient(
            new()
            {
                ClientId = "photos",
                ClientSecret = "s",
                RedirectUris = { App.Public + Callback, App.Public + "/below" + Callback, App.Public + "/other-path" },
                PostLogoutRedirectUris = { App.Public + SignedOut },
            }
        );
        return app;
    }

    /// <summary>Posts a form of this application, with its antiforgery token.</summary>
    public static async Task<BrowserResponse> PostFormAsync(this Browser browser, string path, params (string, string)[] fields) =>
        await browser.PostAsync(path, [.. fields, ("__RequestVerificationToken", (await browser.GetAsync("/token")).Body)]);

    /// <summary>Begins an authorization at the application and signs in at the server.</summary>
    /// <returns>The fields of the callback.</returns>
    public static async Task<(string Name, string Value)[]> AuthorizeAsync(
        this Browser browser,
        string? returnUrl = null,
        bool deny = false
    )
    {
        var beginResponse = await browser.PostFormAsync(Connect, ("returnUrl", returnUrl ?? ""));
        Assert.That(beginResponse.Status, Is.EqualTo(HttpStatusCode.SeeOther), beginResponse.Body);
        return Fields(await browser.SignInAsync(new(beginResponse.Location!), new() { Deny = deny }));
    }

    public static (string Name, string Value)[] Fields(string callback) =>
        [.. callback.Split('?')[1].Split('&').Select(part => part.Split('=')).Select(part => (part[0], Uri.UnescapeDataString(part[1])))];

    /// <summary>Reads the hidden form fields that a browser would post from the page.</summary>
    public static (string Name, string Value)[] FormOf(BrowserResponse page) =>
        [
            .. Input()
                .Matches(page.Body)
                .Select(input => (WebUtility.HtmlDecode(input.Groups["name"].Value), WebUtility.HtmlDecode(input.Groups["value"].Value))),
        ];

    public static void RequirePage(this BrowserResponse response, HttpStatusCode status, string heading)
    {
        Assert.That(response.Status, Is.EqualTo(status), response.Body);
        Assert.That(
            response.Body,
            Does.StartWith("<!DOCTYPE html>").And.Contains("<html lang=\"en\">").And.Contains($"<h1>{heading}</h1>")
        );
        Assert.That(response.Header("Cache-Control"), Is.EqualTo("no-store"));
        Assert.That(response.Header("Referrer-Policy"), Is.EqualTo("no-referrer"));
        Assert.That(response.Header("X-Frame-Options"), Is.EqualTo("DENY"));
        string policy = response.Header("Content-Security-Policy")!;
        Assert.That(policy, Does.StartWith("default-src 'none'; style-src 'nonce-").And.EndsWith("; frame-ancestors 'none'"));
        foreach (string loader in new[] { "href=\"http", "url(", "src=", "@import" })
            Assert.That(response.Body, Does.Not.Contain(loader), "the page loads no external resource");
    }

    [GeneratedRegex(
        "<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\">",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Input();
}
