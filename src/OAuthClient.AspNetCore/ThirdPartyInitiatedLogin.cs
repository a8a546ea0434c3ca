using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Handles the requests at the <c>initiate_login_uri</c>, by which another site, for example the server's, starts a login (OpenID
/// Connect Core §4).
/// </summary>
internal static class ThirdPartyInitiatedLogin
{
    public static async Task AnswerAsync(
        HttpContext context,
        BrowserAuthorization authorization,
        OAuthClientOptions options,
        ILogger logger
    )
    {
        NoStoreHeaders.Declare(context);
        FrameAncestorsPolicy.Deny(context);
        IReadOnlyDictionary<string, string> parameters;
        try
        {
            parameters = await AnonymousRequestParameters.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
            // The sender must not choose the authorization server.
            if (!authorization.SignIn.IsIssuer(parameters.GetValueOrDefault("iss")))
                throw new OAuthProtocolException("The login was started for another issuer than the client's (OpenID Connect Core §4).");
        }
        catch (OAuthProtocolException exception)
        {
            Log.ThirdPartyLoginRejected(logger, authorization.Name, exception.Message);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        var result = await authorization
            .Redirector.SignInAsync(
                context,
                LocalTarget(parameters.GetValueOrDefault("target_link_uri"), RedirectUris.All(options)),
                new() { LoginHint = parameters.GetValueOrDefault("login_hint") },
                context.RequestAborted
            )
            .ConfigureAwait(false);
        await result.ExecuteAsync(context).ConfigureAwait(false);
    }

    // Converts an address of this site to a path. The redirect URIs name the site, because the sender controls the Host header.
    private static string? LocalTarget(string? target, IReadOnlyList<Uri> redirectUris) =>
        target?.StartsWith('/') == false
        && Uri.TryCreate(target, UriKind.Absolute, out var uri)
        && uri.UserInfo.Length == 0
        && redirectUris.Any(redirectUri =>
            Uri.Compare(uri, redirectUri, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0
        )
            ? uri.PathAndQuery + uri.Fragment
            : target;
}
