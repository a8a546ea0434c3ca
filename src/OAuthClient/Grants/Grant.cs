using System.Collections.Frozen;
using System.Diagnostics;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// What one resource owner gave this client at one authorization server: tokens, and what they allow. Immutable; every
/// change is a new object with the next <see cref="Generation"/>.
/// </summary>
[DebuggerDisplay("Grant {Id} of {ClientName}, generation {Generation}")]
[JsonConverter(typeof(NonSerializableJsonConverter<Grant>))]
public sealed class Grant
{
    private IssuerTemplate? allowedBy;
    private long endsAtTicks = long.MaxValue;

    internal Grant(string id, string clientName, GrantOwner owner, string server, string clientId)
    {
        Id = id;
        ClientName = clientName;
        Owner = owner;
        Server = server;
        ClientId = clientId;
    }

    private Grant(Grant older)
    {
        (Id, ClientName, Owner, Server, ClientId) = (older.Id, older.ClientName, older.Owner, older.Server, older.ClientId);
        (Subject, SessionId, SignInId, SignInExpiresAt) = (older.Subject, older.SessionId, older.SignInId, older.SignInExpiresAt);
        (FirstIdTokenIssuedAt, RenewalEndsAt) = (older.FirstIdTokenIssuedAt, older.RenewalEndsAt);
        (Scopes, Resources, CreatedAt) = (older.Scopes, older.Resources, older.CreatedAt);
        (RefreshToken, IdToken, Tokens) = (older.RefreshToken, older.IdToken, older.Tokens);
        UnknownMembers = older.UnknownMembers;
        Generation = older.Generation + 1;
    }

    /// <summary>A random name of this grant.</summary>
    public string Id { get; }

    /// <summary>The registration it belongs to, as named in <c>AddOAuthClient</c>; empty for the unnamed one.</summary>
    public string ClientName { get; }

    /// <summary>Whose it is.</summary>
    public GrantOwner Owner { get; }

    /// <summary>The authorization server: its issuer, or its token endpoint where the issuer is not known.</summary>
    public string Server { get; }

    /// <summary>The client identifier it was given to.</summary>
    public string ClientId { get; }

    /// <summary>Who the resource owner is at the server, by the validated ID Token; <see langword="null"/> without one.</summary>
    public string? Subject { get; internal init; }

    /// <summary>
    /// The user's session at the server in which it was given: the validated ID Token's <c>sid</c> (OpenID Connect Back-Channel Logout
    /// §2.1); <see langword="null"/> when the server names none.
    /// </summary>
    public string? SessionId { get; internal init; }

    /// <summary>
    /// A random name of the session here that began with the sign-in, when the user signed in by this server: it stays when they sign in again in the same session
    /// of the server's, and where the server names none, each sign-in is a session of its own. What has ended does not come back under its name.
    /// </summary>
    public string? SignInId { get; internal init; }

    /// <summary>Until when the user counts as signed in by it, when they signed in by this server: a store keeps it for as long.</summary>
    public DateTimeOffset? SignInExpiresAt
    {
        get;
        internal init
        {
            field = value;
            endsAtTicks = EndOf(value ?? RenewalEndsAt, Scopes);
        }
    }

    /// <summary>
    /// Gets when the grant ends with the sign-in: <see cref="SignInExpiresAt"/>, or the end of the sign-in that the grant renewed.
    /// <see langword="null"/> when the grant belongs to no sign-in or <c>offline_access</c> was granted (OpenID Connect Core §11). From then
    /// on its tokens are neither sent nor refreshed, and a store can remove it.
    /// </summary>
    public DateTimeOffset? EndsAt => endsAtTicks == long.MaxValue ? null : SignInExpiresAt ?? RenewalEndsAt;

