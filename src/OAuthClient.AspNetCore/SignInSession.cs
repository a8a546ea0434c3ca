using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore;

/// <summary>Represents a sign-in by a client's server, as recorded in the application's session cookie.</summary>
internal sealed record SignInSession(string ClientName, GrantOwner Owner, string? SessionId, string? SignInId)
{
    private const string AuthenticationType = "OAuthClient";
    private const string ClientClaim = "oauthclient.client";
    private const string SignInClaim = "oauthclient.sign_in";
    private const string SessionClaim = "sid";

    // The key in the cookie's properties.
    private const string SessionsProperty = "oauthclient.sign_ins";

    /// <summary>Creates a principal with few claims, because the cookie contains them. The grant contains all claims.</summary>
    /// <param name="grant">The grant of the sign-in.</param>
    /// <param name="claims">The claims of the server about the user.</param>
    /// <param name="nameIdentifier">The server's value of the name identifier; <see langword="null"/> for the owner.</param>
    public static ClaimsPrincipal Create(Grant grant, IEnumerable<(string Type, string Value)> claims, string? nameIdentifier)
    {
        ClaimsIdentity identity = new(AuthenticationType);
        identity.AddClaim(new(ClientClaim, grant.ClientName));
        identity.AddClaim(new(SignInClaim, grant.SignInId!));
        // The default issuer, LOCAL AUTHORITY, distinguishes this claim from one of another provider.
        identity.AddClaim(new(GrantOwner.ClaimType, grant.Owner.ToString()));
        // The subject alone is not unique across servers. The application may replace this claim, because it is not read back.
        string issuer = Issuer(grant);
        identity.AddClaim(
            nameIdentifier is null
                ? new(ClaimTypes.NameIdentifier, grant.Owner.ToString())
                : new(ClaimTypes.NameIdentifier, nameIdentifier, ClaimValueTypes.String, issuer)
        );
        Add("iss", issuer);
        Add("sub", grant.Subject);
        Add(SessionClaim, grant.SessionId);
        foreach (var (type, value) in claims)
            Add(type, value);
        return new(identity);

        void Add(string type, string? value)
        {
            if (value is not null)
                identity.AddClaim(new(type, value, ClaimValueTypes.String, issuer));
        }
    }

    /// <summary>Finds the sign-in by this client; <see langword="null"/> if the user did not sign in by it.</summary>
    public static SignInSession? Find(ClaimsPrincipal user, string clientName) =>
        Identities(user).Select(Read).FirstOrDefault(session => string.Equals(session?.ClientName, clientName, StringComparison.Ordinal));

    /// <summary>
    /// Writes the user's sign-ins into a cookie's properties. Unlike the claims, the properties persist when the application replaces the
    /// principal, for example in <c>OnSigningIn</c> or <c>OnValidatePrincipal</c>.
    /// </summary>
    /// <param name="user">The user.</param>
    /// <param name="properties">The cookie's properties.</param>
    public static void Write(ClaimsPrincipal user, AuthenticationProperties properties)
    {
        string sessions = string.Join(' ', Identities(user).Select(identity => ToText(Read(identity))));
        // The properties may be reused for the same session with a principal that no longer names the sign-ins.
        if (sessions.Length > 0)
            properties.SetString(SessionsProperty, sessions);
    }

    /// <summary>
    /// Determines whether all sign-ins that the principal's claims or the cookie's properties name are valid. An incomplete entry is not
    /// valid.
    /// </summary>
    /// <param name="user">The cookie's principal.</param>
    /// <param name="properties">The cookie's properties.</param>
    /// <param name="services">The request's services.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public static async ValueTask<bool> AreValidAsync(
        ClaimsPrincipal user,
        AuthenticationProperties? properties,
        IServiceProvider services,
        CancellationToken cancellationToken
    )
    {
        var written = properties?.GetString(SessionsProperty)?.Split(' ').Select(FromText) ?? [];
        foreach (var session in Identities(user).Select(Read).Concat(written).Distinct())
        {
            if (
                session?.SignInId is null
                || services.GetKeyedService<OpenIdSignIn>(session.ClientName) is not { } signIn
                || !await signIn
                    .IsSignedInAsync(session.Owner, session.SessionId, session.SignInId, cancellationToken)
                    .ConfigureAwait(false)
            )
            {
                return false;
            }
        }
        return true;
    }

    // The authenticated identities that name a client.
    private static IEnumerable<ClaimsIdentity> Identities(ClaimsPrincipal user) =>
        user.Identities.Where(identity => identity.IsAuthenticated && Own(identity, ClientClaim) is not null);

    private static SignInSession? Read(ClaimsIdentity identity) =>
        Own(identity, ClientClaim) is { } client && ClaimsGrantOwner.FindStated(identity) is { } owner
            ? new(client, owner, identity.FindFirst(IsSession)?.Value, Own(identity, SignInClaim))
            : null;

    private static string ToText(SignInSession? session) =>
        QueryString
            .Create(
                from parameter in new (string Name, string? Value)[]
                {
                    ("client", session?.ClientName),
                    ("owner", session?.Owner.ToString()),
                    ("session", session?.SessionId),
                    ("sign_in", session?.SignInId),
                }
                where parameter.Value is not null
                select KeyValuePair.Create<string, string?>(parameter.Name, parameter.Value)
            )
            .ToString();

    private static SignInSession? FromText(string text)
    {
        var parameters = QueryHelpers.ParseQuery(text);
        return Value("client") is { } client && GrantOwner.TryParse(Value("owner"), out var owner)
            ? new(client, owner, Value("session"), Value("sign_in"))
            : null;

        string? Value(string name) => parameters.TryGetValue(name, out var value) ? value.ToString() : null;
    }

    // ClaimsIdentity.FindFirst compares types without case, and could return another claim of the server.
    private static bool IsSession(Claim claim) => string.Equals(claim.Type, SessionClaim, StringComparison.Ordinal);

    // Reads a claim that this library wrote, and not one that the application copied from a server.
    private static string? Own(ClaimsIdentity identity, string type) =>
        identity
            .FindFirst(claim =>
                string.Equals(claim.Type, type, StringComparison.Ordinal)
                && string.Equals(claim.Issuer, ClaimsIdentity.DefaultIssuer, StringComparison.Ordinal)
            )
            ?.Value;

    // For a multi-tenant server this is the tenant's issuer, which was validated with the ID Token.
    private static string Issuer(Grant grant) =>
        grant.IdTokenClaims is { } claims && claims.TryGetProperty("iss", out var issuer) ? issuer.GetString()! : grant.Server;
}
