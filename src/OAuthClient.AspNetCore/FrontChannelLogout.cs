using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Handles the requests at the <c>frontchannel_logout_uri</c>, which the server's logout page loads in a frame (OpenID Connect
/// Front-Channel Logout §2).
/// </summary>
internal static class FrontChannelLogout
{
    /// <param name="context">The request's context.</param>
    /// <param name="authorization">The client's browser authorization.</param>
    /// <param name="logout">The client's logout.</param>
    /// <param name="origins">The origins whose pages may load the endpoint in a frame.</param>
    /// <param name="logger">The logger for rejected requests.</param>
    public static async Task AnswerAsync(
        HttpContext context,
        BrowserAuthorization authorization,
        OpenIdLogout logout,
        string origins,
        ILogger logger
    )
    {
        NoStoreHeaders.Declare(context);
        FrameAncestorsPolicy.AllowOnly(context, origins);
        try
        {
            // Rejects links and images of other pages. Browsers without fetch metadata are allowed.
            if (
                context.Request.Headers["Sec-Fetch-Dest"] is { Count: > 0 } destination
                && destination.ToString() is not ("iframe" or "frame")
            )
                throw new OAuthProtocolException(
                    "The front-channel logout was not loaded in a frame of the server's logout page (OpenID Connect Front-Channel Logout "
                        + "§2)."
                );
            var parameters = await AnonymousRequestParameters.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
            // No user is signed in, or the browser does not send cookies in frames: there is no session to end.
            if (authorization.CurrentOwner is not { } owner)
                return;
            var session = SignInSession.Find(context.User, authorization.Name);
            // The user did not sign in by this server. Without iss and sid, any page could have sent the request.
            if (session is null && !(parameters.ContainsKey("iss") && parameters.ContainsKey("sid")))
                throw new OAuthProtocolException(
                    "The front-channel logout has no iss and sid, and the user did not sign in by this server (OpenID Connect "
                        + "Front-Channel Logout §2)."
                );
            await logout
                .ProcessFrontChannelLogoutAsync(
                    owner,
                    session?.SessionId,
                    parameters.GetValueOrDefault("iss"),
                    parameters.GetValueOrDefault("sid"),
                    session?.SignInId,
                    context.RequestAborted
                )
                .ConfigureAwait(false);
            // A user who signed in by other means keeps the application's session.
            if (session is not null)
                await ApplicationSignOut.EndAsync(context).ConfigureAwait(false);
        }
        catch (OAuthProtocolException exception)
        {
            Log.FrontChannelLogoutRejected(logger, authorization.Name, exception.Message);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
    }
}
