using System.Diagnostics;
using System.Security.Claims;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Represents the response of the UserInfo endpoint (OpenID Connect Core §5.3.2).</summary>
[DebuggerDisplay("UserInfo")]
public sealed class UserInfo
{
    internal UserInfo(string subject, JsonElement claims, string server)
    {
        Subject = subject;
        Claims = claims;
        Issuer = claims.TextIfAny(ParameterNames.Issuer) ?? server;
    }

    /// <summary>
    /// Gets the user's identifier at the server, which is unique and never reassigned there. It equals the subject of the ID Token. For a
    /// server whose responses have no <c>sub</c>, it is the member that <see cref="ServerAdaptationOptions.UserIdMember"/> names.
    /// </summary>
    public string Subject { get; }

    /// <summary>Gets all claims as the server sent them, such as <c>name</c> or <c>email</c> (§5.1).</summary>
    public JsonElement Claims { get; }

    /// <summary>Gets the standard claims (§5.1).</summary>
    public StandardClaims StandardClaims => StandardClaims.Of(Claims);

    /// <summary>Gets the account that the response describes: its identifier, name, e-mail address and picture.</summary>
    public GrantAccount Account => GrantAccount.From(Subject, Claims);

    /// <summary>Gets the sources of aggregated and distributed claims (§5.6.2). <see cref="ClaimSourceReader"/> reads them.</summary>
    public IReadOnlyList<ClaimSource> ClaimSources => ClaimSource.Of(Claims);

    internal string Issuer { get; }

    /// <summary>
    /// Gets or sets the claims that identify the grant owner; <see langword="null"/> when the user's tenant is not known. The client sets
    /// them from the grant.
    /// </summary>
    internal IReadOnlyList<Claim>? OwnerClaims { get; set; } = [];

    /// <summary>Gets the value of a string claim, or <see langword="null"/> when the claim is absent or not a string.</summary>
    /// <param name="claim">The name of the claim.</param>
    /// <returns>The value, or <see langword="null"/>.</returns>
    public string? this[string claim] => Claims.TextIfAny(claim);

    /// <summary>
    /// Creates a principal from the claims. The claim types are the server's claim names, and <see cref="Claim.Issuer"/> is the server.
    /// </summary>
    /// <remarks>
    /// A claim of the type <see cref="GrantOwner.ClaimType"/> identifies the issuer and the subject. Principals of two servers are two
    /// owners, even if their subjects are equal.
    /// </remarks>
    /// <param name="authenticationType">The authentication type of the identity.</param>
    /// <param name="nameClaim">The claim type of <c>Identity.Name</c>, as in <c>Grant.ToClaimsPrincipal</c>.</param>
    /// <param name="roleClaim">The claim type that <c>IsInRole</c> reads, as in <c>Grant.ToClaimsPrincipal</c>.</param>
    /// <returns>The principal.</returns>
    /// <exception cref="InvalidOperationException">
    /// The server is a multi-tenant server (<c>IssuerTemplate</c>) and the grant has no ID Token, so the user's tenant is not known.
    /// </exception>
    public ClaimsPrincipal ToClaimsPrincipal(
        string authenticationType = "OAuthClient",
        string nameClaim = "name",
        string roleClaim = "roles"
    ) => ClaimsPrincipalFactory.Create(OwnerClaims ?? throw TenantUnknown(), Issuer, authenticationType, nameClaim, roleClaim, Claims);

    /// <summary>Returns a fixed text that contains no claim value.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => "UserInfo";

    private static InvalidOperationException TenantUnknown() =>
        new(
            "The server is a multi-tenant server, and the grant has no ID Token that names the user's tenant. A user of another tenant "
                + "with the same sub would be the same owner; request the scope openid."
        );
}
