using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.AspNetCore;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>
/// A web application whose users sign in at the server, as in the README, with Kestrel, a session cookie and an API that is called for
/// the user.
/// </summary>
internal sealed class WebApp : IAsyncDisposable
{
    /// <summary>The address that browsers use; <see cref="Address"/> is the address behind the proxy.</summary>
    public const string Public = "https://rp.example";

    private const string ClientSecret = "secret-of-the-web-application";

    private readonly WebApplication web;
    private readonly string name;

    private WebApp(WebApplication web, string name) => (this.web, this.name) = (web, name);

    public Uri Address => new(web.Urls.Single());

    /// <summary>Gets the name of the session cookie.</summary>
    public string SessionCookie => "session-" + name;

    /// <summary>Gets each request and its response status, such as <c>GET /who 200</c>.</summary>
    public ConcurrentQueue<string> Answered { get; } = new();

    /// <summary>Gets the client as the server knows it.</summary>
    public TestClient Client { get; private set; } = null!;

    /// <param name="server">The server at which the users sign in.</param>
    /// <param name="api">The API that the application calls for them.</param>
    /// <param name="name">The name of the client, at the server and in the application.</param>
    /// <param name="frontChannel">Whether the server notifies the application of logouts by a frame in the browser instead of the back
    /// channel.</param>
    /// <param name="options">Changes the registration.</param>
    public static async Task<WebApp> StartAsync(
        TestAuthorizationServer server,
        TestResourceServer api,
        string name = "accounts",
        bool frontChannel = false,
        Action<OAuthClientOptions>? options = null
    )
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.Services.AddSingleton(server.Options.TimeProvider);
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddAuthentication("Cookies").AddCookie("Cookies", o => o.Cookie.Name = "session-" + name).RejectEndedSignIns();
        builder
            .Services.AddOAuthClient(
                name,
                o =>
                {
                    o.Issuer = server.Issuer;
                    o.ClientId = name;
                    o.ClientSecret = ClientSecret;
                    o.RedirectUri = new(Public + "/callback");
                    o.PostLogoutRedirectUri = new(Public + "/signed-out");
                    o.Scopes = ["openid", "profile", "offline_access"];
                    o.DangerouslyAllowHttpOnLoopback = true;
                    options?.Invoke(o);
                }
            )
            .AddBrowserAuthorization();
        builder
            .Services.AddHttpClient("api", http => http.BaseAddress = api.BaseAddress)
            .AddAccessTokenHandler(name, t => t.ForCurrentUser().To(api.BaseAddress));

        WebApp app = new(builder.Build(), name);
        app.Map();
        await app.web.StartAsync();
        app.Client = server.AddClient(
            new TestClient
            {
                ClientId = name,
                ClientSecret = ClientSecret,
                RedirectUris = { Public + "/callback" },
                PostLogoutRedirectUris = { Public + "/signed-out" },
                BackChannelLogoutUri = frontChannel ? null : new(app.Address, "/logout/back"),
                FrontChannelLogoutUri = frontChannel ? new(app.Address, "/logout/front") : null,
                InitiateLoginUri = new(app.Address, "/login"),
            }
        );
        return app;
    }

    /// <summary>Returns the stored grants of a user of the server.</summary>
    public async Task<IReadOnlyList<Grant>> StoredAsync(string issuer, string subject = "alice") =>
        await web.Services.GetRequiredService<IGrantStore>().FindAsync(name, GrantOwner.Subject(issuer, subject), CancellationToken.None);

    public ValueTask DisposeAsync() => web.DisposeAsync();

    private void Map()
    {
        web.Use(AnswerAsync);
        web.UseAuthentication();
        web.UseRouting();
        var browser = web.Services.GetRequiredKeyedService<BrowserAuthorization>(name);
        web.MapGet(
            "/sign-in",
            (HttpContext context, string? returnUrl, string? prompt) =>
                browser.BeginSignInAsync(context, returnUrl, new() { Prompt = prompt })
        );
        web.MapMethods(
            "/callback",
            ["GET", "POST"],
            async (HttpContext context) =>
            {
                var done = await browser.CompleteAsync(context);
                if (done.User is { } user)
                    await context.SignInAsync(user);
                return Results.LocalRedirect(done.ReturnUrl);
            }
        );
        web.MapPost("/sign-out", (HttpContext context, string? returnUrl) => browser.BeginSignOutAsync(context, returnUrl));
        web.MapGet("/signed-out", (HttpContext context) => Results.LocalRedirect(browser.CompleteSignOut(context)));
        web.MapBackChannelLogout("/logout/back", name);
        web.MapFrontChannelLogout("/logout/front", name);
        web.MapThirdPartyInitiatedLogin("/login", name);
        web.MapGet("/who", (ClaimsPrincipal user) => user.FindFirst("sub")?.Value ?? "(none)");
        web.MapGet("/me", (IHttpClientFactory http) => http.CreateClient("api").GetStringAsync("/me"));
    }

    // The error page of the application.
    private async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OAuthException exception)
        {
            context.Response.StatusCode = exception is ReauthorizationRequiredException ? 401 : 400;
            await context.Response.WriteAsync($"{exception.GetType().Name}: {exception.Message}");
        }
        Answered.Enqueue($"{context.Request.Method} {context.Request.Path} {context.Response.StatusCode}");
    }
}
