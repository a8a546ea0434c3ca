using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>Provides an extension method that maps the endpoints for authorization, sign-in and sign-out in a browser.</summary>
public static class BrowserAuthorizationEndpointExtensions
{
    private static readonly string[] GetAndPost = [HttpMethods.Get, HttpMethods.Post];

    /// <summary>
    /// Maps all browser endpoints of a client, with pages for a denied authorization, an expired callback, errors and a completed logout.
    /// <see cref="BrowserAuthorizationOptions"/> changes the paths and replaces the pages. For a client named <c>photos</c>, the default
    /// endpoints are:
    /// <list type="table">
    /// <item><term>POST /oauth/photos/connect</term><description>Begins an authorization for the signed-in user. Requires an antiforgery
    /// token.</description></item>
    /// <item><term>GET /oauth/photos/sign-in</term><description>Begins a sign-in by the server. Requires the scope <c>openid</c> and
    /// <see cref="BrowserAuthorizationOptions.AllowSignIn"/>.</description></item>
    /// <item><term>POST /oauth/photos/sign-out</term><description>Signs the user out here and at the server. Requires an antiforgery
    /// token.</description></item>
    /// <item><term>GET, POST path of RedirectUri, and of each of RedirectUris</term><description>Completes an authorization or a sign-in.
    /// After a sign-in it signs the
    /// user in by the application's default scheme.</description></item>
    /// <item><term>GET path of PostLogoutRedirectUri, or else /oauth/photos/signed-out</term><description>Completes a logout.</description>
    /// </item>
    /// </list>
    /// </summary>
    /// <remarks>
    /// With the response mode <c>form_post</c> the server's site posts the callback, and browsers do not send the application's
    /// <c>SameSite=Lax</c> cookie with that request. If a signed-in user began the authorization, the callback responds with a page that
    /// posts the form again from this site. The authorization is completed only for the user who began it. The paths are read once, when
    /// the endpoints are mapped.
    /// </remarks>
    /// <example>
    /// An application whose users sign in by the server, and whose requests to an API carry the current user's access token:
    /// <code><![CDATA[
    /// using OAuthClient;
    /// using OAuthClient.AspNetCore;
    ///
    /// var builder = WebApplication.CreateBuilder(args);
    /// builder.Services.AddAuthentication("Cookies").AddCookie("Cookies", o => o.LoginPath = "/oauth/photos/sign-in")
    ///     .RejectEndedSignIns();
    /// builder.Services.AddAuthorization();
    /// builder.Services.AddOAuthClient("photos", o =>
    /// {
    ///     o.Issuer = new("https://accounts.example.com");
    ///     o.ClientId = "12345";
    ///     o.ClientSecret = builder.Configuration["Photos:ClientSecret"];
    ///     o.RedirectUri = new("https://client-app.example.com/callback");
    ///     o.Scopes = ["openid", "profile", "offline_access"];
    /// }).AddBrowserAuthorization(o => o.AllowSignIn = true);
    /// builder.Services.AddHttpClient("photos", http => http.BaseAddress = new("https://api.example.com"))
    ///     .AddAccessTokenHandler("photos", t => t.ForCurrentUser().To("https://api.example.com"));
    ///
    /// var app = builder.Build();
    /// app.MapBrowserAuthorization("photos");
    /// app.MapGet("/", (IHttpClientFactory http) => http.CreateClient("photos").GetStringAsync("/photos"))
    ///     .RequireAuthorization().ReauthorizeWhenNeeded();
    /// app.Run();
    /// ]]></code>
    /// </example>
    /// <param name="endpoints">The endpoint route builder.</param>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; <see langword="null"/> for the only client.</param>
    /// <returns>A builder that adds conventions to all of these endpoints, for example <c>RequireHost</c>.</returns>
    /// <exception cref="InvalidOperationException">The client is not registered, or lacks <c>AddBrowserAuthorization</c>.</exception>
    /// <exception cref="OptionsValidationException">An option of the client is missing or invalid.</exception>
    public static IEndpointConventionBuilder MapBrowserAuthorization(this IEndpointRouteBuilder endpoints, string? clientName = null)
    {
        var authorization = OpenIdEndpointExtensions.Authorization(endpoints, clientName);
        var services = endpoints.ServiceProvider;
        string name = authorization.Name;
        var options = services
            .GetRequiredService<IOptionsMonitor<BrowserAuthorizationOptions>>()
            .Get(name)
            .WithDefaults(name, services.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get(name));
        var antiforgery =
            services.GetService<IAntiforgery>()
            ?? throw new InvalidOperationException(
                "MapBrowserAuthorization requires the antiforgery services, which the application has removed. "
                    + "Call builder.Services.AddAntiforgery()."
            );
        var browser = new BrowserAuthorizationEndpoints(authorization, options, antiforgery, OpenIdEndpointExtensions.Logger(endpoints));

        var group = endpoints.MapGroup("");
        // These endpoints validate the antiforgery token themselves. UseAntiforgery is not required and does not conflict.
        group.MapPost(Pattern(options.ConnectPath), browser.ConnectAsync).DisableAntiforgery();
        group.MapPost(Pattern(options.SignOutPath), browser.SignOutAsync).DisableAntiforgery().AllowAnonymous();
        group.MapGet(Pattern(options.SignInPath), browser.SignInAsync).AllowAnonymous();
        group.MapGet(Pattern(options.SignedOutPath), browser.SignedOutAsync).AllowAnonymous();
        // The server's site posts the callback without an antiforgery token. The state protects it (RFC 6749 §10.12).
        foreach (var path in options.CallbackPaths)
            group.MapMethods(Pattern(path), GetAndPost, browser.CallbackAsync).DisableAntiforgery().AllowAnonymous();
        return group;
    }

    // Escapes braces in the client's name, which a route pattern would parse as parameters.
    private static string Pattern(PathString path) =>
        path.Value!.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
}
