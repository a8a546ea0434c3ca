using OAuthClient;

namespace WebApp;

/// <summary>What a visitor reads when something went wrong: what happened, and what to do; never the exception's own words.</summary>
public sealed record ErrorPages(string Title, string Text)
{
    internal static ExceptionHandlerOptions Handler { get; } =
        new()
        {
            ExceptionHandlingPath = "/problem",
            StatusCodeSelector = error =>
                error is OAuthException ? StatusCodes.Status400BadRequest : StatusCodes.Status500InternalServerError,
        };

    internal static ErrorPages Describe(Exception? error) =>
        error switch
        {
            OAuthException or HttpRequestException => new(
                "The photo service does not answer",
                "Nothing is lost. Please try again in a moment."
            ),
            _ => new("Something went wrong", "Please try again."),
        };

    // No form-action: Chromium holds it against the redirect that follows a form, and Connect's goes to the authorization server.
    internal static Task SetSecurityHeaders(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return next(context);
    }
}
