using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Hosts an application whose users sign in and out at the authorization server.</summary>
internal static class OpenIdApp
{
    public const string Session = "session";

    /// <param name="client">Changes each client's options.</param>
    /// <param name="services">Adds services to the application.</param>
    /// <param name="pipeline">Adds middleware at the start of the pipeline.</param>
    /// <param name="authentication">Configures authentication further; by default ended sign-ins are rejected.</param>
    /// <param name="endpoints">Adds endpoints.</param>
    public static async Task<App> StartAsync(
        Action<OAuthClientOptions>? client = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? pipeline = null,
        Action<AuthenticationBuilder>? authentication = null,
        Action<WebApplication>? endpoints = null
    )
    {
        var app = await App.StartAsync(
            o =>
            {
                o.PostLogoutRedirectUri = new(App.Public + (o.ClientId == "albums" ? "/mvc" : "") + "/signed-out");
                client?.Invoke(o);
            },
            (all, _) =>
            {
                var builder = all.AddAuthentication("Cookies").AddCookie("Cookies", o => o.Cookie.Name = Session);
                if (authentication is null)
                    builder.RejectEndedSignIns();
                else
                    authentication(builder);
                services?.Invoke(all);
            },
            web =>
            {
                pipeline?.Invoke(web);
                web.UseAuthentication();
            },
            web =>
            {
                Map(web);
                endpoints?.Invoke(web);
            }
        );
        foreach (string name in new[] { "photos", "albums" })
        {
            string path = name == "albums" ? "/mvc" : "";
            app.Server.AddClient(
                new TestClient
                {
                    ClientId = name,
                    ClientSecret = "s",
                    RedirectUris = { $"{App.Public}{path}/callback" },
                    PostLogoutRedirectUris = { $"{App.Public}{path}/signed-out" },
                    BackChannelLogoutUri = new(app.Address, $"{path}/logout/back"),
                }
            );
        }
        return app;
    }

    /// <summary>Reads the subject of the application's user; empty if no user is signed in.</summary>
    public static async Task<string> GetUserAsync(this Browser browser) => (await browser.GetAsync("/user")).Body;

    private static void Map(WebApplication web)
    {
        web.Map(
            "/sign-in",
            (HttpContext context, string? returnUrl, [FromKeyedServices("photos")] BrowserAuthorization photos) =>
                photos.BeginSignInAsync(context, returnUrl)
        );
        web.Map(
            "/sign-out",
            (HttpContext context, string? returnUrl, [FromKeyedServices("photos")] BrowserAuthorization photos) =>
                photos.BeginSignOutAsync(context, returnUrl)
        );
        web.Map(
            "/signed-out",
            (HttpContext context, [FromKeyedServices("photos")] BrowserAuthorization photos) =>
                Results.LocalRedirect(photos.CompleteSignOut(context))
        );
        web.MapBackChannelLogout("/logout/back", "photos");
        web.MapBackChannelLogout("/mvc/logout/back", "albums");
        web.MapFrontChannelLogout("/logout/front", "photos");
        web.MapThirdPartyInitiatedLogin("/login", "photos");
        web.Map("/user", (ClaimsPrincipal user) => user.FindFirst("sub")?.Value ?? "");
        web.Map("/claims", (ClaimsPrincipal user) => string.Join('\n', user.Claims.Select(claim => $"{claim.Type}={claim.Value}")));
    }
}
