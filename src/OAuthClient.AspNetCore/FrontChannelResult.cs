using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace OAuthClient.AspNetCore;

/// <summary>For MVC and minimal APIs alike. The framework's own redirects log their target, which here holds the state.</summary>
internal sealed class FrontChannelResult : IActionResult, IResult
{
    private readonly int statusCode;
    private readonly string? location;

    private FrontChannelResult(int statusCode, string? location)
    {
        this.statusCode = statusCode;
        this.location = location;
    }

    public static FrontChannelResult Unauthorized { get; } = new(StatusCodes.Status401Unauthorized, location: null);

    /// <summary>303, which is always followed by a GET: no posted form goes along (RFC 9700 §4.12).</summary>
    public static FrontChannelResult SeeOther(Uri location) => new(StatusCodes.Status303SeeOther, location.AbsoluteUri);

    /// <summary>The same to a path of this site.</summary>
    public static FrontChannelResult SeeOther(string path) => new(StatusCodes.Status303SeeOther, path);

    public Task ExecuteResultAsync(ActionContext context) => ExecuteAsync(context.HttpContext);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = statusCode;
        if (location is not null)
            httpContext.Response.Headers.Location = location;
        return Task.CompletedTask;
    }
}
