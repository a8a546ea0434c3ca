using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Redirects with 303, or responds with an error, in MVC and minimal APIs. The framework's redirect results log their target, which
/// contains the state.
/// </summary>
internal sealed class SeeOtherResult : IActionResult, IResult
{
    private readonly int statusCode;
    private readonly string? location;
    private readonly string? text;
    private bool isExecuted;

    private SeeOtherResult(int statusCode, string? location = null, string? text = null)
    {
        this.statusCode = statusCode;
        this.location = location;
        this.text = text;
    }

    public static SeeOtherResult Unauthorized => new(StatusCodes.Status401Unauthorized);

    public static SeeOtherResult NotANavigation =>
        new(
            StatusCodes.Status403Forbidden,
            text: "The request was refused because it is not a top-level navigation (Sec-Fetch-Mode, Sec-Fetch-Dest, Sec-Purpose). "
                + "Open this address in the browser window with a link, a form or a redirect."
        );

    /// <summary>Redirects with 303, after which browsers send a GET without the posted form (RFC 9700 §4.12).</summary>
    public static SeeOtherResult SeeOther(Uri location) => new(StatusCodes.Status303SeeOther, location.AbsoluteUri);

    /// <summary>Redirects with 303 to a path of this site.</summary>
    public static SeeOtherResult SeeOther(string path) => new(StatusCodes.Status303SeeOther, path);

    public Task ExecuteResultAsync(ActionContext context) => ExecuteAsync(context.HttpContext);

    public Task ExecuteAsync(HttpContext httpContext)
    {
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
    public SeeOtherResult ApplyIfDropped(HttpContext context)
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
