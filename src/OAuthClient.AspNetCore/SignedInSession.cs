using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore;

/// <summary>A user who signed in by a client's server, as the application's own session says it.</summary>
internal sealed record SignedInSession(string ClientName, GrantOwner Owner, string? SessionId, string? SignInId)
{
    private const string AuthenticationType = "OAuthClient";
    private const string ClientClaim = "oauthclient.client";
    private const string SignInClaim = "oauthclient.sign_in";

    /// <summary>Few claims, for they travel in a cookie: the rest is in the grant.</summary>
    public static ClaimsPrincipal Create(Grant grant)
    {
        ClaimsIdentity identity = new(AuthenticationType);
        identity.AddClaim(new(ClientClaim, grant.ClientName));
        identity.AddClaim(new(SignInClaim, grant.SignInId!));
        // The default issuer, LOCAL AUTHORITY, tells this claim from one that another provider wrote.
        identity.AddClaim(new(GrantOwner.ClaimType, grant.Owner.ToString()));
        // Not the subject alone, because two servers may use the same one. The application may replace this claim; it is not read back.
        identity.AddClaim(new(ClaimTypes.NameIdentifier, grant.Owner.ToString()));
        string issuer = Issuer(grant);
        var claims = grant.StandardClaims;
        Add("iss", issuer);
        Add("sub", grant.Subject);
        Add("sid", grant.SessionId);
        Add(ClaimTypes.Name, claims?.Name ?? claims?.PreferredUsername);
        return new(identity);

        void Add(string type, string? value)
        {
            if (value is not null)
                identity.AddClaim(new(type, value, ClaimValueTypes.String, issuer));
        }
    }

    /// <summary>The session by this client; <see langword="null"/> when the user signed in in another way, or not at all.</summary>
    public static SignedInSession? Find(ClaimsPrincipal user, string clientName) =>
        All(user).FirstOrDefault(session => string.Equals(session.ClientName, clientName, StringComparison.Ordinal));

    /// <summary>Whether every session by which the user is signed in still stands; so it does when there is none.</summary>
    public static async ValueTask<bool> StandsAsync(ClaimsPrincipal user, HttpContext context)
    {
        foreach (var session in All(user))
        {
            if (context.RequestServices.GetKeyedService<OpenIdSignIn>(session.ClientName) is not { } signIn
                || session.SignInId is null
                || !await signIn.IsSignedInAsync(session.Owner, session.SessionId, session.SignInId, context.RequestAborted).ConfigureAwait(false))
            {
                return false;
            }
        }
        return true;
    }

    private static IEnumerable<SignedInSession> All(ClaimsPrincipal user) =>
        from identity in user.Identities
        where identity.IsAuthenticated
        let client = identity.FindFirst(ClientClaim)?.Value
        let owner = ClaimsGrantOwner.FindStated(identity)
        where client is not null && owner is not null
        select new SignedInSession(client, owner, identity.FindFirst("sid")?.Value, identity.FindFirst(SignInClaim)?.Value);

    // With a server of many tenants the tenant's own: who signed in did so by an ID Token whose issuer was compared.
    private static string Issuer(Grant grant) =>
        grant.IdTokenClaims is { } claims && claims.TryGetProperty("iss", out var issuer) ? issuer.GetString()! : grant.Server;
}