    /// <summary>
    /// Names client, server and <see cref="Subject"/> without saying who that is; <see langword="null"/> without a subject. For a store,
    /// which finds the grant by it. It stays the same for as long as the grant lives.
    /// </summary>
    public string? SubjectFingerprint => Subject is null ? null : FingerprintOfSubject(ClientName, Server, Subject);

    /// <summary>The same for client, server and <see cref="SessionId"/>, or <see cref="SignInId"/> where the server names no session.</summary>
    public string? SessionFingerprint =>
        SessionId is not null ? FingerprintOfSession(ClientName, Server, SessionId)
        : SignInId is not null ? FingerprintOfSignIn(ClientName, Server, SignInId)
        : null;

    /// <summary>What was granted: the server's word, or what was asked for when it said none (RFC 6749 §5.1). It may be less than was asked for, or more.</summary>
    public IReadOnlyList<string> Scopes
    {
        get;
        internal init
        {
            field = value;
            endsAtTicks = EndOf(SignInExpiresAt ?? RenewalEndsAt, value);
        }
    } = [];

    /// <summary>The protected resources it was asked for (RFC 8707).</summary>
    public IReadOnlyList<string> Resources { get; internal init; } = [];

    /// <summary>When the authorization was completed.</summary>
    public DateTimeOffset CreatedAt { get; internal init; }

    /// <summary>Counts the changes: a store replaces a grant only by the next generation.</summary>
    public long Generation { get; internal init; } = 1;

    /// <summary>Whether access tokens can be had anew without the resource owner.</summary>
    public bool CanRefresh => RefreshToken is not null;

    /// <summary>The access token with everything that was granted. It may have expired: <c>GetAccessTokenAsync</c> gives one that works.</summary>
    public AccessToken? AccessToken { get; private init; }

    /// <summary>The refresh token, when there is one. The library spends it; used elsewhere as well, it may cost the user the grant.</summary>
    public RefreshToken? RefreshToken { get; internal init; }

    /// <summary>The validated ID Token, when there was one.</summary>
    public IdToken? IdToken { get; internal init; }

    /// <summary>The validated ID Token's claims (OpenID Connect Core §2), or <see langword="null"/> without one.</summary>
    public JsonElement? IdTokenClaims => IdToken is null ? null : UnverifiedJwt.ClaimsOf(IdToken);

    /// <summary>The standard claims among them (§5.1), or <see langword="null"/> without an ID Token.</summary>
    public StandardClaims? StandardClaims => IdTokenClaims is { } claims ? StandardClaims.Of(claims) : null;

    /// <summary>Where further claims are (OpenID Connect Core §5.6.2); <see cref="ClaimSourceReader"/> reads them.</summary>
    public IReadOnlyList<ClaimSource> ClaimSources => IdTokenClaims is { } claims ? ClaimSource.Of(claims) : [];

    internal IReadOnlyList<Claim> OwnerClaims =>
        [.. Owner.ToClaims(Issuer), .. ClaimsPrincipalFactory.OfSignIn(ClientName, SignInId, SessionId, Issuer)];

    /// <summary>
    /// Gets the <c>iat</c> of the ID Token that the authorization brought, by the server's clock; <see langword="null"/> when there was
    /// none. A refresh does not change it.
    /// </summary>
    internal DateTimeOffset? FirstIdTokenIssuedAt { get; init; }

    /// <summary>
    /// Gets the end of the sign-in that the grant renewed; <see langword="null"/> when the grant is the sign-in itself or renewed none.
    /// </summary>
    internal DateTimeOffset? RenewalEndsAt
    {
        get;
        init
        {
            field = value;
            endsAtTicks = EndOf(SignInExpiresAt ?? value, Scopes);
        }
    }

    /// <summary>Gets <see cref="EndsAt"/> in UTC ticks; <see cref="long.MaxValue"/> when the grant has no end.</summary>
    internal long EndsAtTicks => endsAtTicks;

    /// <summary>Whose word the subject is: with a server of many tenants the tenant's own issuer.</summary>
    internal string Issuer => IdTokenClaims?.TextIfAny(ParameterNames.Issuer) ?? Server;

