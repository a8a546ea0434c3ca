using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.AspNetCore;

/// <summary>The endpoints of one client that browsers call.</summary>
internal sealed class BrowserAuthorizationEndpoints(
    BrowserAuthorization authorization,
    BrowserAuthorizationOptions options,
    IAntiforgery antiforgery,
    ILogger logger
)
{
    private const string ReturnUrl = "returnUrl";

    public async Task ConnectAsync(HttpContext context)
    {
        if (await ReadReturnUrlAsync(context).ConfigureAwait(false) is not { } form)
            return;
        var schemes = context.RequestServices.GetService<IAuthenticationSchemeProvider>();
        if (
            authorization.CurrentOwner is null
            && schemes is not null
            && await schemes.GetDefaultChallengeSchemeAsync().ConfigureAwait(false) is not null
        )
        {
            // After the login the browser goes to a page by GET; this address takes a POST only.
            AuthenticationProperties properties = new() { RedirectUri = LocalReturnUrl.OrRoot(form.ReturnUrl, context.Request) };
            await context.ChallengeAsync(properties).ConfigureAwait(false);
            return;
        }
        var result = await authorization.RedirectToServerAsync(context, form.ReturnUrl, null, context.RequestAborted).ConfigureAwait(false);
        await result.ExecuteAsync(context).ConfigureAwait(false);
    }

    public async Task SignInAsync(HttpContext context)
    {
        if (!options.AllowSignIn)
        {
            Log.Refused(
                logger,
                "A login",
                authorization.Name,
                "sign-in is off; to let the server's users sign in to the application, set AllowSignIn in AddBrowserAuthorization."
            );
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        var schemes = context.RequestServices.GetService<IAuthenticationSchemeProvider>();
        if (schemes is null || await schemes.GetDefaultSignInSchemeAsync().ConfigureAwait(false) is null)
        {
            throw new InvalidOperationException(
                "The application has no default scheme to sign the user in by. "
                    + $"Call AddAuthentication(\"Cookies\").AddCookie(\"Cookies\"), or do not use {options.SignInPath}."
            );
        }
        var values = context.Request.Query[ReturnUrl];
        string? returnUrl = values.Count == 1 ? values[0] : null;
        var result = await authorization.SignInAsync(context, returnUrl, null, context.RequestAborted).ConfigureAwait(false);
        await result.ExecuteAsync(context).ConfigureAwait(false);
    }

    public async Task CallbackAsync(HttpContext context)
    {
        try
        {
            var callback = await authorization.Callbacks.ReadAsync(context, context.RequestAborted).ConfigureAwait(false);
            if (callback.NeedsRepost)
            {
                await FormRepost.WriteAsync(context).ConfigureAwait(false);
                return;
            }
            if (callback.Pending is { } pending)
                PendingAuthorizationCookies.RemoveAtResponse(context, pending);
            if (callback.Problem is { } problem)
            {
                Log.Refused(logger, "A callback", authorization.Name, problem);
                await WritePageAsync(context, BrowserAuthorizationPageKind.Expired, StatusCodes.Status400BadRequest).ConfigureAwait(false);
                return;
            }
            var result = await authorization.Callbacks.CompleteAsync(callback, context.RequestAborted).ConfigureAwait(false);
            await result.ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OAuthException or HttpRequestException && !context.Response.HasStarted)
        {
            Log.Refused(logger, "A callback", authorization.Name, exception.Message);
            int status = exception is OAuthProtocolException or AuthorizationResponseException
                ? StatusCodes.Status400BadRequest
                : StatusCodes.Status502BadGateway;
            await WritePageAsync(context, BrowserAuthorizationPageKind.Error, status, exception).ConfigureAwait(false);
        }
    }

    public async Task SignOutAsync(HttpContext context)
    {
        if (await ReadReturnUrlAsync(context).ConfigureAwait(false) is not { } form)
            return;
        // The root may require a login, which would sign the user in again at once.
        string returnUrl = LocalReturnUrl.Normalise(form.ReturnUrl) ?? context.Request.PathBase.Add(options.SignedOutPath).ToUriComponent();
        var result = await authorization.SignOutAsync(context, returnUrl, parameters: null, context.RequestAborted).ConfigureAwait(false);
        await result.ExecuteAsync(context).ConfigureAwait(false);
    }

    public async Task SignedOutAsync(HttpContext context)
    {
        string returnUrl;
        try
        {
            returnUrl = authorization.CompleteSignOut(context);
        }
        catch (OAuthProtocolException)
        {
            // Back, reload, or the way here without the server: the user is signed out all the same.
            await WritePageAsync(context, BrowserAuthorizationPageKind.SignedOut, StatusCodes.Status200OK).ConfigureAwait(false);
            return;
        }
        await SeeOtherResult.SeeOther(returnUrl).ExecuteAsync(context).ConfigureAwait(false);
    }

    // CSRF: a POST counts only with the antiforgery token of this application.
    private async Task<PostedForm?> ReadReturnUrlAsync(HttpContext context)
    {
        NoStoreHeaders.Declare(context);
        try
        {
            var parameters =
                AnonymousFormReader.IsForm(context.Request)
                    ? await AnonymousRequestParameters.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false)
                : context.Request.HasFormContentType
                    // Antiforgery would read it with the framework's limits, which are made for uploads.
                    ? throw new OAuthProtocolException("The form must be URL-encoded.")
                : new Dictionary<string, string>(StringComparer.Ordinal);
            await antiforgery.ValidateRequestAsync(context).ConfigureAwait(false);
            return new(parameters.GetValueOrDefault(ReturnUrl) ?? context.Request.Query[ReturnUrl]);
        }
        catch (Exception exception) when (exception is OAuthProtocolException or AntiforgeryValidationException)
        {
            Log.Refused(logger, $"A form for {context.Request.Path}", authorization.Name, exception.Message);
            await WritePageAsync(context, BrowserAuthorizationPageKind.Expired, StatusCodes.Status400BadRequest).ConfigureAwait(false);
            return null;
        }
    }

    private Task WritePageAsync(HttpContext context, BrowserAuthorizationPageKind kind, int statusCode, Exception? exception = null) =>
        BrowserAuthorizationPages.WriteAsync(context, authorization.Name, kind, statusCode, exception: exception);

    private sealed record PostedForm(string? ReturnUrl);
}
