using System.Collections.Frozen;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Represents what one resource owner granted a client at one authorization server: tokens, and their scopes and resources. Immutable; each
/// change creates a new object with the next <see cref="Generation"/>.
/// </summary>
[DebuggerDisplay("Grant {Id} of {ClientName}, generation {Generation}")]
[JsonConverter(typeof(NonSerializableJsonConverter<Grant>))]
public sealed partial class Grant
{
    private IssuerTemplate? allowedBy;
    private StrongBox<JsonElement>? idTokenClaims;
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
        (TokenResponseMembers, UntrustedCallbackParameters) = (older.TokenResponseMembers, older.UntrustedCallbackParameters);
        (RefreshTokenExpiresAt, idTokenClaims) = (older.RefreshTokenExpiresAt, older.idTokenClaims);
        (UserInfoAccount, AuthorizationDetails, DPoPKey) = (older.UserInfoAccount, older.AuthorizationDetails, older.DPoPKey);
        (AuthorizationParameters, UnknownMembers) = (older.AuthorizationParameters, older.UnknownMembers);
        Generation = older.Generation + 1;
    }

    /// <summary>Gets the random identifier of the grant.</summary>
    public string Id { get; }

    /// <summary>Gets the client's name in <c>AddOAuthClient</c>; empty for the client without a name.</summary>
    public string ClientName { get; }

    /// <summary>Gets the owner of the grant.</summary>
    public GrantOwner Owner { get; }

    /// <summary>Gets the authorization server's issuer identifier, or its token endpoint if the issuer is not known.</summary>
    public string Server { get; }

    /// <summary>Gets the client identifier that the grant was issued to.</summary>
    public string ClientId { get; }

    /// <summary>Gets the <c>sub</c> of the validated ID Token; <see langword="null"/> if there is no ID Token.</summary>
    public string? Subject { get; internal init; }

    /// <summary>
    /// Gets the identifier of the user's session at the server: the <c>sid</c> of the validated ID Token (OpenID Connect Back-Channel
    /// Logout §2.1); <see langword="null"/> if the server states none.
    /// </summary>
    public string? SessionId { get; internal init; }

    /// <summary>
    /// Gets the random identifier of the application's session that began with the sign-in; <see langword="null"/> if the user did not sign
    /// in with this server. A new sign-in within the same session at the server keeps it; if the server states no session, each sign-in has
    /// its own. The identifier of a session that has ended is not used again.
    /// </summary>
    public string? SignInId { get; internal init; }

    /// <summary>Gets the time at which the sign-in expires; <see langword="null"/> if the user did not sign in with this server.</summary>
    /// <remarks>A store keeps the grant until then.</remarks>
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
    /// Gets the time at which the grant ends with the sign-in: <see cref="SignInExpiresAt"/>, or the end of the sign-in that the grant
    /// renewed. <see langword="null"/> if the grant belongs to no sign-in, or <c>offline_access</c> was granted (OpenID Connect Core §11).
    /// After that time its tokens are neither sent nor refreshed, and a store can remove it.
    /// </summary>
    public DateTimeOffset? EndsAt => endsAtTicks == long.MaxValue ? null : SignInExpiresAt ?? RenewalEndsAt;

    /// <summary>
    /// Gets a hash of the client, the server and <see cref="Subject"/>; <see langword="null"/> if there is no subject. A store finds grants
    /// by it without storing the subject in plain text. It is the same for all generations.
    /// </summary>
    public string? SubjectFingerprint => Subject is null ? null : GrantFingerprint.OfSubject(ClientName, Server, Subject);

    /// <summary>
    /// Gets a hash of the client, the server and <see cref="SessionId"/>, or <see cref="SignInId"/> if the server states no session;
    /// <see langword="null"/> if there is neither.
    /// </summary>
    public string? SessionFingerprint => GrantFingerprint.OfSession(ClientName, Server, SessionId, SignInId);

    /// <summary>Gets the granted scopes: those that the server stated, or else those that were requested (RFC 6749 §5.1).</summary>
    /// <remarks>The server may grant fewer scopes than requested, or more.</remarks>
    public IReadOnlyList<string> Scopes
    {
        get;
        internal init
        {
            field = value;
            endsAtTicks = EndOf(SignInExpiresAt ?? RenewalEndsAt, value);
        }
    } = [];

    /// <summary>Gets the protected resources that the grant was requested for (RFC 8707).</summary>
    public IReadOnlyList<string> Resources { get; internal init; } = [];

    /// <summary>Gets the time at which the authorization was completed.</summary>
    public DateTimeOffset CreatedAt { get; internal init; }

    /// <summary>Gets the number of the change, beginning with 1. A store replaces a grant only with the next generation.</summary>
    public long Generation { get; internal init; } = 1;

    /// <summary>Gets a value indicating whether there is a refresh token.</summary>
    public bool CanRefresh => RefreshToken is not null;

    /// <summary>Gets the access token with all granted scopes, or <see langword="null"/>.</summary>
    /// <remarks>The token may have expired. <c>GetAccessTokenAsync</c> returns one that has not.</remarks>
    public AccessToken? AccessToken { get; private init; }

    /// <summary>Gets the refresh token, or <see langword="null"/>.</summary>
    /// <remarks>Only the library may send it. The server can treat other use as reuse and revoke the grant (RFC 9700 §4.14).</remarks>
    public RefreshToken? RefreshToken { get; internal init; }

    /// <summary>Gets the validated ID Token, or <see langword="null"/>.</summary>
    public IdToken? IdToken
    {
        get;
        internal init
        {
            if (!ReferenceEquals(field, value))
                idTokenClaims = null;
            field = value;
        }
    }

    /// <summary>Gets the claims of the validated ID Token (OpenID Connect Core §2); <see langword="null"/> if there is none.</summary>
    public JsonElement? IdTokenClaims =>
        IdToken is null ? null : (idTokenClaims ??= new StrongBox<JsonElement>(UnverifiedJwt.ClaimsOf(IdToken))).Value;

    /// <summary>Gets the standard claims of the ID Token (OpenID Connect Core §5.1); <see langword="null"/> if there is none.</summary>
    public StandardClaims? StandardClaims => IdTokenClaims is { } claims ? StandardClaims.Of(claims) : null;

    /// <summary>Gets the sources of further claims (OpenID Connect Core §5.6.2), which <see cref="ClaimSourceReader"/> reads.</summary>
    public IReadOnlyList<ClaimSource> ClaimSources => IdTokenClaims is { } claims ? ClaimSource.Of(claims) : [];

    internal IReadOnlyList<Claim> OwnerClaims =>
        [.. Owner.ToClaims(Issuer), .. ClaimsPrincipalFactory.OfSignIn(ClientName, SignInId, SessionId, Issuer)];

    /// <summary>Gets the <c>iat</c> of the authorization's ID Token, by the server's clock. A refresh does not change it.</summary>
    internal DateTimeOffset? FirstIdTokenIssuedAt { get; init; }

    /// <summary>Gets the end of the sign-in that the grant renewed; <see langword="null"/> if it renewed none.</summary>
    internal DateTimeOffset? RenewalEndsAt
    {
        get;
        init
        {
            field = value;
            endsAtTicks = EndOf(SignInExpiresAt ?? value, Scopes);
        }
    }

    /// <summary>Gets <see cref="EndsAt"/> in UTC ticks; <see cref="long.MaxValue"/> if the grant has no end.</summary>
    internal long EndsAtTicks => endsAtTicks;

    /// <summary>Gets the issuer of the subject. At a server with several tenants it is the tenant's issuer.</summary>
    internal string Issuer => IdTokenClaims?.TextIfAny(ParameterNames.Issuer) ?? Server;

    /// <summary>
    /// Determines whether the grant's tenant may sign in. Without an ID Token it is the tenant of the owner's issuer. If the owner is not a
    /// subject of one of the template's issuers, the tenant is not known and the grant is allowed. The result is cached, because each use
    /// checks it.
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

    /// <summary>Gets the owner's issuer if it matches the template; otherwise, <see langword="null"/>.</summary>
    internal string? OwnerIssuerOf(IssuerTemplate template) =>
        Owner.Issuer is { } issuer && IssuerTemplate.Matches(template.Text, issuer) ? issuer : null;

    /// <summary>
    /// Gets the key of the last token request, which a refresh token of a public client is bound to (RFC 9449 §5); <see langword="null"/>
    /// for bearer tokens.
    /// </summary>
    internal DPoPKey? DPoPKey { get; init; }

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

    /// <summary>Returns the id, the client's name and the generation, and no token.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => $"Grant {Id} of {ClientName}, generation {Generation}";

    /// <summary>Serializes the grant with its tokens, and encrypts the result for a store.</summary>
    /// <param name="protect">A function that encrypts and authenticates data, such as <c>IDataProtector.Protect</c>.</param>
    /// <returns>The result of <paramref name="protect"/>.</returns>
    public byte[] Protect(Func<byte[], byte[]> protect) => PendingState.Protect(this, protect, GrantSerializer.Serialize);

    /// <summary>Decrypts and deserializes a grant.</summary>
    /// <param name="data">The result of <see cref="Protect"/>.</param>
    /// <param name="unprotect">A function that decrypts data and detects changes, such as <c>IDataProtector.Unprotect</c>.</param>
    /// <returns>The grant.</returns>
    /// <exception cref="OAuthException">The data are not a grant, or a newer version of the library wrote them.</exception>
    public static Grant Unprotect(byte[] data, Func<byte[], byte[]> unprotect)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(unprotect);
        return GrantSerializer.Deserialize(unprotect(data));
    }

    /// <summary>Creates the tokens of a new grant, which has one for all granted scopes.</summary>
    internal static FrozenDictionary<string, AccessToken> With(AccessToken token) =>
        new Dictionary<string, AccessToken> { [AccessTokenKey.Default.Key] = token }.ToFrozenDictionary();

    internal bool HasEnded(DateTimeOffset now) => now.UtcTicks >= endsAtTicks;

    internal AccessToken? Find(string selectionKey) => selectionKey.Length == 0 ? AccessToken : Tokens.GetValueOrDefault(selectionKey);

    internal bool Covers(AccessTokenKey key) =>
        ScopeList.Covers(Scopes, key.Scopes)
        && (Resources.Count == 0 || key.Resources.All(resource => Resources.Contains(resource)))
        && CoversTypes(key.AuthorizationDetails);

    internal Grant AfterGeneration(long generation) => new(this) { Generation = generation + 1 };

    private static long EndOf(DateTimeOffset? signInEndsAt, IReadOnlyList<string> scopes) =>
        signInEndsAt is { } end && !scopes.Contains(ScopeList.OfflineAccess) ? end.UtcTicks : long.MaxValue;
}