    /// <summary>
    /// Determines whether the grant's tenant may sign in. Without an ID Token it is the tenant of the owner's issuer. Where the owner is no
    /// subject of one of the template's issuers, the tenant is not known, and the grant is allowed. The result is kept, because reading an
    /// ID Token at each use would cost too much.
    /// </summary>
    internal bool IsAllowedBy(IssuerTemplate template)
    {
        if (ReferenceEquals(allowedBy, template))
            return true;
        if ((IdToken is not null ? Issuer : OwnerIssuerOf(template)) is { } issuer && !template.Allows(issuer))
            return false;
        allowedBy = template;
        return true;
    }

    /// <summary>Gets the issuer of the owner, where the owner is a subject of one of the template's issuers.</summary>
    /// <param name="template">The template.</param>
    /// <returns>The issuer; otherwise, <see langword="null"/>.</returns>
    internal string? OwnerIssuerOf(IssuerTemplate template) =>
        Owner.Issuer is { } issuer && IssuerTemplate.Matches(template.Text, issuer) ? issuer : null;

    /// <summary>Gets the members of the stored grant that this build does not know.</summary>
    internal Dictionary<string, JsonElement>? UnknownMembers { get; init; }

    internal FrozenDictionary<string, AccessToken> Tokens
    {
        get;
        init
        {
            field = value;
            AccessToken = value.GetValueOrDefault(AccessTokenKey.Default.Key);
        }
    } = FrozenDictionary<string, AccessToken>.Empty;

    /// <summary>
    /// Who signed in, as a principal: the validated ID Token's claims, and those of <paramref name="userInfo"/> that it does not have, under the
    /// names the server gave them, each with the server as its <see cref="Claim.Issuer"/>. A claim of the type
    /// <see cref="GrantOwner.ClaimType"/> holds <see cref="Owner"/>, and it alone is read back. <see cref="ClaimTypes.NameIdentifier"/> is
    /// the id of a user of the application, or else the owner's text form; the application may replace it. The principal of a sign-in also
    /// names the client and the sign-in, so that a cookie made of it can end with the sign-in (<c>RejectEndedSignIns</c> in ASP.NET Core);
    /// the result's <c>User</c> does so too, and is smaller.
    /// </summary>
    /// <param name="userInfo">What the server says beyond the ID Token.</param>
    /// <param name="authenticationType">What the identity says it was authenticated by.</param>
    /// <param name="nameClaim">Which claim is <c>Identity.Name</c>.</param>
    /// <param name="roleClaim">Which claim <c>IsInRole</c> asks.</param>
    /// <exception cref="InvalidOperationException">There is no ID Token, so nobody signed in.</exception>
    /// <exception cref="ArgumentException"><paramref name="userInfo"/> is about another user.</exception>
    public ClaimsPrincipal ToClaimsPrincipal(
        UserInfo? userInfo = null,
        string authenticationType = "OAuthClient",
        string nameClaim = "name",
        string roleClaim = "roles"
    )
    {
        var claims =
            IdTokenClaims
            ?? throw new InvalidOperationException("The grant has no ID Token, so nobody has signed in with it; ask for the scope openid.");
        if (userInfo is not null && !string.Equals(userInfo.Subject, Subject, StringComparison.Ordinal))
            throw new ArgumentException("The userinfo is about another user than the grant.", nameof(userInfo));
        return userInfo is null
            ? ClaimsPrincipalFactory.Create(OwnerClaims, Issuer, authenticationType, nameClaim, roleClaim, claims)
            : ClaimsPrincipalFactory.Create(OwnerClaims, Issuer, authenticationType, nameClaim, roleClaim, claims, userInfo.Claims);
    }

    /// <summary>Names no token.</summary>
    public override string ToString() => $"Grant {Id} of {ClientName}, generation {Generation}";

