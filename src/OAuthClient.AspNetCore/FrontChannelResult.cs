using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace OAuthClient.AspNetCore;

/// <summary>For MVC and minimal APIs alike. The framework's own redirects log their target, which here holds the state.</summary>
internal sealed class FrontChannelResult : IActionResult, IResult
{
    private readonly int statusCode;
    private readonly Uri? location;

    private FrontChannelResult(int statusCode, Uri? location)
    {
        this.statusCode = statusCode;
        this.location = location;
    }

    public static FrontChannelResult Unauthorized { get; } = new(StatusCodes.Status401Unauthorized, location: null);

    /// <summary>303, which is always followed by a GET: no posted form goes along (RFC 9700 §4.12).</summary>
    public static FrontChannelResult SeeOther(Uri location) => new(StatusCodes.Status303SeeOther, location);

    public Task ExecuteResultAsync(ActionContext context) => ExecuteAsync(context.HttpContext);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = statusCode;
        if (location is not null)
            httpContext.Response.Headers.Location = location.AbsoluteUri;
        return Task.CompletedTask;
    }
}
