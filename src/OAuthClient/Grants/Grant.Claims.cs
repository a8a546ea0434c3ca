using System.Security.Claims;
using System.Text.Json;

namespace OAuthClient;

public sealed partial class Grant
{
    /// <summary>Creates a principal from the claims of the ID Token and the further claims of the UserInfo response.</summary>
    /// <remarks>
    /// Claims keep the server's names and have the server as their <see cref="Claim.Issuer"/>. A claim of the type
    /// <see cref="GrantOwner.ClaimType"/> holds <see cref="Owner"/>; the library reads the owner from this claim only.
    /// <see cref="ClaimTypes.NameIdentifier"/> is the id of a user of the application, or else the owner's text form; the application may
    /// replace it. The principal of a sign-in also identifies the client and the sign-in, so that a cookie can end with the sign-in
    /// (<c>RejectEndedSignIns</c> in ASP.NET Core). The <c>User</c> of the authorization result does so too, and has fewer claims.
    /// </remarks>
    /// <param name="userInfo">The response of the UserInfo endpoint, or <see langword="null"/>.</param>
    /// <param name="authenticationType">The authentication type of the identity.</param>
    /// <param name="nameClaim">
    /// The type of the claim that <c>Identity.Name</c> returns. If the server did not send it, the first of <c>name</c>,
    /// <c>preferred_username</c>, <c>email</c>, <c>nickname</c>, <c>given_name</c>, <c>upn</c> and <c>unique_name</c> takes its place.
    /// </param>
    /// <param name="roleClaim">
    /// The type of the claims that <c>IsInRole</c> reads. A name with dots, such as <c>realm_access.roles</c>, also names a member within
    /// other claims. No other claim grants a role. If it is empty, the server grants none.
    /// </param>
    /// <param name="nameIdentifierClaim">
    /// The server's claim that becomes <see cref="ClaimTypes.NameIdentifier"/>, such as <c>sub</c>; <see langword="null"/> for the owner.
    /// </param>
    /// <returns>The principal.</returns>
    /// <exception cref="InvalidOperationException">The grant has no ID Token.</exception>
    /// <exception cref="OAuthException">The server did not send <paramref name="nameIdentifierClaim"/>.</exception>
    /// <exception cref="ArgumentException">The subject of <paramref name="userInfo"/> is not <see cref="Subject"/>.</exception>
    public ClaimsPrincipal ToClaimsPrincipal(
        UserInfo? userInfo = null,
        string authenticationType = "OAuthClient",
        string nameClaim = "name",
        string roleClaim = "roles",
        string? nameIdentifierClaim = null
    )
    {
        var claims = IdTokenClaims ?? throw new InvalidOperationException("The grant has no ID Token; request the scope openid.");
        if (userInfo is not null && userInfo.Subject != Subject)
            throw new ArgumentException("The userinfo response is of another subject; pass that of the grant's subject.", nameof(userInfo));
        JsonElement[] sets = userInfo is null ? [claims] : [claims, userInfo.Claims];
        var ownerClaims = nameIdentifierClaim is null
            ? OwnerClaims
            : ClaimsPrincipalFactory.WithNameIdentifier(OwnerClaims, nameIdentifierClaim, Issuer, sets);
        return ClaimsPrincipalFactory.Create(ownerClaims, Issuer, authenticationType, nameClaim, roleClaim, sets);
    }
}