    /// <summary>The whole grant with its tokens, for a store: encrypted and authenticated by <paramref name="protect"/>.</summary>
    /// <param name="protect">Encrypts and authenticates, for example <c>IDataProtector.Protect</c>.</param>
    /// <returns>What <paramref name="protect"/> returned.</returns>
    public byte[] Protect(Func<byte[], byte[]> protect)
    {
        ArgumentNullException.ThrowIfNull(protect);
        return protect(GrantSerializer.Serialize(this));
    }

    /// <summary>The way back from <see cref="Protect"/>.</summary>
    /// <param name="data">What <see cref="Protect"/> returned.</param>
    /// <param name="unprotect">Decrypts, and throws when the data were changed, for example <c>IDataProtector.Unprotect</c>.</param>
    /// <exception cref="OAuthException">The data are not a grant, or a newer version of the library wrote them.</exception>
    public static Grant Unprotect(byte[] data, Func<byte[], byte[]> unprotect)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(unprotect);
        return GrantSerializer.Deserialize(unprotect(data));
    }

    internal static string FingerprintOfSubject(string clientName, string server, string subject) =>
        Fingerprint.Of("sub", clientName, server, subject);

    internal static string FingerprintOfSession(string clientName, string server, string sessionId) =>
        Fingerprint.Of("sid", clientName, server, sessionId);

    internal static string FingerprintOfSignIn(string clientName, string server, string signInId) =>
        Fingerprint.Of("sign-in", clientName, server, signInId);

    // A grant is written to the store as a whole with each refresh.
    private const int MaximumSelections = 32;

    internal static FrozenDictionary<string, AccessToken> With(AccessToken everything) =>
        new Dictionary<string, AccessToken>(StringComparer.Ordinal) { [AccessTokenKey.Default.Key] = everything }.ToFrozenDictionary(
            StringComparer.Ordinal
        );

    internal bool HasEnded(DateTimeOffset now) => now.UtcTicks >= endsAtTicks;

    internal AccessToken? Find(string selectionKey) => selectionKey.Length == 0 ? AccessToken : Tokens.GetValueOrDefault(selectionKey);

    internal bool Covers(AccessTokenKey key) =>
        ScopeList.Covers(Scopes, key.Scopes)
        && (Resources.Count == 0 || key.Resources.All(resource => Resources.Contains(resource, StringComparer.Ordinal)));

    internal Grant AfterGeneration(long generation) => new(this) { Generation = generation + 1 };

    /// <summary>The next generation, after a refresh. Without a new refresh token the old one stays (RFC 6749 §6).</summary>
    internal Grant Refreshed(TokenResponse response, string selectionKey, DateTimeOffset now, bool hasMoved = true)
    {
        var tokens = Tokens
            .Where(token => token.Key != selectionKey && !(token.Value.ExpiresAt <= now))
            // An application may let its own callers choose scopes and resources. The token for everything that was granted stays.
            .OrderByDescending(token => token.Key.Length == 0)
            .ThenByDescending(token => token.Value.IssuedAt)
            .Take(MaximumSelections - 1)
            // A stored token is replaced only by a newer one; by whose clock is no question when nobody came in between.
            .Append(
                new(
                    selectionKey,
                    hasMoved && Find(selectionKey) is { } known && known.IssuedAt > response.AccessToken.IssuedAt
                        ? known
                        : response.AccessToken
                )
            );
        return new(this)
        {
            RefreshToken = response.RefreshToken ?? RefreshToken,
            IdToken = response.IdToken ?? IdToken,
            Tokens = tokens.ToFrozenDictionary(StringComparer.Ordinal),
        };
    }

    private static long EndOf(DateTimeOffset? signInEndsAt, IReadOnlyList<string> scopes) =>
        signInEndsAt is { } end && !ScopeList.Contains(scopes, ScopeList.OfflineAccess) ? end.UtcTicks : long.MaxValue;
}
