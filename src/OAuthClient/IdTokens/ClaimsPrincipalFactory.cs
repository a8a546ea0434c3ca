using System.Collections.Frozen;
using System.Security.Claims;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Turns what a server says about a user into the framework's claims, under the names the server gave them.</summary>
internal static class ClaimsPrincipalFactory
{
    private const string ClientClaim = "oauthclient.client";
    private const string SignInClaim = "oauthclient.sign_in";
    private const string SessionClaim = "sid";

    // What protects the token, or points elsewhere, says nothing about the user. The session is the grant's, whatever userinfo says.
    private static readonly FrozenSet<string> AboutTheToken = FrozenSet.Create(
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

    /// <summary>Of those by which an application tells whose grants a user has, and in which session they are, none is a server's to choose.</summary>
    /// <param name="ownerClaims">The claims that say which grant owner the principal stands for.</param>
    /// <param name="issuer">The server, which becomes each claim's issuer.</param>
    /// <param name="authenticationType">What the identity says it was authenticated by.</param>
    /// <param name="nameClaim">Which claim is <c>Identity.Name</c>.</param>
    /// <param name="roleClaim">Which claim <c>IsInRole</c> asks.</param>
    /// <param name="sets">Claims about one user; where two sets have the same, the first counts.</param>
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
        var known = new HashSet<string>(AboutTheToken, StringComparer.Ordinal);
        foreach (var claims in sets)
        {
            var names = new List<string>();
            foreach (var claim in claims.EnumerateObject())
            {
                if (known.Contains(claim.Name) || IsOurs(claim.Name))
                    continue;
                names.Add(claim.Name);
                foreach (
                    var value in claim.Value.ValueKind == JsonValueKind.Array ? claim.Value.EnumerateArray().AsEnumerable() : [claim.Value]
                )
                    Add(identity, issuer, claim.Name, value);
            }
            known.UnionWith(names);
        }
        identity.AddClaims(ownerClaims);
        return new ClaimsPrincipal(identity);
    }

    /// <summary>Creates the claims by which it can be checked whether the sign-in of a principal is still valid.</summary>
    /// <param name="clientName">The client by which the user signed in.</param>
    /// <param name="signInId">
    /// The sign-in, as in <see cref="Grant.SignInId"/>; <see langword="null"/> for a grant by which no user signed in.
    /// </param>
    /// <param name="sessionId">The session at the server, as in <see cref="Grant.SessionId"/>.</param>
    /// <param name="issuer">The server.</param>
    public static IEnumerable<Claim> OfSignIn(string clientName, string? signInId, string? sessionId, string issuer)
    {
        if (sessionId is not null)
            yield return new(SessionClaim, sessionId, ClaimValueTypes.String, issuer);
        if (signInId is null)
            yield break;
        // Like the owner, these are this library's words and not the server's.
        yield return new(ClientClaim, clientName);
        yield return new(SignInClaim, signInId);
    }

    // In any case, for so the framework finds them.
    private static bool IsOurs(string name) =>
        string.Equals(name, ClaimTypes.NameIdentifier, StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("oauthclient.", StringComparison.OrdinalIgnoreCase);

    private static void Add(ClaimsIdentity identity, string issuer, string name, JsonElement value)
    {
        var (text, type) = value.ValueKind switch
        {
            JsonValueKind.String => (StrictJson.TextIfAnyOf(value), ClaimValueTypes.String),
            JsonValueKind.True => ("true", ClaimValueTypes.Boolean),
            JsonValueKind.False => ("false", ClaimValueTypes.Boolean),
            JsonValueKind.Number => (value.GetRawText(), value.TryGetInt64(out _) ? ClaimValueTypes.Integer64 : ClaimValueTypes.Double),
            JsonValueKind.Object or JsonValueKind.Array => (StrictJson.RawTextIfAny(value), "JSON"),
            _ => (null, ""),
        };
        if (text is not null)
            identity.AddClaim(new Claim(name, text, type, issuer));
    }
}
