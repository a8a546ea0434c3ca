using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>Maps the endpoints that a user's browser needs to authorize a client, to sign in and to sign out.</summary>
public static class BrowserAuthorizationEndpointExtensions
{
    private static readonly string[] GetAndPost = [HttpMethods.Get, HttpMethods.Post];

    /// <summary>
    /// Maps all browser endpoints of a client, with pages for a denied authorization, an expired callback, errors and a completed logout.
    /// <see cref="BrowserAuthorizationOptions"/> changes the paths and replaces the pages. With the name <c>photos</c> the defaults are:
    /// <list type="table">
    /// <item><term>POST /oauth/photos/connect</term><description>begins an authorization for the signed-in user, with an antiforgery
    /// token</description></item>
    /// <item><term>GET /oauth/photos/sign-in</term><description>signs the user in by the server, with the scope <c>openid</c>; off unless
    /// <c>AllowSignIn</c> is set</description></item>
    /// <item><term>POST /oauth/photos/sign-out</term><description>signs the user out here and at the server, with an antiforgery
    /// token</description></item>
    /// <item><term>GET, POST path of RedirectUri</term><description>completes both, and signs the user in by the application's default
    /// scheme</description></item>
    /// <item><term>GET path of PostLogoutRedirectUri</term><description>completes a logout</description></item>
    /// </list>
    /// </summary>
    /// <remarks>
    /// With the response mode <c>form_post</c> another site posts the callback, and browsers keep the application's <c>SameSite=Lax</c>
    /// cookie out of that request. If a signed-in user began the authorization, the callback then answers with a page that posts the same
    /// form once more from this site, and completes it only for the user who began it. The paths are read once, when the endpoints are
    /// mapped.
    /// </remarks>
    /// <example>
    /// <code>
    /// var builder = WebApplication.CreateBuilder(args);
    /// builder.Services.AddAuthentication("Cookies").AddCookie("Cookies", o =&gt; o.LoginPath = "/oauth/photos/sign-in")
    ///     .RejectEndedSignIns();
    /// builder.Services.AddAuthorization();
    /// builder.Services.AddOAuthClient("photos", builder.Configuration.GetSection("Photos"))
    ///     .AddBrowserAuthorization(o =&gt; o.AllowSignIn = true);
    /// builder.Services.AddHttpClient("photos", http =&gt; http.BaseAddress = new("https://api.example.com"))
    ///     .AddAccessTokenHandler("photos", t =&gt; t.ForCurrentUser().To("https://api.example.com"));
    ///
    /// var app = builder.Build();
    /// app.MapBrowserAuthorization("photos");
    /// app.MapGet("/", (IHttpClientFactory http) =&gt; http.CreateClient("photos").GetStringAsync("/photos"))
    ///     .RequireAuthorization().ReauthorizeWhenNeeded();
    /// app.Run();
    /// </code>
    /// </example>
    /// <param name="endpoints">The application's endpoints.</param>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; the only client's unless given.</param>
    /// <returns>A builder that adds conventions to all of these endpoints, for example <c>RequireHost</c>.</returns>
    /// <exception cref="InvalidOperationException">There is no such client, or it has no browser authorization.</exception>
    /// <exception cref="OptionsValidationException">An option of the client is missing or wrong.</exception>
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
                "MapBrowserAuthorization needs the antiforgery services, and the application has removed them. "
                    + "Call builder.Services.AddAntiforgery()."
            );
        var browser = new BrowserAuthorizationEndpoints(authorization, options, antiforgery, OpenIdEndpointExtensions.Logger(endpoints));

        var group = endpoints.MapGroup("");
        // These validate the antiforgery token themselves, so UseAntiforgery is not needed, and do no harm beside it.
        group.MapPost(Pattern(options.ConnectPath), browser.ConnectAsync).DisableAntiforgery();
        group.MapPost(Pattern(options.SignOutPath), browser.SignOutAsync).DisableAntiforgery().AllowAnonymous();
        group.MapGet(Pattern(options.SignInPath), browser.SignInAsync).AllowAnonymous();
        group.MapGet(Pattern(options.SignedOutPath), browser.SignedOutAsync).AllowAnonymous();
        // The server's site posts it, without a token of this application: the state takes its place (RFC 6749 §10.12).
        group.MapMethods(Pattern(options.CallbackPath), GetAndPost, browser.CallbackAsync).DisableAntiforgery().AllowAnonymous();
        return group;
    }

    // A client may be named with braces, which a route pattern would read as parameters.
    private static string Pattern(PathString path) =>
        path.Value!.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
}
