using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>A login that was started elsewhere, for example on the server's own page of applications (OpenID Connect Core §4).</summary>
internal static class ThirdPartyLogin
{
    public static async Task AnswerAsync(HttpContext context, BrowserAuthorization authorization, OAuthClientOptions options)
    {
        PrivateResponse.Declare(context);
        FrameOptions.Deny(context);
        FrontChannelResult result;
        try
        {
            var parameters = await OpenParameters.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);
            // Exactly: whoever starts the login must not choose the server that it goes to.
            if (!parameters.TryGetValue("iss", out string? issuer) || !string.Equals(issuer, options.Issuer?.OriginalString, StringComparison.Ordinal))
                throw new ProtocolViolationException("The login was started for another server (OpenID Connect Core §4).");
            result = await authorization.SignInAsync(
                context, Target(parameters.GetValueOrDefault("target_link_uri"), options.RedirectUri!),
                new() { LoginHint = parameters.GetValueOrDefault("login_hint") }, context.RequestAborted).ConfigureAwait(false);
        }
        catch (ProtocolViolationException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        await result.ExecuteAsync(context).ConfigureAwait(false);
    }

    // A path, or an address of this site, which is known by the redirect URI: a request's Host is the sender's to write.
    private static string? Target(string? target, Uri redirectUri) =>
        target?.StartsWith('/') == false && Uri.TryCreate(target, UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0
        && Uri.Compare(uri, redirectUri, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0
            ? uri.PathAndQuery + uri.Fragment
            : target;
}
