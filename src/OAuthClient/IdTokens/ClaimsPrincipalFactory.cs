using System.Collections.Frozen;
using System.Security.Claims;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Creates a <see cref="ClaimsPrincipal"/> from a server's claims about a user. Claim types are the server's claim names.
/// </summary>
internal static class ClaimsPrincipalFactory
{
    private const string ClientClaim = "oauthclient.client";
    private const string SignInClaim = "oauthclient.sign_in";
    private const string SessionClaim = "sid";

    // Claims about the token or about claim sources do not describe the user. The session is taken from the grant, not from userinfo.
    private static readonly FrozenSet<string> TokenClaims = FrozenSet.Create(
        StringComparer.Ordinal,
        "iss",
        "aud",
        "azp",
        "exp",
        "iat",
        "nbf",
        "jti",
        "nonce",
        "at_hash",
        "c_hash",
        SessionClaim,
        ClaimSource.NamesMember,
        ClaimSource.SourcesMember
    );

    // Where a server does not send the claim of Identity.Name, the first of these names the user (OpenID Connect Core §5.1). The last two
    // are those of Microsoft's servers.
    private static readonly string[] NameClaims = ["name", "preferred_username", "email", "nickname", "given_name", "upn", "unique_name"];

    /// <summary>
    /// Creates a principal. The claims that identify the grant owner and the session are never taken from the server's claims.
    /// </summary>
    /// <param name="ownerClaims">The claims that identify the grant owner.</param>
    /// <param name="issuer">The server, which becomes the issuer of each claim.</param>
    /// <param name="authenticationType">The authentication type of the identity.</param>
    /// <param name="nameClaim">
    /// The claim type of <c>Identity.Name</c>. If the claim is missing, the first of the known name claims takes its place.
    /// </param>
    /// <param name="roleClaim">
    /// The claim type that <c>IsInRole</c> reads. If the claim is missing, it is read as a path of member names with dots, such as
    /// <c>realm_access.roles</c>. No other claim grants a role. If it is empty, the server grants none.
    /// </param>
    /// <param name="sets">Sets of claims about one user. When two sets contain the same claim, the first set takes precedence.</param>
    /// <returns>The principal.</returns>
    public static ClaimsPrincipal Create(
        IEnumerable<Claim> ownerClaims,
        string issuer,
        string authenticationType,
        string nameClaim,
        string roleClaim,
        params ReadOnlySpan<JsonElement> sets
    )
    {
        string roleType = roleClaim.Length > 0 ? roleClaim : ClaimTypes.Role;
        List<Claim> all = [];
        var known = new HashSet<string>(TokenClaims);
        foreach (var claims in sets)
        {
            foreach (var claim in claims.EnumerateObject())
            {
                if (!known.Contains(claim.Name) && !IsReserved(claim.Name) && !IsOtherRole(claim.Name))
                    AddAll(all, issuer, claim.Name, claim.Value);
            }
            known.UnionWith(claims.EnumerateObject().Select(claim => claim.Name));
        }
        foreach (var claims in sets)
        {
            if (!Has(all, roleClaim) && !IsReserved(roleClaim) && FindNested(claims, roleClaim) is { } nested)
                AddAll(all, issuer, roleClaim, nested);
        }
        string nameType = HasText(all, nameClaim) ? nameClaim : NameClaims.FirstOrDefault(type => HasText(all, type)) ?? nameClaim;
        all.AddRange(ownerClaims);
        return new ClaimsPrincipal(new ClaimsIdentity(all, authenticationType, nameType, roleType));

        // ClaimsPrincipal compares claim types without case, so "Roles" would grant roles beside "roles".
        bool IsOtherRole(string name) => name != roleClaim && string.Equals(name, roleType, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Replaces the claim <see cref="ClaimTypes.NameIdentifier"/> by the value of a claim of the server.</summary>
    /// <param name="ownerClaims">The claims that identify the grant owner.</param>
    /// <param name="claim">The name of the server's claim.</param>
    /// <param name="issuer">The server.</param>
    /// <param name="sets">Sets of claims about one user.</param>
    /// <returns>The claims.</returns>
    /// <exception cref="OAuthException">The server did not send the claim as a string.</exception>
    public static IReadOnlyList<Claim> WithNameIdentifier(
        IEnumerable<Claim> ownerClaims,
        string claim,
        string issuer,
        params ReadOnlySpan<JsonElement> sets
    )
    {
        foreach (var claims in sets)
        {
            if (claims.TextIfAny(claim) is { Length: > 0 } value)
                return
                [
                    .. ownerClaims.Where(known => known.Type != ClaimTypes.NameIdentifier),
                    new(ClaimTypes.NameIdentifier, value, ClaimValueTypes.String, issuer),
                ];
        }
        throw new OAuthException(
            $"The server sent no claim '{claim}', which is to identify the user as NameIdentifier; request it, or name a claim that the "
                + "server sends, such as sub."
        );
    }

    /// <summary>Creates the claims with which the application checks whether the sign-in of a principal is still valid.</summary>
    /// <param name="clientName">The client with which the user signed in.</param>
    /// <param name="signInId">
    /// The sign-in, as in <see cref="Grant.SignInId"/>; <see langword="null"/> for a grant that is not a sign-in.
    /// </param>
    /// <param name="sessionId">The session at the server, as in <see cref="Grant.SessionId"/>.</param>
    /// <param name="issuer">The server.</param>
    /// <returns>The claims.</returns>
    public static IEnumerable<Claim> OfSignIn(string clientName, string? signInId, string? sessionId, string issuer)
    {
        if (sessionId is not null)
            yield return new(SessionClaim, sessionId, ClaimValueTypes.String, issuer);
        if (signInId is null)
            yield break;
        // Issued by this library and not by the server, as the owner claims are.
        yield return new(ClientClaim, clientName);
        yield return new(SignInClaim, signInId);
    }

    // Ignores case, because ClaimsPrincipal compares claim types without case.
    private static bool IsReserved(string name) =>
        string.Equals(name, ClaimTypes.NameIdentifier, StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("oauthclient.", StringComparison.OrdinalIgnoreCase);

    private static bool HasText(List<Claim> claims, string type) =>
        claims.Exists(claim =>
            string.Equals(claim.Type, type, StringComparison.Ordinal)
            && claim.ValueType == ClaimValueTypes.String
            && !string.IsNullOrWhiteSpace(claim.Value)
        );

    private static bool Has(List<Claim> claims, string type) =>
        claims.Exists(claim => string.Equals(claim.Type, type, StringComparison.Ordinal) && claim.Value.Length > 0);

    // A path of member names with dots, for a server that nests the roles. The names of nested members may be invalid.
    private static JsonElement? FindNested(JsonElement claims, string path)
    {
        string[] names = path.Split('.');
        if (names.Length == 1)
            return null;
        var found = claims;
        foreach (string name in names)
        {
            if (found.ValueKind != JsonValueKind.Object || !StrictJson.HasReadableNames(found) || !found.TryGetProperty(name, out found))
                return null;
        }
        return found;
    }

    private static void AddAll(List<Claim> all, string issuer, string name, JsonElement value)
    {
        foreach (var item in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().AsEnumerable() : [value])
            Add(all, issuer, name, item);
    }

    private static void Add(List<Claim> all, string issuer, string name, JsonElement value)
    {
        var (text, type) = value.ValueKind switch
        {
            JsonValueKind.String => (StrictJson.TextIfAnyOf(value), ClaimValueTypes.String),
            JsonValueKind.True or JsonValueKind.False => (value.GetRawText(), ClaimValueTypes.Boolean),
            JsonValueKind.Number => (value.GetRawText(), value.TryGetInt64(out _) ? ClaimValueTypes.Integer64 : ClaimValueTypes.Double),
            JsonValueKind.Object or JsonValueKind.Array => (StrictJson.RawTextIfAny(value), "JSON"),
            _ => (null, ""),
        };
        if (text is not null)
            all.Add(new Claim(name, text, type, issuer));
    }
}
