using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Represents the redirect that begins an authorization, sign-in or sign-out in a browser. Return it from an endpoint or a controller's
/// action. It redirects with 303, or responds with 403 if the request is not a navigation of the user.
/// </summary>
public sealed class BrowserRedirectResult : IResult, IActionResult
{
    // The framework's redirect results log their target, which contains the state.
    private readonly int statusCode;
    private readonly string? location;
    private readonly string? text;
    private bool isExecuted;

    private BrowserRedirectResult(int statusCode, string? location = null, string? text = null)
    {
        this.statusCode = statusCode;
        this.location = location;
        this.text = text;
    }

    internal static BrowserRedirectResult Unauthorized => new(StatusCodes.Status401Unauthorized);

    internal static BrowserRedirectResult NotANavigation =>
        new(
            StatusCodes.Status403Forbidden,
            text: "The request was refused because it is not a top-level navigation (Sec-Fetch-Mode, Sec-Fetch-Dest, Sec-Purpose). "
                + "Open this address in the browser window with a link, a form or a redirect."
        );

    /// <summary>Redirects with 303, after which browsers send a GET without the posted form (RFC 9700 §4.12).</summary>
    internal static BrowserRedirectResult SeeOther(Uri location) => new(StatusCodes.Status303SeeOther, location.AbsoluteUri);

    /// <summary>Redirects with 303 to a path of this site.</summary>
    internal static BrowserRedirectResult SeeOther(string path) => new(StatusCodes.Status303SeeOther, path);

    /// <inheritdoc/>
    public Task ExecuteResultAsync(ActionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ExecuteAsync(context.HttpContext);
    }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        Apply(httpContext.Response);
        if (text is null)
            return Task.CompletedTask;
        httpContext.Response.ContentType = "text/plain; charset=utf-8";
        return httpContext.Response.WriteAsync(text, httpContext.RequestAborted);
    }

    /// <summary>
    /// Applies the result when the response starts, if the endpoint discarded it and wrote no response. An <c>async</c> lambda that only
    /// awaits the call converts to <see cref="RequestDelegate"/>, which has no result.
    /// </summary>
    /// <returns>This result.</returns>
    internal BrowserRedirectResult ApplyIfDropped(HttpContext context)
    {
        context.Response.OnStarting(() =>
        {
            if (!isExecuted && context.Response is { StatusCode: StatusCodes.Status200OK, ContentType: null, ContentLength: null or 0 })
                Apply(context.Response);
            return Task.CompletedTask;
        });
        return this;
    }

    private void Apply(HttpResponse response)
    {
        isExecuted = true;
        response.StatusCode = statusCode;
        if (location is not null)
            response.Headers.Location = location;
    }
}
