using System.Runtime.ExceptionServices;

namespace OAuthClient;

/// <summary>The result of a renewal: a token, or the exception with which it failed.</summary>
/// <param name="Context">The parameters of the renewal.</param>
/// <param name="Outcome">The token; <see langword="null"/> if the renewal failed.</param>
/// <param name="Fault">The exception; <see langword="null"/> if the renewal succeeded.</param>
internal sealed record AccessTokenRenewal(RefreshContext Context, AccessTokenResult? Outcome, ExceptionDispatchInfo? Fault)
{
    /// <summary>
    /// Determines whether a caller may use the result. A renewal for other scopes, or from before a reload of the configuration, is of no
    /// use, even if it failed: after a reload, for example with a corrected secret, the request is sent at once.
    /// </summary>
    public bool IsFor(RefreshContext context) =>
        ReferenceEquals(Context.Configuration, context.Configuration) && Context.Selection.Key == context.Selection.Key;

    /// <summary>Gets the token for a caller, or throws the exception of the renewal.</summary>
    /// <returns>The token; <see langword="null"/> if the caller cannot use the result and must look for a token again.</returns>
    public AccessToken? GetToken(RefreshContext context)
    {
        if (!IsFor(context))
            return null;
        Fault?.Throw();
        // A renewal that found the rejected token in a cache or in the store is of no use. A token that the server just issued is returned
        // even if it equals the rejected one.
        return Outcome!.IsFetched || !Outcome.Token.Equals(context.Rejected) ? Outcome.Token : null;
    }
}
