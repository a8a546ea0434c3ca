using OAuthClient;

namespace WebApp;

/// <summary>The text of an error page: what happened, and what the visitor can do. It never contains an exception's message.</summary>
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

    internal static ErrorPages NotFound { get; } = new("There is no such page", "Check the address, or go back to the start.");

    // No form-action: Chromium applies it to the redirect after a form, and that of Connect leads to the authorization server.
    internal static Task SetSecurityHeaders(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return next(context);
    }
}
