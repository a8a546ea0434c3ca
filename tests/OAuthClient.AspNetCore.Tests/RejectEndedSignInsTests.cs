using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>The application's cookie ends with the sign-in, whatever else the application does to its cookies.</summary>
public sealed class RejectEndedSignInsTests
{
    private const string Warning = "RejectEndedSignIns";

    /// <summary>How an application sets its own check of the cookie after RejectEndedSignIns was called.</summary>
    public static readonly string[] Ways =
    [
        "Events",
        "OnValidatePrincipal",
        "EventsType",
        "PostConfigure",
        "before",
        "at run time",
        "nothing",
    ];

    [TestCaseSource(nameof(Ways))]
    [Description(
        "Threat: an application's cookie events replaced after ours. The cookie is still checked, and the application's own "
            + "check is still made"
    )]
    public async Task Events_that_are_set_afterwards_undo_nothing(string way)
    {
        Visits visits = new();
        void Replace(CookieAuthenticationOptions o) => o.Events = new() { OnValidatePrincipal = visits.CountAsync };
        void Set(CookieAuthenticationOptions o) => o.Events.OnValidatePrincipal = visits.CountAsync;
        await using var app = await OpenIdApp.StartAsync(
            services: services =>
            {
                services.AddSingleton(visits).AddScoped<OwnEvents>();
                switch (way)
                {
                    case "Events":
                        services.Configure<CookieAuthenticationOptions>("Cookies", Replace);
                        break;
                    case "OnValidatePrincipal":
                        services.Configure<CookieAuthenticationOptions>("Cookies", Set);
                        break;
                    case "EventsType":
                        services.Configure<CookieAuthenticationOptions>("Cookies", o => o.EventsType = typeof(OwnEvents));
                        break;
                    case "PostConfigure":
                        services.PostConfigureAll<CookieAuthenticationOptions>(Replace);
                        break;
                    default:
                        break;
                }
            },
            authentication: builder =>
            {
                if (way == "before")
                    builder.Services.Configure<CookieAuthenticationOptions>("Cookies", Set);
                builder.RejectEndedSignIns();
            }
        );
        if (way == "at run time")
            Replace(app.Services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get("Cookies"));
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
        Assert.That(visits.Count, way == "nothing" ? Is.Zero : Is.Positive);

        await RevokeAsync(app);

        Assert.That(await browser.WhoAsync(), Is.Empty);
        Assert.That(browser.Jar, Is.Empty);
    }

    [Test]
    [Description("Options that are reloaded, with other events, are checked as before")]
    public async Task Reloaded_options()
    {
        await using var app = await OpenIdApp.StartAsync();
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
        app.Services.GetRequiredService<IOptionsMonitorCache<CookieAuthenticationOptions>>().Clear();
        app.Services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get("Cookies").Events = new();

        await RevokeAsync(app);

        Assert.That(await browser.WhoAsync(), Is.Empty);
    }

