using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>Endpoints that the authorization server calls, or sends browsers to. Register their addresses there.</summary>
public static class OpenIdEndpointExtensions
{
    private static readonly string[] GetAndPost = [HttpMethods.Get, HttpMethods.Post];

    /// <summary>
    /// The <c>backchannel_logout_uri</c> (OpenID Connect Back-Channel Logout §2.5): the server posts that a user signed out there, and the
    /// grants of that session end on every node. No browser comes along; <see cref="SignInCookieExtensions.RejectEndedSignIns"/> ends the
    /// user's cookie at its next request. 400 answers what is not to be believed, 503 what could not be done just now.
    /// </summary>
    /// <param name="endpoints">The application's endpoints.</param>
    /// <param name="pattern">The path.</param>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; the only one's unless given.</param>
    /// <exception cref="InvalidOperationException">There is no such client.</exception>
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
    /// The <c>frontchannel_logout_uri</c> (OpenID Connect Front-Channel Logout §2): the server's logout page loads it in a frame, and the user
    /// who is signed in in this browser is signed out, if issuer and session are theirs. Browsers send cookies into frames of other sites only
    /// if they are <c>SameSite=None</c>, and fewer and fewer do at all: prefer the back channel.
    /// </summary>
    /// <param name="endpoints">The application's endpoints.</param>
    /// <param name="pattern">The path.</param>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; the only one's unless given.</param>
    /// <exception cref="InvalidOperationException">There is no such client, or it has no browser authorization.</exception>
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
    /// The <c>initiate_login_uri</c> (OpenID Connect Core §4): another site, mostly the server's own, sends a browser here to sign in, by GET or
    /// POST. <c>iss</c> must be the client's server, or an allowed tenant; <c>login_hint</c> is passed on; <c>target_link_uri</c> counts if it is on this site.
    /// </summary>
    /// <param name="endpoints">The application's endpoints.</param>
    /// <param name="pattern">The path.</param>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; the only one's unless given.</param>
    /// <exception cref="InvalidOperationException">There is no such client, or it has no browser authorization.</exception>
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

    // Whoever calls these is not signed in, and has no antiforgery token of this site.
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
                $"There is no OAuth client{(clientName is null ? "" : $" '{clientName}'")} to sign out from; call AddOAuthClient on the service collection."
            );
    }

    internal static BrowserAuthorization Authorization(IEndpointRouteBuilder endpoints, string? clientName)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        string name = clientName ?? endpoints.ServiceProvider.GetRequiredService<OpenIdLogout>().ClientName;
        return endpoints.ServiceProvider.GetKeyedService<BrowserAuthorization>(name)
            ?? throw new InvalidOperationException(
                $"The endpoint needs AddOAuthClient({(name.Length == 0 ? "" : $"\"{name}\", ")}…).AddBrowserAuthorization()."
            );
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
