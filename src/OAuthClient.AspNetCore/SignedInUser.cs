using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>The current request's user, by the claim that names them for good.</summary>
internal sealed class SignedInUser(IHttpContextAccessor accessor) : ICurrentGrantOwner
{
    public GrantOwner? Find()
    {
        if (accessor.HttpContext?.User is not { } user)
            return null;
        bool isSignedIn = false;
        foreach (var identity in user.Identities)
        {
            if (!identity.IsAuthenticated)
                continue;
            isSignedIn = true;
            string? id = (identity.FindFirst(ClaimTypes.NameIdentifier) ?? identity.FindFirst("sub"))?.Value;
            if (!string.IsNullOrWhiteSpace(id))
                return id;
        }
        return isSignedIn
            ? throw new InvalidOperationException(
                "The signed-in user has neither a NameIdentifier nor a sub claim, so no grant can be told to be theirs. Add one at sign-in, or register an ICurrentGrantOwner of your own before AddBrowserAuthorization().")
            : null;
    }
}
