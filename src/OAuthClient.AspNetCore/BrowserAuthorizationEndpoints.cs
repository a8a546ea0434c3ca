using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.AspNetCore;

/// <summary>Handles the requests of browsers at one client's endpoints.</summary>
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
            // After the login the browser sends a GET; this endpoint accepts only POST.
            AuthenticationProperties properties = new() { RedirectUri = LocalReturnUrl.OrRoot(form.ReturnUrl, context.Request) };
            await context.ChallengeAsync(properties).ConfigureAwait(false);
            return;
        }
        var result = await authorization
            .Redirector.RedirectToServerAsync(context, form.ReturnUrl, null, context.RequestAborted)
            .ConfigureAwait(false);
        await result.ExecuteAsync(context).ConfigureAwait(false);
    }

    public async Task SignInAsync(HttpContext context)
    {
        if (!options.AllowSignIn)
        {
            Log.SignInNotAllowed(logger, authorization.Name);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        var schemes = context.RequestServices.GetService<IAuthenticationSchemeProvider>();
        if (schemes is null || await schemes.GetDefaultSignInSchemeAsync().ConfigureAwait(false) is null)
        {
            throw new InvalidOperationException(
                "The application has no default sign-in scheme. "
                    + $"Call AddAuthentication(\"Cookies\").AddCookie(\"Cookies\"), or do not send users to {options.SignInPath}."
            );
        }
        var values = context.Request.Query[ReturnUrl];
        string? returnUrl = values.Count == 1 ? values[0] : null;
        var result = await authorization.Redirector.SignInAsync(context, returnUrl, null, context.RequestAborted).ConfigureAwait(false);
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
                PendingAuthorizationCookieStore.RemoveAtResponse(context, pending);
            if (callback.Problem is { } problem)
            {
                Log.CallbackRejected(logger, authorization.Name, problem);
                await WritePageAsync(context, BrowserAuthorizationPageKind.Expired, StatusCodes.Status400BadRequest).ConfigureAwait(false);
                return;
            }
            var result = await authorization.Callbacks.CompleteAsync(callback, context.RequestAborted).ConfigureAwait(false);
            await result.ExecuteAsync(context).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OAuthException or HttpRequestException && !context.Response.HasStarted)
        {
            Log.CallbackRejected(logger, authorization.Name, exception.Message);
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
        string returnUrl = LocalReturnUrl.Normalize(form.ReturnUrl) ?? context.Request.PathBase.Add(options.SignedOutPath).ToUriComponent();
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
            // The page was reloaded, or opened without a logout at the server. The user is signed out in each case.
            await WritePageAsync(context, BrowserAuthorizationPageKind.SignedOut, StatusCodes.Status200OK).ConfigureAwait(false);
            return;
        }
        await BrowserRedirectResult.SeeOther(returnUrl).ExecuteAsync(context).ConfigureAwait(false);
    }

    // CSRF: a POST requires an antiforgery token of this application.
    private async Task<PostedForm?> ReadReturnUrlAsync(HttpContext context)
    {
        NoStoreHeaders.Declare(context);
        try
        {
            var parameters =
                AnonymousFormReader.IsForm(context.Request)
                    ? await AnonymousRequestParameters.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false)
                : context.Request.HasFormContentType
                    // The antiforgery service would read it with the framework's limits, which are intended for uploads.
                    ? throw new OAuthProtocolException("The form must be URL-encoded.")
                : new Dictionary<string, string>(StringComparer.Ordinal);
            await antiforgery.ValidateRequestAsync(context).ConfigureAwait(false);
            return new(parameters.GetValueOrDefault(ReturnUrl) ?? context.Request.Query[ReturnUrl]);
        }
        catch (Exception exception) when (exception is OAuthProtocolException or AntiforgeryValidationException)
        {
            Log.FormRejected(logger, context.Request.Path, authorization.Name, exception.Message);
            await WritePageAsync(context, BrowserAuthorizationPageKind.Expired, StatusCodes.Status400BadRequest).ConfigureAwait(false);
            return null;
        }
    }

    private Task WritePageAsync(HttpContext context, BrowserAuthorizationPageKind kind, int statusCode, Exception? exception = null) =>
        BrowserAuthorizationPages.WriteAsync(context, authorization.Name, kind, statusCode, exception: exception);

    private sealed record PostedForm(string? ReturnUrl);
}
