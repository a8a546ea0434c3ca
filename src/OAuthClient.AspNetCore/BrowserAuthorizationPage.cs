using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>A page that <see cref="BrowserAuthorizationOptions.CreatePage"/> can replace.</summary>
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

    /// <summary>Gets the kind of the page.</summary>
    public BrowserAuthorizationPageKind Kind { get; }

    /// <summary>Gets the client's name in <c>AddOAuthClient</c>; empty for the unnamed client.</summary>
    public string ClientName { get; }

    /// <summary>Gets the path of this site to which the page links: the return URL of the request, or the application's root.</summary>
    public string ReturnUrl { get; }

    /// <summary>
    /// Gets the exception of a <see cref="BrowserAuthorizationPageKind.Error"/>; otherwise <see langword="null"/>. Its message is intended
    /// for operators. Do not show it to users.
    /// </summary>
    public Exception? Exception { get; }
}
