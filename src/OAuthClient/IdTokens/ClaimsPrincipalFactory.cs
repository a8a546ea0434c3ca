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

    /// <summary>
    /// Creates a principal. The claims that identify the grant owner and the session are never taken from the server's claims.
    /// </summary>
    /// <param name="ownerClaims">The claims that identify the grant owner.</param>
    /// <param name="issuer">The server, which becomes the issuer of each claim.</param>
    /// <param name="authenticationType">The authentication type of the identity.</param>
    /// <param name="nameClaim">The claim type of <c>Identity.Name</c>.</param>
    /// <param name="roleClaim">The claim type that <c>IsInRole</c> reads.</param>
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
        var identity = new ClaimsIdentity(authenticationType, nameClaim, roleClaim);
        var known = new HashSet<string>(TokenClaims);
        foreach (var claims in sets)
        {
            foreach (var claim in claims.EnumerateObject())
            {
                if (known.Contains(claim.Name) || IsReserved(claim.Name))
                    continue;
                foreach (
                    var value in claim.Value.ValueKind == JsonValueKind.Array ? claim.Value.EnumerateArray().AsEnumerable() : [claim.Value]
                )
                    Add(identity, issuer, claim.Name, value);
            }
            known.UnionWith(claims.EnumerateObject().Select(claim => claim.Name));
        }
        identity.AddClaims(ownerClaims);
        return new ClaimsPrincipal(identity);
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

    private static void Add(ClaimsIdentity identity, string issuer, string name, JsonElement value)
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
            identity.AddClaim(new Claim(name, text, type, issuer));
    }
}