    [Test]
    [Description("A cookie made from Grant.ToClaimsPrincipal() names client, owner and sign-in, so it is checked as well")]
    public async Task A_cookie_of_the_grants_principal()
    {
        await using var app = await OpenIdApp.StartAsync(endpoints: web =>
            web.Map(
                "/again",
                async (HttpContext context) =>
                {
                    var photos = context.RequestServices.GetRequiredKeyedService<BrowserAuthorization>("photos");
                    await context.SignInAsync((await photos.FindGrantAsync())!.ToClaimsPrincipal());
                }
            )
        );
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        await browser.GetAsync("/again");
        string claims = (await browser.GetAsync("/claims")).Body;
        Assert.That(claims, Does.Contain("oauthclient.client=photos").And.Contain("auth_time="), "all of the ID Token's claims");
        Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));

        await RevokeAsync(app);

        Assert.That(await browser.WhoAsync(), Is.Empty);
        Assert.That(browser.Jar, Is.Empty);
    }

    [TestCase("validate"), TestCase("sign in"), TestCase("transform")]
    [Description("An application that replaces the principal by one of its own, which does not name the sign-in, stays protected")]
    public async Task A_replaced_principal(string when)
    {
        await using var app = await OpenIdApp.StartAsync(services: services =>
        {
            if (when == "transform")
                services.AddSingleton<IClaimsTransformation, OwnClaims>();
            services.Configure<CookieAuthenticationOptions>(
                "Cookies",
                o =>
                {
                    if (when == "sign in")
                        o.Events.OnSigningIn = context => Task.FromResult(context.Principal = OwnClaims.Of(context.Principal!));
                    if (when == "validate")
                    {
                        o.Events.OnValidatePrincipal = context =>
                        {
                            context.ReplacePrincipal(OwnClaims.Of(context.Principal!));
                            context.ShouldRenew = true;
                            return Task.CompletedTask;
                        };
                    }
                }
            );
        });
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        for (int i = 0; i < 2; i++)
            Assert.That(await browser.WhoAsync(), Is.EqualTo("alice"));
        Assert.That((await browser.GetAsync("/claims")).Body, Does.Not.Contain("oauthclient.client"));

        await RevokeAsync(app);

        Assert.That(await browser.WhoAsync(), Is.Empty);
    }

    [TestCase(true), TestCase(false)]
    [Description("Several cookie schemes: all are checked, or those that are named")]
    public async Task Several_schemes(bool isNamed)
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
                    "/second/who",
                    async (HttpContext context) => (await context.AuthenticateAsync("Second")).Principal?.FindFirst("sub")?.Value ?? ""
                );
            }
        );
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        await browser.GetAsync("/second/in");
        Assert.That((await browser.GetAsync("/second/who")).Body, Is.EqualTo("alice"));

        await RevokeAsync(app);

        Assert.That((await browser.GetAsync("/second/who")).Body, Is.EqualTo(isNamed ? "alice" : ""));
        Assert.That(await browser.WhoAsync(), Is.Empty);
    }

    [Test]
    [Description("A cookie scheme that the application adds at run time is checked as well")]
    public async Task A_scheme_that_is_added_at_run_time()
    {
        await using var app = await OpenIdApp.StartAsync(endpoints: web =>
        {
            web.Map("/late/in", (HttpContext context) => context.SignInAsync("Late", context.User));
            web.Map(
                "/late/who",
                async (HttpContext context) => (await context.AuthenticateAsync("Late")).Principal?.FindFirst("sub")?.Value ?? ""
            );
        });
        app.Services.GetRequiredService<IAuthenticationSchemeProvider>().AddScheme(new("Late", null, typeof(CookieAuthenticationHandler)));
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        await browser.GetAsync("/late/in");
        Assert.That((await browser.GetAsync("/late/who")).Body, Is.EqualTo("alice"));

        await RevokeAsync(app);

        Assert.That((await browser.GetAsync("/late/who")).Body, Is.Empty);
    }

    [Test]
    [Description("A cookie of a user who signed in in another way is left alone")]
    public async Task Another_users_cookie_is_left_alone()
    {
        await using var app = await OpenIdApp.StartAsync(endpoints: web =>
            web.Map(
                "/local",
                (HttpContext context) =>
                    context.SignInAsync(Principal("password", new("sub", "local"), new(ClaimTypes.NameIdentifier, "42")))
            )
        );
        var browser = app.OpenBrowser(user: null);
        await browser.GetAsync("/local");
        Assert.That(await browser.WhoAsync(), Is.EqualTo("local"));
    }

    [Test]
    [Description("A cookie that names its sign-in incompletely is not valid: silently unprotected it never is")]
    public async Task An_incomplete_cookie_is_rejected()
    {
        await using var app = await OpenIdApp.StartAsync(endpoints: web =>
            web.Map(
                "/incomplete",
                (HttpContext context) =>
                    context.SignInAsync(Principal("OAuthClient", new("sub", "alice"), new("oauthclient.client", "photos")))
            )
        );
        var browser = app.OpenBrowser(user: null);
        await browser.GetAsync("/incomplete");
        Assert.That(await browser.WhoAsync(), Is.Empty);
    }

    [Test]
    [Description("What cannot be checked keeps the host from starting, with a sentence that says what to write")]
    public void What_cannot_be_checked_fails_at_start()
    {
        Fails(builder => builder.RejectEndedSignIns("Cookie"), "no authentication scheme 'Cookie'");
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

        static void Fails(Action<AuthenticationBuilder> authentication, string words) =>
            Assert.That(
                async () => await OpenIdApp.StartAsync(authentication: authentication),
                Throws.InvalidOperationException.With.Message.Contains(words).And.Message.Contains("RejectEndedSignIns")
            );
    }

    [Test]
    [Description("Without a cookie scheme there is nothing to check: the host does not start")]
    public void Without_cookies() =>
        Assert.That(
            async () => await App.StartAsync(services: (services, _) => services.AddAuthentication().RejectEndedSignIns()),
            Throws.InvalidOperationException.With.Message.Contains("there is no cookie scheme")
        );

    [Test]
    [Description("Named schemes beside a handler that cannot be checked: the application checks that one itself")]
    public async Task Other_handlers_may_stand_beside() =>
        await (await OpenIdApp.StartAsync(authentication: builder => AddOwnHandler(builder.RejectEndedSignIns("Cookies")))).DisposeAsync();

    [TestCase("forgotten", true), TestCase("named", false), TestCase("all", false), TestCase("another", true)]
    [Description("An application that signs users in by this library, into a cookie that is not checked, is told so once")]
    public async Task A_forgotten_call_is_logged_once(string how, bool isLogged)
    {
        await using var app = await OpenIdApp.StartAsync(authentication: builder =>
            _ = how switch
            {
                "forgotten" => builder,
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

    [Test]
    [Description("Threat: requests that make the database work. 1,000 requests with an ended cookie: a bounded number of store queries")]
    public async Task A_thousand_requests_with_an_ended_cookie()
    {
        CountingStore? store = null;
        await using var app = await OpenIdApp.StartAsync(services: services =>
            services.AddSingleton(_ =>
            {
                ServiceCollection other = new();
                other.AddOAuthClient("other", _ => { });
                return CountingStore.Around(other.BuildServiceProvider().GetRequiredService<IGrantStore>(), out store);
            })
        );
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        var copy = app.OpenBrowser(user: null);
        await RevokeAsync(app);
        int before = store!.Reads;

        for (int i = 0; i < 1000; i++)
        {
            copy.TakeCookiesOf(browser);
            Assert.That(await copy.WhoAsync(), Is.Empty);
        }

        Assert.That(store.Reads - before, Is.LessThanOrEqualTo(2));
        await copy.LogInAsync();
        Assert.That(await copy.WhoAsync(), Is.EqualTo("alice"), "a new sign-in counts at once");
    }

    [TestCase("", "bob", false), TestCase("", "alice", true), TestCase("/mvc", "bob", true)]
    [Description(
        "Threat: another account completes a sign-in's renewal after its grants were revoked. What was begun says by which "
            + "registration the user signed in; other registrations connect any account"
    )]
    public async Task Another_account_does_not_renew_a_sign_in(string prefix, string account, bool isAccepted)
    {
        await using var app = await OpenIdApp.StartAsync(
            authentication: _ => { },
            endpoints: web =>
                web.Map(
                    "/earlier",
                    (HttpContext context, IOptionsMonitor<OAuthClientOptions> options) =>
                    {
                        // A cookie from before a restart: this process knows of no sign-in.
                        var owner = GrantOwner.Subject(options.Get("photos").Issuer!.OriginalString, "alice");
                        return context.SignInAsync(
                            Principal(
                                "OAuthClient",
                                new("sub", "alice"),
                                new(GrantOwner.ClaimType, owner.ToString()),
                                new("oauthclient.client", "photos"),
                                new("oauthclient.sign_in", "earlier")
                            )
                        );
                    }
                )
        );
        if (account == "bob")
            app.Server.AddUser(new TestUser { Subject = "bob", UserName = "bob" });
        var browser = app.OpenBrowser(user: null);
        await browser.GetAsync("/earlier");

        var answer = await browser.ConnectAsync(prefix, how: new() { UserName = account });

        if (isAccepted)
            Assert.That(answer.Location, Is.EqualTo("/"), answer.Body);
        else
            answer.RequireRefusal("OAuthProtocolException", "another user");
    }

    private static ClaimsPrincipal Principal(string authenticationType, params Claim[] claims) =>
        new(new ClaimsIdentity(claims, authenticationType));

    private static AuthenticationBuilder AddOwnHandler(AuthenticationBuilder builder) =>
        builder.AddScheme<CookieAuthenticationOptions, OwnHandler>("Own", null, _ => { });

    private static async Task RevokeAsync(App app)
    {
        var owner = GrantOwner.Subject(app.Server.Issuer.OriginalString, "alice");
        foreach (string name in new[] { "photos", "albums" })
            await app.Client(name).RevokeAsync(owner);
    }

    private sealed class Visits
    {
        private int count;

        public int Count => Volatile.Read(ref count);

        public Task CountAsync(CookieValidatePrincipalContext context)
        {
            Interlocked.Increment(ref count);
            return Task.CompletedTask;
        }
    }

    private sealed class OwnEvents(Visits visits) : CookieAuthenticationEvents
    {
        public override Task ValidatePrincipal(CookieValidatePrincipalContext context) => visits.CountAsync(context);
    }

    private sealed class OwnClaims : IClaimsTransformation
    {
        public static ClaimsPrincipal Of(ClaimsPrincipal principal) =>
            new(new ClaimsIdentity([principal.FindFirst("sub")!, principal.FindFirst(ClaimTypes.NameIdentifier)!], "own"));

        public Task<ClaimsPrincipal> TransformAsync(ClaimsPrincipal principal) => Task.FromResult(Of(principal));
    }

    private sealed class OwnProvider(IAuthenticationSchemeProvider schemes) : AuthenticationHandlerProvider(schemes);

    private sealed class OwnHandler(IOptionsMonitor<CookieAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : CookieAuthenticationHandler(options, logger, encoder);
}
