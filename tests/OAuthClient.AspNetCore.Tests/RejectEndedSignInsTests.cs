using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Tests that the application's cookie is rejected after the sign-in has ended, even if the application replaces events or principals.
/// </summary>
public sealed class RejectEndedSignInsTests
{
    /// <summary>The ways in which an application sets its own cookie events.</summary>
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
        "The application replaces the cookie events after RejectEndedSignIns. The cookie is still checked, and the application's own "
            + "check is still called"
    )]
    public async Task Replaced_events_do_not_disable_the_check(string way)
    {
        CallCounter calls = new();
        void Replace(CookieAuthenticationOptions o) => o.Events = new() { OnValidatePrincipal = calls.CountAsync };
        void Set(CookieAuthenticationOptions o) => o.Events.OnValidatePrincipal = calls.CountAsync;
        await using var app = await OpenIdApp.StartAsync(
            services: services =>
            {
                services.AddSingleton(calls).AddScoped<OwnEvents>();
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
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
        Assert.That(calls.Count, way == "nothing" ? Is.Zero : Is.Positive);

        await RevokeAsync(app);

        Assert.That(await browser.GetUserAsync(), Is.Empty);
        Assert.That(browser.Jar, Is.Empty);
    }

    [Test]
    [Description("Reloaded options with other events do not disable the check")]
    public async Task Reloaded_options_do_not_disable_the_check()
    {
        await using var app = await OpenIdApp.StartAsync();
        var browser = app.OpenBrowser(user: null);
        await browser.LogInAsync();
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
        app.Services.GetRequiredService<IOptionsMonitorCache<CookieAuthenticationOptions>>().Clear();
        app.Services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get("Cookies").Events = new();

        await RevokeAsync(app);

        Assert.That(await browser.GetUserAsync(), Is.Empty);
    }

    [Test]
    [Description("A cookie made from Grant.ToClaimsPrincipal() names the client, owner and sign-in, so it is checked as well")]
    public async Task Cookie_of_ToClaimsPrincipal_is_checked()
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
        Assert.That(claims, Does.Contain("oauthclient.client=photos").And.Contain("auth_time="), "all claims of the ID Token");
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));

        await RevokeAsync(app);

        Assert.That(await browser.GetUserAsync(), Is.Empty);
        Assert.That(browser.Jar, Is.Empty);
    }

    [TestCase("validate"), TestCase("sign in"), TestCase("transform")]
    [Description("A cookie is checked even if the application replaces its principal with one that does not name the sign-in")]
    public async Task Replaced_principal_does_not_disable_the_check(string when)
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
            Assert.That(await browser.GetUserAsync(), Is.EqualTo("alice"));
        Assert.That((await browser.GetAsync("/claims")).Body, Does.Not.Contain("oauthclient.client"));

        await RevokeAsync(app);

        Assert.That(await browser.GetUserAsync(), Is.Empty);
    }

    [Test]
    [Description("A cookie of a user who signed in by other means is not rejected")]
    public async Task Cookie_of_another_sign_in_is_not_rejected()
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
        Assert.That(await browser.GetUserAsync(), Is.EqualTo("local"));
    }

    [Test]
    [Description("A cookie that names only part of a sign-in is rejected")]
    public async Task Incomplete_cookie_is_rejected()
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
        Assert.That(await browser.GetUserAsync(), Is.Empty);
    }

    [Test]
    [Description("1,000 requests with the cookie of an ended sign-in cause a bounded number of store queries")]
    public async Task Cookie_of_an_ended_sign_in_causes_few_store_queries()
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
            Assert.That(await copy.GetUserAsync(), Is.Empty);
        }

        Assert.That(store.Reads - before, Is.LessThanOrEqualTo(2));
        await copy.LogInAsync();
        Assert.That(await copy.GetUserAsync(), Is.EqualTo("alice"), "a new sign-in is accepted immediately");
    }

    [TestCase("", "bob", false), TestCase("", "alice", true), TestCase("/mvc", "bob", true)]
    [Description(
        "Another account cannot complete the renewal of a sign-in, even after its grants were revoked. A client that was not "
            + "used for the sign-in accepts any account"
    )]
    public async Task Another_account_cannot_renew_a_sign_in(string prefix, string account, bool isAccepted)
    {
        await using var app = await OpenIdApp.StartAsync(
            authentication: _ => { },
            endpoints: web =>
                web.Map(
                    "/earlier",
                    (HttpContext context, IOptionsMonitor<OAuthClientOptions> options) =>
                    {
                        // A cookie from before a restart: the store contains no grant of the sign-in.
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

        var response = await browser.ConnectAsync(prefix, options: new() { UserName = account });

        if (isAccepted)
            Assert.That(response.Location, Is.EqualTo("/"), response.Body);
        else
            response.RequireException("OAuthProtocolException", "another user");
    }

    private static ClaimsPrincipal Principal(string authenticationType, params Claim[] claims) =>
        new(new ClaimsIdentity(claims, authenticationType));

    internal static async Task RevokeAsync(App app)
    {
        var owner = GrantOwner.Subject(app.Server.Issuer.OriginalString, "alice");
        foreach (string name in new[] { "photos", "albums" })
            await app.Client(name).RevokeAsync(owner);
    }

    private sealed class CallCounter
    {
        private int count;

        public int Count => Volatile.Read(ref count);

        public Task CountAsync(CookieValidatePrincipalContext context)
        {
            Interlocked.Increment(ref count);
            return Task.CompletedTask;
        }
    }

    private sealed class OwnEvents(CallCounter calls) : CookieAuthenticationEvents
    {
        public override Task ValidatePrincipal(CookieValidatePrincipalContext context) => calls.CountAsync(context);
    }

    private sealed class OwnClaims : IClaimsTransformation
    {
        public static ClaimsPrincipal Of(ClaimsPrincipal principal) =>
            new(new ClaimsIdentity([principal.FindFirst("sub")!, principal.FindFirst(ClaimTypes.NameIdentifier)!], "own"));

        public Task<ClaimsPrincipal> TransformAsync(ClaimsPrincipal principal) => Task.FromResult(Of(principal));
    }
}
