using System.Diagnostics;
using System.Security.Claims;
using System.Text.Json;

namespace OAuthClient;

/// <summary>What the server says about the user (OpenID Connect Core §5.3.2).</summary>
[DebuggerDisplay("UserInfo")]
public sealed class UserInfo
{
    internal UserInfo(string subject, JsonElement claims, string server)
    {
        Subject = subject;
        Claims = claims;
        Issuer = claims.TextIfAny(ParameterNames.Issuer) ?? server;
    }

    /// <summary>The user's identifier at this server: unique and never reassigned there, and the same as in the ID Token.</summary>
    public string Subject { get; }

    /// <summary>All claims as the server sent them, such as <c>name</c> or <c>email</c> (§5.1).</summary>
    public JsonElement Claims { get; }

    /// <summary>The standard claims among them (§5.1).</summary>
    public StandardClaims StandardClaims => StandardClaims.Of(Claims);

    /// <summary>Where further claims are (§5.6.2); <see cref="ClaimSourceReader"/> reads them.</summary>
    public IReadOnlyList<ClaimSource> ClaimSources => ClaimSource.Of(Claims);

    internal string Issuer { get; }

    /// <summary>
    /// Gets or sets the claims that say which grant owner the principal stands for; <see langword="null"/> when the user's tenant is not
    /// known. Set by the client, which knows the grant.
    /// </summary>
    internal IReadOnlyList<Claim>? OwnerClaims { get; set; } = [];

    /// <summary>A claim that is a text, or <see langword="null"/> when it is absent or something else.</summary>
    /// <param name="claim">The claim's name.</param>
    public string? this[string claim] => Claims.TextIfAny(claim);

    /// <summary>The claims as a principal, under the names the server gave them, each with the server as its <see cref="Claim.Issuer"/>.</summary>
    /// <remarks>
    /// A claim of the type <see cref="GrantOwner.ClaimType"/> names the subject of this issuer: principals of two servers are two owners,
    /// even where the subjects are equal.
    /// </remarks>
    /// <param name="authenticationType">What the identity says it was authenticated by.</param>
    /// <param name="nameClaim">Which claim is <c>Identity.Name</c>.</param>
    /// <param name="roleClaim">Which claim <c>IsInRole</c> asks.</param>
    /// <returns>The principal.</returns>
    /// <exception cref="InvalidOperationException">
    /// The server has many tenants (<c>IssuerTemplate</c>), and the grant has no ID Token, so the user's tenant is not known.
    /// </exception>
    public ClaimsPrincipal ToClaimsPrincipal(
        string authenticationType = "OAuthClient",
        string nameClaim = "name",
        string roleClaim = "roles"
    ) => ClaimsPrincipalFactory.Create(OwnerClaims ?? throw TenantUnknown(), Issuer, authenticationType, nameClaim, roleClaim, Claims);

    /// <summary>Names no claim's value.</summary>
    public override string ToString() => "UserInfo";

    private static InvalidOperationException TenantUnknown() =>
        new(
            "The server has many tenants, and without an ID Token the tenant of the user is not known, so a user of another tenant with the "
                + "same sub would be the same owner; ask for the scope openid."
        );
}
