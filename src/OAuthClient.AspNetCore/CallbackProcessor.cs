using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>Completes one client's authorizations from the requests at the redirect URI.</summary>
internal sealed class CallbackProcessor(
    IOAuthClient client,
    OpenIdSignIn signIn,
    PendingAuthorizationCookieStore cookies,
    UncheckedSignInWarning signInWarning,
    SignInUserFactory users,
    Func<GrantOwner?> findOwner
)
{
    private const string NotFound =
        "This browser has no pending authorization for the callback (RFC 6749 §10.12). The callback was already used (Back, reload), has "
        + "expired, or belongs to an authorization that began in another browser or under another host name (localhost is not "
        + "127.0.0.1); or the browser stores no cookies. The site must use https; http is sufficient on a loopback address.";

    private const string SignedOut =
        "The user who began this authorization is no longer signed in. Sign in and begin again. If this always happens, the sign-in "
        + "cookie may be SameSite=Strict, which browsers do not send with a redirect from another site. Set it to Lax.";

    private const string OtherUser =
        "The signed-in user is not the user who began this authorization, so it was not completed (RFC 9700 §4.7). Begin again.";

    private const string WithoutSession =
        "The callback was posted from another site (response_mode form_post), so the browser did not send the application's "
        + "SameSite=Lax cookie, and the signed-in user cannot be compared with the user who began the authorization.";

    /// <exception cref="OAuthProtocolException">The request is not an authorization response, or a parameter is repeated.</exception>
    public async Task<PendingCallback> ReadAsync(HttpContext context, CancellationToken cancellationToken)
    {
        NoStoreHeaders.Declare(context);
        var response = await AuthorizationResponseReader.ReadAsync(context.Request, cancellationToken).ConfigureAwait(false);
        // Without state no pending authorization is completed or removed: any site can send a browser here.
        if (!response.OtherParameters.ContainsKey("state") && FindError(response) is { } stateless)
            throw new OAuthProtocolException(
                $"The callback reports the error {stateless} and has no state, so it belongs to no authorization that was begun here "
                    + "(RFC 6749 §4.1.2.1). Nothing was completed. If the authorization server sent it, check the client's registration "
                    + "there."
            );
        if (cookies.Find(context, response) is not { } pending)
            return new(response, Pending: null, FindError(response) is { } error ? $"{NotFound} It reports the error {error}." : NotFound);
        // In a sign-in the ID Token names the user, so there is no user to compare.
        if (pending.Owner is null)
            return new(response, pending, Problem: null);
        var owner = findOwner();
        bool needsRepost = FormRepost.MayLackCookies(context.Request, isUserKnown: owner is not null);
        string? problem =
            pending.Owner.Equals(owner) ? null
            : owner is not null ? OtherUser
            : needsRepost ? WithoutSession
            : SignedOut;
        return new(response, pending, problem, needsRepost, IsUserKnown: owner is not null);
    }

    /// <param name="callback">A callback without a problem. The caller removes its cookie.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public async Task<BrowserAuthorizationResult> CompleteAsync(PendingCallback callback, CancellationToken cancellationToken)
    {
        var pending = callback.Pending!;
        string name = pending.Authorization.ClientName;
        try
        {
            if (pending.Owner is { } owner)
            {
                var grant = await client
                    .CompleteAuthorizationAsync(pending.Authorization, callback.Response, owner, cancellationToken)
                    .ConfigureAwait(false);
                return new(name, pending.ReturnUrl, grant);
            }
            var signedIn = await signIn.CompleteAsync(pending.Authorization, callback.Response, cancellationToken).ConfigureAwait(false);
            await signInWarning.LogOnceAsync(name).ConfigureAwait(false);
            var (user, userInfo) = await users.CreateAsync(signedIn, cancellationToken).ConfigureAwait(false);
            return new(name, pending.ReturnUrl, signedIn, user, userInfo);
        }
        catch (AuthorizationResponseException exception) when (exception.IsAccessDenied)
        {
            return new(name, pending.ReturnUrl, grant: null);
        }
    }

    // The exception has the server's words in sanitized form.
    private static string? FindError(AuthorizationResponse response) =>
        response.OtherParameters.TryGetValue("error", out string? error) && Clean(error) is { } code
            ? $"'{code}'"
                + (
                    response.OtherParameters.TryGetValue("error_description", out string? text) && Clean(text) is { } said
                        ? $" (\"{said}\")"
                        : ""
                )
            : null;

    private const int MaximumTextLength = 256;

    // RFC 6749 §4.1.2.1: the characters of error and error_description, without the quotation mark, which the message uses around them.
    private static string? Clean(string text) =>
        string.IsNullOrWhiteSpace(text)
            ? null
            : string.Concat(text.Take(MaximumTextLength).Select(c => c is >= ' ' and <= '~' and not '"' ? c : '?'));
}
