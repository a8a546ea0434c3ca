using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.AspNetCore;

/// <summary>Writes the application's page, or the library's page if the application has none.</summary>
internal static class BrowserAuthorizationPages
{
    private const int MaximumErrorCodeLength = 40;

    public static Task WriteAsync(
        HttpContext context,
        string clientName,
        BrowserAuthorizationPageKind kind,
        int statusCode,
        string? returnUrl = null,
        Exception? exception = null
    )
    {
        NoStoreHeaders.Declare(context);
        returnUrl ??= LocalReturnUrl.OrRoot(null, context.Request);
        var options = context.RequestServices.GetRequiredService<IOptionsMonitor<BrowserAuthorizationOptions>>().Get(clientName);
        context.Response.StatusCode = statusCode;
        if (options.CreatePage?.Invoke(new(context, kind, clientName, returnUrl, exception)) is { } page)
            return page.ExecuteAsync(context);
        var (path, title, text, link) = kind switch
        {
            BrowserAuthorizationPageKind.Denied => (
                options.DeniedPagePath,
                "Access was not granted",
                "The request for access was declined. Nothing was changed, and you can try again at any time.",
                "Try again"
            ),
            BrowserAuthorizationPageKind.Expired => (
                options.ExpiredPagePath,
                "This page has expired",
                "The request was already used, took too long, or was started in a different browser or by a different user.",
                "Start again"
            ),
            BrowserAuthorizationPageKind.SignedOut => (
                options.SignedOutPagePath,
                "You are signed out",
                "You can close this page now.",
                "Continue"
            ),
            _ => (
                options.ErrorPagePath,
                "Something went wrong",
                "The service that you were sent to did not respond as expected. Try again. If the problem continues, "
                    + "contact the operator of this site."
                    + (FindErrorCode(context.Request) is { } code ? $" The service reported the error {code}." : ""),
                "Try again"
            ),
        };
        // The redirect removes the code from the address bar.
        return path.HasValue
            ? BrowserRedirectResult.SeeOther(context.Request.PathBase.Add(path).ToUriComponent()).ExecuteAsync(context)
            : HtmlPage.WriteAsync(context, title, $"<p>{text}</p>\n<a href=\"{HtmlEncoder.Default.Encode(returnUrl)}\">{link}</a>");
    }

    // Any site can send a browser here with any text, so the page shows only what has the form of an error code, and no description.
    private static string? FindErrorCode(HttpRequest request) =>
        request.Query["error"] is [{ Length: > 0 and <= MaximumErrorCodeLength } code] && code.All(c => c is '_' or (>= 'a' and <= 'z'))
            ? code
            : null;
}
