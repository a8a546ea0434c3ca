using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests which cookie schemes RejectEndedSignIns checks, and the errors and warnings for schemes that it does not check.</summary>
public sealed class RejectEndedSignInsSchemeTests
{
    private const string Warning = "RejectEndedSignIns";

    [TestCase(true), TestCase(false)]
    [Description("All cookie schemes are checked, or only the named ones")]
    public async Task All_or_named_schemes_are_checked(bool isNamed)
    {
        await using var app = await OpenIdApp.StartAsync(
            authentication: builder =>
            {
                if (isNamed)
                    builder.RejectEndedSignIns("Cookies");
                else
                    builder.RejectEndedSignIns();
                builder.AddCookie("Second", o => o.Cookie.Name = "second");
            },
            endpoints: web =>
            {
                web.Map("/second/in", (HttpContext context) => context.SignInAsync("Second", context.User));
                web.Map(
                    "/second/user",
                    async (HttpContext context) => (await context.AuthenticateAsync("Second")).Principal?.FindFirst("sub")?.Value ?? ""
                );
            }
        );
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        await browser.GetAsync("/second/in");
        Assert.That((await browser.GetAsync("/second/user")).Body, Is.EqualTo("alice"));

        await RejectEndedSignInsTests.RevokeAsync(app);

        Assert.That((await browser.GetAsync("/second/user")).Body, Is.EqualTo(isNamed ? "alice" : ""));
        Assert.That(await browser.GetUserAsync(), Is.Empty);
    }

    [Test]
    [Description("A cookie scheme that the application adds at run time is checked as well")]
    public async Task Scheme_added_at_run_time_is_checked()
    {
        await using var app = await OpenIdApp.StartAsync(endpoints: web =>
        {
            web.Map("/late/in", (HttpContext context) => context.SignInAsync("Late", context.User));
            web.Map(
                "/late/user",
                async (HttpContext context) => (await context.AuthenticateAsync("Late")).Principal?.FindFirst("sub")?.Value ?? ""
            );
        });
        app.Services.GetRequiredService<IAuthenticationSchemeProvider>().AddScheme(new("Late", null, typeof(CookieAuthenticationHandler)));
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        await browser.GetAsync("/late/in");
        Assert.That((await browser.GetAsync("/late/user")).Body, Is.EqualTo("alice"));

        await RejectEndedSignInsTests.RevokeAsync(app);

        Assert.That((await browser.GetAsync("/late/user")).Body, Is.Empty);
    }

    [Test]
    [Description("The host does not start if a scheme cannot be checked; the message names the fix")]
    public void Unchecked_scheme_fails_at_start()
    {
        Fails(builder => builder.RejectEndedSignIns("Cookie"), "the authentication scheme 'Cookie' is not registered");
        Fails(builder => AddOwnHandler(builder.RejectEndedSignIns()), nameof(OwnHandler));
        Fails(builder => AddOwnHandler(builder.RejectEndedSignIns("Own")), nameof(OwnHandler));
        Fails(
            builder => builder.RejectEndedSignIns().Services.AddTransient<CookieAuthenticationHandler, OwnHandler>(),
            "CookieAuthenticationHandler"
        );
        Fails(builder => builder.RejectEndedSignIns().Services.AddScoped<IAuthenticationHandlerProvider, OwnProvider>(), "HandlerProvider");
        Fails(
            builder =>
            {
                builder.RejectEndedSignIns();
                builder.Services.PostConfigure<AuthenticationOptions>(o => o.SchemeMap["Cookies"].HandlerType = typeof(OwnHandler));
            },
            nameof(OwnHandler)
        );

        static void Fails(Action<AuthenticationBuilder> authentication, string message) =>
            Assert.That(
                async () => await OpenIdApp.StartAsync(authentication: authentication),
                Throws.InvalidOperationException.With.Message.Contains(message).And.Message.Contains("RejectEndedSignIns")
            );
    }

    [Test]
    [Description("The host does not start without a cookie scheme")]
    public void Missing_cookie_scheme_fails_at_start() =>
        Assert.That(
            async () => await App.StartAsync(services: (services, _) => services.AddAuthentication().RejectEndedSignIns()),
            Throws.InvalidOperationException.With.Message.Contains("requires a cookie scheme")
        );

    [Test]
    [Description("A custom handler is allowed if the checked schemes are named")]
    public async Task Custom_handler_is_allowed_beside_named_schemes() =>
        await (await OpenIdApp.StartAsync(authentication: builder => AddOwnHandler(builder.RejectEndedSignIns("Cookies")))).DisposeAsync();

    [TestCase("missing", true), TestCase("named", false), TestCase("all", false), TestCase("another", true)]
    [Description("A sign-in into a cookie scheme that is not checked logs one warning")]
    public async Task Missing_call_is_logged_once(string how, bool isLogged)
    {
        await using var app = await OpenIdApp.StartAsync(authentication: builder =>
            _ = how switch
            {
                "missing" => builder,
                "named" => builder.RejectEndedSignIns("Cookies"),
                "all" => builder.RejectEndedSignIns(),
                _ => builder.AddCookie("Another").RejectEndedSignIns("Another"),
            }
        );
        for (int i = 0; i < 2; i++)
            await app.OpenBrowser(user: null).LogInAsync();
        await app.OpenBrowser(user: null).LogInAsync("/mvc");
        var warnings = app.Logged.Where(line => line.Contains(Warning, StringComparison.Ordinal));
        Assert.That(warnings, isLogged ? Has.One.Contains("'Cookies'") : Is.Empty);
    }

    private static AuthenticationBuilder AddOwnHandler(AuthenticationBuilder builder) =>
        builder.AddScheme<CookieAuthenticationOptions, OwnHandler>("Own", null, _ => { });

    private sealed class OwnProvider(IAuthenticationSchemeProvider schemes) : AuthenticationHandlerProvider(schemes);

    private sealed class OwnHandler(IOptionsMonitor<CookieAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : CookieAuthenticationHandler(options, logger, encoder);
}
