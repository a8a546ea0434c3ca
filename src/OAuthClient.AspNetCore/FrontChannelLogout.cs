using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OAuthClient.AspNetCore;

/// <summary>The page that the server's logout page loads in a frame of the user's own browser (OpenID Connect Front-Channel Logout §2).</summary>
internal static class FrontChannelLogout
{
    /// <param name="context">The request.</param>
    /// <param name="authorization">The client's.</param>
    /// <param name="logout">The client's.</param>
    /// <param name="origins">Whose pages may frame it.</param>
    /// <param name="logger">Learns what was refused.</param>
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
            // A link or a picture on any page; browsers that say nothing are as before.
            if (
                context.Request.Headers["Sec-Fetch-Dest"] is { Count: > 0 } destination
                && destination.ToString() is not ("iframe" or "frame")
            )
                throw new OAuthProtocolException(
                    "The front-channel logout was not loaded in a frame, so it is not the server's page that says so (OpenID Connect Front-Channel Logout §2)."
                );
            var parameters = await AnonymousRequestParameters.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
            // Nobody is signed in, or the browser keeps cookies out of frames: there is nothing to end here.
            if (authorization.CurrentOwner is not { } owner)
                return;
            var session = SignInSession.Find(context.User, authorization.Name);
            // Somebody's who signed in in another way: without both it may be any page's.
            if (session is null && !(parameters.ContainsKey("iss") && parameters.ContainsKey("sid")))
                throw new OAuthProtocolException(
                    "The front-channel logout does not say whose session it is of, and the user did not sign in by this server (OpenID Connect Front-Channel Logout §2)."
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
            // Who signed in in another way has no session at this server.
            if (session is not null)
                await ApplicationSignOut.EndAsync(context).ConfigureAwait(false);
        }
        catch (OAuthProtocolException exception)
        {
            Log.Refused(logger, "A front-channel logout", authorization.Name, exception.Message);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
    }
}
