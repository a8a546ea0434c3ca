using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Hosts a web application on its own port, with an authorization server and an API. Two clients cover both hosting models: <c>photos</c>
/// in minimal endpoints, <c>albums</c> in a controller. A request header names the signed-in user.
/// </summary>
internal sealed class App : IAsyncDisposable
{
    public const string Public = "https://app.example";
    public const string UserHeader = "X-User";

    private WebApplication web = null!;
    private readonly HttpMessageInvoker sockets = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        }
    );

    private App(TestAuthorizationServer server, TestResourceServer api)
    {
        Server = server;
        Api = api;
    }

    public TestAuthorizationServer Server { get; }
    public TestResourceServer Api { get; }
    public ManualTimeProvider Time { get; } = new();
    public RecordedLog Log { get; } = new();
    public IEnumerable<string> Logged => Log.Entries.Select(entry => entry.Message);
    public Uri Address { get; private set; } = null!;
    public IServiceProvider Services => web.Services;
    public int TokenRequests => Server.RequestsTo(TestEndpoint.Token).Count;

    /// <param name="client">Changes each client's options.</param>
    /// <param name="services">Adds services to the application before the clients are registered.</param>
    /// <param name="pipeline">Adds middleware at the start of the pipeline.</param>
    /// <param name="environment">The environment name; Development uses the developer exception page.</param>
    /// <param name="endpoints">Adds endpoints.</param>
    public static async Task<App> StartAsync(
        Action<OAuthClientOptions>? client = null,
        Action<IServiceCollection, TestResourceServer>? services = null,
        Action<WebApplication>? pipeline = null,
        Action<WebApplication>? endpoints = null,
        string environment = "Development"
    )
    {
        var server = await TestAuthorizationServer.StartAsync();
        var app = new App(server, await server.StartResourceServerAsync());
        server.Options.TimeProvider = app.Time;
        server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = "s",
                RedirectUris = { Public + "/callback" },
            }
        );
        server.AddClient(
            new TestClient
            {
                ClientId = "albums",
                ClientSecret = "s",
                RedirectUris = { Public + "/mvc/callback" },
            }
        );

        var builder = WebApplication.CreateEmptyBuilder(new() { EnvironmentName = environment });
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(app.Log);
        builder.Services.AddSingleton<TimeProvider>(app.Time);
        services?.Invoke(builder.Services, app.Api);
        builder.Services.AddRouting();
        builder.Services.AddControllers().AddApplicationPart(typeof(App).Assembly);
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        app.AddClient(builder.Services, "photos", "/callback", client);
        app.AddClient(builder.Services, "albums", "/mvc/callback", client);

        app.web = builder.Build();
        if (environment == "Development")
            app.web.UseDeveloperExceptionPage();
        pipeline?.Invoke(app.web);
        app.web.Use(
            (context, next) =>
            {
                if (context.Request.Headers[UserHeader].ToString() is { Length: > 0 } user)
                    context.User = new(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, user)], "header"));
                return next(context);
            }
        );
        app.web.UseRouting();
        app.Map();
        endpoints?.Invoke(app.web);
        await app.web.StartAsync();
        app.Address = new(app.web.Urls.Single());
        return app;
    }

    public Browser OpenBrowser(string? user = "alice") => new(this, sockets) { User = user };

    public IOAuthClient Client(string name) => Services.GetRequiredKeyedService<IOAuthClient>(name);

    public async ValueTask DisposeAsync()
    {
        sockets.Dispose();
        await web.DisposeAsync();
        await Api.DisposeAsync();
        await Server.DisposeAsync();
    }

    private void AddClient(IServiceCollection services, string name, string callback, Action<OAuthClientOptions>? further)
    {
        services
            .AddOAuthClient(
                name,
                o =>
                {
                    o.Issuer = Server.Issuer;
                    o.ClientId = name;
                    o.ClientSecret = "s";
                    o.RedirectUri = new(Public + callback);
                    o.Scopes = ["openid", "profile", "photos.read", "offline_access"];
                    o.DangerouslyAllowHttpOnLoopback = true;
                    further?.Invoke(o);
                }
            )
            .AddBrowserAuthorization();
        services
            .AddHttpClient(name, http => http.BaseAddress = Api.BaseAddress)
            .AddAccessTokenHandler(name, t => t.ForCurrentUser().To(Api.BaseAddress));
    }

    private void Map()
    {
        web.MapControllers();
        web.Map(
            "/connect",
            (HttpContext context, string? returnUrl, [FromKeyedServices("photos")] BrowserAuthorization photos) =>
                photos.BeginAsync(context, returnUrl)
        );
        web.Map(
            "/callback",
            async (HttpContext context, [FromKeyedServices("photos")] BrowserAuthorization photos) =>
            {
                var done = await photos.CompleteAsync(context);
                if (done.User is { } user)
                    await context.SignInAsync(user);
                return done.Denied ? Results.Text("denied") : Results.LocalRedirect(done.ReturnUrl);
            }
        );
        web.Map("/photos", async (IHttpClientFactory http) => await http.CreateClient("photos").GetStringAsync("/photos"))
            .ReauthorizeWhenNeeded("photos");
        web.Map("/me", async (IHttpClientFactory http) => await http.CreateClient("photos").GetStringAsync("/me"));
    }
}

[Route("mvc")]
public sealed class AlbumsController([FromKeyedServices("albums")] BrowserAuthorization albums, IHttpClientFactory http) : ControllerBase
{
    [Route("connect")]
    public ValueTask<BrowserRedirectResult> Connect(string? returnUrl) => albums.BeginAsync(HttpContext, returnUrl);

    [Route("callback")]
    public async Task<IActionResult> Callback()
    {
        var done = await albums.CompleteAsync(HttpContext);
        if (done.User is { } user)
            await HttpContext.SignInAsync(user);
        return done.Denied ? Content("denied") : LocalRedirect(done.ReturnUrl);
    }

    [Route("result/callback")]
    public ValueTask<BrowserAuthorizationResult> CallbackResult() => albums.CompleteAsync(HttpContext);

    [Route("sign-in")]
    public async Task<IActionResult> BeginSignIn(string? returnUrl) => await albums.BeginSignInAsync(HttpContext, returnUrl);

    [Route("sign-out")]
    public ValueTask<BrowserRedirectResult> BeginSignOut(string? returnUrl) => albums.BeginSignOutAsync(HttpContext, returnUrl);

    [Route("signed-out")]
    public IActionResult SignedOut() => LocalRedirect(albums.CompleteSignOut(HttpContext));

    [Route("photos"), ReauthorizeWhenNeeded("albums")]
    public Task<string> Photos() => http.CreateClient("albums").GetStringAsync("/photos");

    [Route("me")]
    public Task<string> Me() => http.CreateClient("albums").GetStringAsync("/me");

    [Route("started"), ReauthorizeWhenNeeded("albums")]
    public Task Started() => StartAndFailAsync(HttpContext, "albums");

    internal static async Task StartAndFailAsync(HttpContext context, string client)
    {
        await context.Response.WriteAsync("started");
        await context.Response.Body.FlushAsync();
        throw new ReauthorizationRequiredException(client, "The response has started.");
    }

    [Route("others"), ReauthorizeWhenNeeded("photos")]
    public Task<string> PhotosWithFilterOfAnotherClient() => Photos();
}
