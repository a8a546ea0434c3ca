using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Provides extension methods that map the endpoints of OpenID Connect logout and third-party initiated login. Register their addresses
/// at the authorization server.
/// </summary>
public static class OpenIdEndpointExtensions
{
    private static readonly string[] GetAndPost = [HttpMethods.Get, HttpMethods.Post];

    /// <summary>
    /// Maps the <c>backchannel_logout_uri</c> (OpenID Connect Back-Channel Logout §2.5). The server posts a logout token when a user signs
    /// out there, and the grants of that session end on every node. The request has no cookie of the user's browser;
    /// <see cref="SignInCookieExtensions.RejectEndedSignIns"/> rejects the user's cookie at its next request. The endpoint responds with
    /// 400 to an invalid logout token, and with 503 if the logout failed.
    /// </summary>
    /// <param name="endpoints">The endpoint route builder.</param>
    /// <param name="pattern">The route pattern.</param>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; <see langword="null"/> for the only client.</param>
    /// <returns>A builder that adds conventions to the endpoint.</returns>
    /// <exception cref="InvalidOperationException">The client is not registered.</exception>
    public static IEndpointConventionBuilder MapBackChannelLogout(
        this IEndpointRouteBuilder endpoints,
        string pattern,
        string? clientName = null
    )
    {
        var logout = Logout(endpoints, clientName);
        var logger = Logger(endpoints);
        return Open(endpoints.MapPost(pattern, context => BackChannelLogout.AnswerAsync(context, logout, logger)));
    }

    /// <summary>
    /// Maps the <c>frontchannel_logout_uri</c> (OpenID Connect Front-Channel Logout §2). The server's logout page loads it in a frame, and
    /// it signs the browser's user out if the issuer and the session match. Browsers send only <c>SameSite=None</c> cookies in frames of
    /// other sites, and many block those as well. Prefer <see cref="MapBackChannelLogout"/>.
    /// </summary>
    /// <param name="endpoints">The endpoint route builder.</param>
    /// <param name="pattern">The route pattern.</param>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; <see langword="null"/> for the only client.</param>
    /// <returns>A builder that adds conventions to the endpoint.</returns>
    /// <exception cref="InvalidOperationException">The client is not registered, or lacks <c>AddBrowserAuthorization</c>.</exception>
    public static IEndpointConventionBuilder MapFrontChannelLogout(
        this IEndpointRouteBuilder endpoints,
        string pattern,
        string? clientName = null
    )
    {
        var logout = Logout(endpoints, clientName);
        var authorization = Authorization(endpoints, clientName);
        var options = endpoints.ServiceProvider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>();
        var logger = Logger(endpoints);
        return Open(
            endpoints.MapGet(
                pattern,
                context => FrontChannelLogout.AnswerAsync(context, authorization, logout, Origins(options.Get(authorization.Name)), logger)
            )
        );
    }

    /// <summary>
    /// Maps the <c>initiate_login_uri</c> (OpenID Connect Core §4). Another site, usually the server's, sends a browser here by GET or POST
    /// to sign in. <c>iss</c> must be the client's issuer or an allowed tenant. <c>login_hint</c> is passed to the server.
    /// <c>target_link_uri</c> is used if it is an address of this site.
    /// </summary>
    /// <param name="endpoints">The endpoint route builder.</param>
    /// <param name="pattern">The route pattern.</param>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; <see langword="null"/> for the only client.</param>
    /// <returns>A builder that adds conventions to the endpoint.</returns>
    /// <exception cref="InvalidOperationException">The client is not registered, or lacks <c>AddBrowserAuthorization</c>.</exception>
    public static IEndpointConventionBuilder MapThirdPartyInitiatedLogin(
        this IEndpointRouteBuilder endpoints,
        string pattern,
        string? clientName = null
    )
    {
        var authorization = Authorization(endpoints, clientName);
        var options = endpoints.ServiceProvider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>();
        var logger = Logger(endpoints);
        return Open(
            endpoints.MapMethods(
                pattern,
                GetAndPost,
                context => ThirdPartyInitiatedLogin.AnswerAsync(context, authorization, options.Get(authorization.Name), logger)
            )
        );
    }

    // The senders are not signed in, and have no antiforgery token of this site.
    private static IEndpointConventionBuilder Open(IEndpointConventionBuilder endpoint) => endpoint.AllowAnonymous().DisableAntiforgery();

    internal static ILogger Logger(IEndpointRouteBuilder endpoints) =>
        endpoints.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category);

    private static OpenIdLogout Logout(IEndpointRouteBuilder endpoints, string? clientName)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return (
                clientName is null
                    ? endpoints.ServiceProvider.GetService<OpenIdLogout>()
                    : endpoints.ServiceProvider.GetKeyedService<OpenIdLogout>(clientName)
            )
            ?? throw new InvalidOperationException(
                $"No OAuth client{(string.IsNullOrEmpty(clientName) ? "" : $" '{clientName}'")} is registered. "
                    + "Call AddOAuthClient on the service collection."
            );
    }

    internal static BrowserAuthorization Authorization(IEndpointRouteBuilder endpoints, string? clientName)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        string name = clientName ?? endpoints.ServiceProvider.GetRequiredService<OpenIdLogout>().ClientName;
        return endpoints.ServiceProvider.GetKeyedService<BrowserAuthorization>(name)
            ?? throw new InvalidOperationException(BrowserAuthorizationExtensions.Missing(name));
    }

    private static string Origins(OAuthClientOptions options) =>
        string.Join(
            ' ',
            new[] { options.Issuer, options.EndSessionEndpoint }
                .OfType<Uri>()
                .Select(uri => uri.GetLeftPart(UriPartial.Authority))
                .Distinct(StringComparer.Ordinal)
                .DefaultIfEmpty("'none'")
        );
}
