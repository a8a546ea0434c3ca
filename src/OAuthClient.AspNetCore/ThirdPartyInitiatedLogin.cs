using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OAuthClient.AspNetCore;

/// <summary>A login that was started elsewhere, for example on the server's own page of applications (OpenID Connect Core §4).</summary>
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
            // Whoever starts the login must not choose the server that it goes to.
            if (!authorization.SignIn.IsIssuer(parameters.GetValueOrDefault("iss")))
                throw new OAuthProtocolException("The login was started for another server (OpenID Connect Core §4).");
        }
        catch (OAuthProtocolException exception)
        {
            Log.Refused(logger, "A login that was started elsewhere", authorization.Name, exception.Message);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        var result = await authorization
            .SignInAsync(
                context,
                Target(parameters.GetValueOrDefault("target_link_uri"), options.RedirectUri!),
                new() { LoginHint = parameters.GetValueOrDefault("login_hint") },
                context.RequestAborted
            )
            .ConfigureAwait(false);
        await result.ExecuteAsync(context).ConfigureAwait(false);
    }

    // A path, or an address of this site, which is known by the redirect URI: a request's Host is the sender's to write.
    private static string? Target(string? target, Uri redirectUri) =>
        target?.StartsWith('/') == false
        && Uri.TryCreate(target, UriKind.Absolute, out var uri)
        && uri.UserInfo.Length == 0
        && Uri.Compare(uri, redirectUri, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0
            ? uri.PathAndQuery + uri.Fragment
            : target;
}
