using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore;

/// <summary>Handles requests that failed because the user must authorize the client again.</summary>
internal static class Reauthorization
{
    private static readonly TimeSpan RecentGrantAge = TimeSpan.FromMinutes(1);

    /// <summary>Determines whether a filter for one client, or for all clients, handles the exception.</summary>
    /// <exception cref="InvalidOperationException">
    /// The filter's client is not registered, so the filter would never have an effect.
    /// </exception>
    public static bool IsFor(string? clientName, ReauthorizationRequiredException exception, HttpContext context) =>
        clientName is null || string.Equals(Find(clientName, context).Name, exception.ClientName, StringComparison.Ordinal);

    private static BrowserAuthorization Find(string clientName, HttpContext context) =>
        context.RequestServices.GetKeyedService<BrowserAuthorization>(clientName)
        ?? throw new InvalidOperationException(
            $"ReauthorizeWhenNeeded(\"{clientName}\") requires AddOAuthClient(\"{clientName}\", …).AddBrowserAuthorization()."
        );

    /// <returns>
    /// The redirect; <see langword="null"/> if the response has started or no user is signed in, so that the exception is rethrown.
    /// </returns>
    public static async Task<BrowserRedirectResult?> BeginAsync(
        HttpContext context,
        ReauthorizationRequiredException exception,
        CancellationToken cancellationToken
    )
    {
        var authorization = Find(exception.ClientName, context);
        if (context.Response.HasStarted || authorization.CurrentOwner is not { } owner)
            return null;
        // A script would follow the redirect to the other site and fail there, or read its login page as data.
        if (!TopLevelNavigation.Matches(context.Request))
        {
            NoStoreHeaders.Declare(context);
            return BrowserRedirectResult.Unauthorized;
        }
        bool isRepeatable = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        string? returnUrl = isRepeatable
            ? context.Request.PathBase.ToUriComponent()
                + context.Request.Path.ToUriComponent()
                + context.Request.QueryString.ToUriComponent()
            : null;
        var grant = await authorization.Client.FindGrantAsync(owner, cancellationToken).ConfigureAwait(false);
        var parameters = AuthorizationParameters.ForReauthorization(
            grant,
            exception,
            RequiresConsent(grant, context.RequestServices) ? "consent" : null
        );
        // A user who signed in by this client signs in again. The ID Token then names the user, so no grant is stored for another user.
        if (SignInSession.Find(context.User, authorization.Name)?.Owner.Equals(owner) == true)
            return await authorization.Redirector.SignInAsync(context, returnUrl, parameters, cancellationToken).ConfigureAwait(false);
        return await authorization
            .Redirector.RedirectToServerAsync(context, returnUrl, parameters, cancellationToken)
            .ConfigureAwait(false);
    }

    // A new grant that is already insufficient, for example because a scope is missing. A server that remembers the consent would issue the
    // same grant again, and the browser would be redirected in a loop.
    private static bool RequiresConsent(Grant? grant, IServiceProvider services) =>
        grant is not null && services.GetRequiredService<TimeProvider>().GetUtcNow() - grant.CreatedAt < RecentGrantAge;
}
