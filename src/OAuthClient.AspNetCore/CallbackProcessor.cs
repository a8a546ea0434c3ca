using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>Completes one client's authorizations from the requests at the redirect URI.</summary>
internal sealed class CallbackProcessor(
    IOAuthClient client,
    OpenIdSignIn signIn,
    PendingAuthorizationCookies cookies,
    UncheckedSignInWarning signInWarning,
    Func<GrantOwner?> findOwner
)
{
    private const string NotFound =
        "No authorization that was begun in this browser waits for this callback (RFC 6749 §10.12). "
        + "It was used before (Back, reload), it is too old, it was begun in another browser or under another host name "
        + "(localhost is not 127.0.0.1), or the browser kept no cookie: it must allow cookies, and the site must be on https "
        + "(on this machine, http on loopback does).";

    private const string SignedOut =
        "The user who began this authorization is not signed in any more. Sign in and begin again; if it is always so, "
        + "the sign-in cookie may be SameSite=Strict, which does not come along on the way back from another site: make it Lax.";

    private const string OtherUser =
        "Another user is signed in than the one who began this authorization; "
        + "it was not completed for either (RFC 9700 §4.7). Begin again.";

    private const string WithoutSession =
        "The callback was posted from another site (response_mode form_post), so the application's SameSite=Lax cookie did not "
        + "come along, and the user who is signed in cannot be compared with the user who began the authorization.";

    /// <exception cref="OAuthProtocolException">The request is no authorization response, or has a parameter twice.</exception>
    public async Task<PendingCallback> ReadAsync(HttpContext context, CancellationToken cancellationToken)
    {
        NoStoreHeaders.Declare(context);
        var response = await AuthorizationResponseReader.ReadAsync(context.Request, cancellationToken).ConfigureAwait(false);
        if (cookies.Find(context, response) is not { } pending)
            return new(response, Pending: null, NotFound);
        // A user who signs in by this authorization is the one that the server names.
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

    /// <param name="callback">A callback without a problem, whose cookie the response removes.</param>
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
            return new(name, pending.ReturnUrl, signedIn, SignInSession.Create(signedIn));
        }
        catch (AuthorizationResponseException exception) when (exception.IsAccessDenied)
        {
            return new(name, pending.ReturnUrl, grant: null);
        }
    }
}
