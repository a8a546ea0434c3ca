using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OAuthClient.AspNetCore;

/// <summary>Handles the requests at the <c>backchannel_logout_uri</c> (OpenID Connect Back-Channel Logout §2.5, §2.8).</summary>
internal static class BackChannelLogout
{
    public static async Task AnswerAsync(HttpContext context, OpenIdLogout logout, ILogger logger)
    {
        NoStoreHeaders.Declare(context);
        try
        {
            var parameters = await AnonymousRequestParameters.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
            if (!parameters.TryGetValue("logout_token", out string? logoutToken))
                throw new OAuthProtocolException("The request contains no logout_token (OpenID Connect Back-Channel Logout §2.5).");
            await logout.ProcessBackChannelLogoutAsync(logoutToken, context.RequestAborted).ConfigureAwait(false);
        }
        catch (OAuthProtocolException exception)
        {
            Log.BackChannelLogoutRejected(logger, logout.ClientName, exception.Message);
            await WriteAsync(context, StatusCodes.Status400BadRequest, "invalid_request", exception.Message).ConfigureAwait(false);
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The store failed, or the server's keys could not be fetched. The server must not conclude that the user is signed out.
            Log.BackChannelLogoutFailed(logger, logout.ClientName, exception.GetType().Name);
            await WriteAsync(
                    context,
                    StatusCodes.Status503ServiceUnavailable,
                    "temporarily_unavailable",
                    "The user could not be signed out. Retry later."
                )
                .ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(HttpContext context, int status, string error, string description)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("error", error);
            json.WriteString("error_description", description);
            json.WriteEndObject();
        }
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context
            .Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted)
            .ConfigureAwait(false);
    }
}
