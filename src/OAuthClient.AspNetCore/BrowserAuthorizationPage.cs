using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>A page that <see cref="BrowserAuthorizationOptions.CreatePage"/> may create in place of the library's own.</summary>
public sealed class BrowserAuthorizationPage
{
    internal BrowserAuthorizationPage(
        HttpContext context,
        BrowserAuthorizationPageKind kind,
        string clientName,
        string returnUrl,
        Exception? exception
    )
    {
        HttpContext = context;
        Kind = kind;
        ClientName = clientName;
        ReturnUrl = returnUrl;
        Exception = exception;
    }

    /// <summary>Gets the request's context.</summary>
    public HttpContext HttpContext { get; }

    /// <summary>Gets which page is shown.</summary>
    public BrowserAuthorizationPageKind Kind { get; }

    /// <summary>Gets the client's name in <c>AddOAuthClient</c>; empty for the unnamed client.</summary>
    public string ClientName { get; }

    /// <summary>Gets the path of this site to which the page leads: where the user wanted to be, or the application's root.</summary>
    public string ReturnUrl { get; }

    /// <summary>
    /// Gets the exception, for <see cref="BrowserAuthorizationPageKind.Error"/>. Its message is for operators, not for users.
    /// </summary>
    public Exception? Exception { get; }
}
