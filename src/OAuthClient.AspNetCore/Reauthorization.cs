using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore;

/// <summary>What becomes of a request that only a new authorization can help.</summary>
internal static class Reauthorization
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    /// <summary>Whether an exception is the business of who asked for this client, or for every one.</summary>
    /// <exception cref="InvalidOperationException">The client asked for does not exist: a filter with its name would never do anything.</exception>
    public static bool IsFor(string? clientName, ReauthorizationRequiredException exception, HttpContext context) =>
        clientName is null || string.Equals(Of(clientName, context).Name, exception.ClientName, StringComparison.Ordinal);

    private static BrowserAuthorization Of(string clientName, HttpContext context) =>
        context.RequestServices.GetKeyedService<BrowserAuthorization>(clientName)
        ?? throw new InvalidOperationException(
            $"ReauthorizeWhenNeeded(\"{clientName}\") needs AddOAuthClient(\"{clientName}\", …).AddBrowserAuthorization()."
        );

    /// <returns><see langword="null"/> when it is too late, or when there is no user to send: the exception stands.</returns>
    public static async Task<SeeOtherResult?> BeginAsync(HttpContext context, string clientName, CancellationToken cancellationToken)
    {
        var authorization = Of(clientName, context);
        if (context.Response.HasStarted || authorization.CurrentOwner is not { } owner)
            return null;
        // A script that fetches would follow the redirect to the other site and fail there, or read its login page as data.
        if (!TopLevelNavigation.Matches(context.Request))
        {
            NoStoreHeaders.Declare(context);
            return SeeOtherResult.Unauthorized;
        }
        bool isRepeatable = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        string? returnUrl = isRepeatable
            ? context.Request.PathBase.ToUriComponent()
                + context.Request.Path.ToUriComponent()
                + context.Request.QueryString.ToUriComponent()
            : null;
        var parameters = await MustAskAsync(authorization, owner, context.RequestServices, cancellationToken).ConfigureAwait(false)
            ? new AuthorizationParameters { Prompt = "consent" }
            : null;
        // Who signed in by this client signs in again: whoever comes back then is who is signed in, and no other user's grant becomes theirs.
        if (SignInSession.Find(context.User, authorization.Name)?.Owner.Equals(owner) == true)
            return await authorization.SignInAsync(context, returnUrl, parameters, cancellationToken).ConfigureAwait(false);
        return await authorization.RedirectToServerAsync(context, returnUrl, parameters, cancellationToken).ConfigureAwait(false);
    }

    // A grant that was given a moment ago and already does not do, say for want of a scope: a server that remembers the consent
    // would give the same again, and the browser would go in circles.
    private static async ValueTask<bool> MustAskAsync(
        BrowserAuthorization authorization,
        GrantOwner owner,
        IServiceProvider services,
        CancellationToken cancellationToken
    ) =>
        await authorization.Client.FindGrantAsync(owner, cancellationToken).ConfigureAwait(false) is { } grant
        && services.GetRequiredService<TimeProvider>().GetUtcNow() - grant.CreatedAt < Fresh;
}
