using System.Security.Claims;

namespace OAuthClient.AspNetCore;

/// <summary>Reads the owner of grants from the claims of a principal.</summary>
internal static class ClaimsGrantOwner
{
    /// <summary>Finds the owner of a principal.</summary>
    /// <param name="user">The principal. Identities that are not authenticated are ignored.</param>
    /// <param name="scopes">The scope of users for each authentication type.</param>
    /// <returns>The owner; <see langword="null"/> if no identity is authenticated.</returns>
    /// <exception cref="InvalidOperationException">No identity names an owner, or two identities name different owners.</exception>
    public static GrantOwner? Find(ClaimsPrincipal user, IDictionary<string, string> scopes)
    {
        GrantOwner? found = null;
        bool isAuthenticated = false;
        foreach (var identity in user.Identities)
        {
            if (!identity.IsAuthenticated)
                continue;
            isAuthenticated = true;
            var owner = FindStated(identity) ?? FindById(identity, scopes);
            if (owner is null || owner == found)
                continue;
            found = found is null
                ? owner
                : throw new InvalidOperationException(
                    "The request's user has several authenticated identities that name different owners of grants. "
                        + "Authenticate the endpoint by one scheme ([Authorize(AuthenticationSchemes = …)]), give the identities the same "
                        + $"claim '{GrantOwner.ClaimType}', or register your own ICurrentGrantOwner before AddBrowserAuthorization()."
                );
        }
        return found is null && isAuthenticated
            ? throw new InvalidOperationException(
                "The signed-in user has neither a NameIdentifier nor a sub claim, so the owner of grants is unknown. Add one of them at "
                    + "sign-in, or register your own ICurrentGrantOwner before AddBrowserAuthorization()."
            )
            : found;
    }

    /// <summary>Finds the owner in the claim that this library writes.</summary>
    /// <param name="identity">The identity.</param>
    /// <returns>The owner; <see langword="null"/> if this application issued no such claim.</returns>
    /// <exception cref="InvalidOperationException">There are several such claims, or the value is not an owner of grants.</exception>
    public static GrantOwner? FindStated(ClaimsIdentity identity)
    {
        GrantOwner? found = null;
        foreach (var claim in identity.Claims)
        {
            if (!string.Equals(claim.Type, GrantOwner.ClaimType, StringComparison.Ordinal) || !IsLocal(claim))
                continue;
            found =
                found is null && GrantOwner.TryParse(claim.Value, out var owner) && owner.Kind is not GrantOwnerKind.Client
                    ? owner
                    : throw new InvalidOperationException(
                        $"The user's claims of the type '{GrantOwner.ClaimType}' do not name exactly one owner. "
                            + "Write GrantOwner.ToString() into one claim, or omit the claim."
                    );
        }
        return found;
    }

    private static GrantOwner? FindById(ClaimsIdentity identity, IDictionary<string, string> scopes)
    {
        if ((FindSingle(identity, ClaimTypes.NameIdentifier) ?? FindSingle(identity, "sub")) is not { } claim)
            return null;
        try
        {
            // An id that another provider issued is unique only among that provider's users.
            return !IsLocal(claim) ? GrantOwner.Subject(claim.Issuer, claim.Value)
                : scopes.TryGetValue(identity.AuthenticationType!, out string? scope) ? GrantOwner.User(claim.Value, scope)
                : GrantOwner.User(claim.Value);
        }
        catch (ArgumentException exception)
        {
            throw new InvalidOperationException(
                string.Equals(exception.ParamName, "scope", StringComparison.Ordinal)
                    ? "CurrentUserOptions.ScopesByAuthenticationType contains an invalid scope for the signed-in user's authentication "
                        + "type. Use letters, digits, '-', '_' and '.'."
                    : $"The signed-in user's claim of the type '{claim.Type}' cannot be an owner's id: the value or its issuer is blank, "
                        + "or contains a NUL character or an unpaired surrogate. Write the application's own user id into this claim "
                        + "at sign-in, or register your own ICurrentGrantOwner before AddBrowserAuthorization().",
                exception
            );
        }
    }

    // Ordinal, unlike ClaimsIdentity.FindFirst: a provider's claim SUB is not its sub. The result does not depend on the order of claims.
    private static Claim? FindSingle(ClaimsIdentity identity, string type)
    {
        Claim? found = null;
        foreach (var claim in identity.Claims)
        {
            if (!string.Equals(claim.Type, type, StringComparison.Ordinal) || string.IsNullOrWhiteSpace(claim.Value))
                continue;
            if (
                found is not null
                && !(
                    string.Equals(found.Value, claim.Value, StringComparison.Ordinal)
                    && string.Equals(found.Issuer, claim.Issuer, StringComparison.Ordinal)
                )
            )
            {
                throw new InvalidOperationException(
                    $"The signed-in user has different claims of the type '{type}', so the owner of grants is unknown. "
                        + $"Keep one of them, or add a claim of the type '{GrantOwner.ClaimType}' with GrantOwner.ToString()."
                );
            }
            found = claim;
        }
        return found;
    }

    private static bool IsLocal(Claim claim) => string.Equals(claim.Issuer, ClaimsIdentity.DefaultIssuer, StringComparison.Ordinal);
}
