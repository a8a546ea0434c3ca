using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>What the token endpoint is asked for (RFC 6749 §4.4, §4.5, §6). Codes are redeemed by completing an authorization only.</summary>
[DebuggerDisplay("{GrantType}")]
[JsonConverter(typeof(NonSerializableJsonConverter<TokenRequest>))]
public abstract class TokenRequest
{
    private protected TokenRequest(string grantType, IReadOnlyList<string>? scopes, IReadOnlyList<string> resources)
    {
        GrantType = grantType;
        Scopes = scopes;
        Resources = resources;
    }

    internal string GrantType { get; }

    /// <summary>What is asked for, or <see langword="null"/> when the request leaves it to the server.</summary>
    internal IReadOnlyList<string>? Scopes { get; }

    internal IReadOnlyList<string> Resources { get; }

    /// <summary>What the token allows when the response names no scope (RFC 6749 §5.1).</summary>
    internal virtual IReadOnlyList<string> DefaultScopes => Scopes ?? [];

    /// <summary>When it may be sent again by itself: what is not known to be repeatable is spent by being sent.</summary>
    internal virtual RetryMode RetryMode => RetryMode.IfNotSent;

    /// <summary>
    /// Gets whether the server's answer may count for other requests (<see cref="BackChannelRequest.AffectsOtherRequests"/>), and whether
    /// an <c>invalid_client</c> may count against the client's registration. The default is <see langword="false"/>, because outside
    /// callers may choose the content of the request.
    /// </summary>
    internal virtual bool AffectsOtherRequests => false;

    /// <summary>The values in it that no message may repeat.</summary>
    internal virtual IReadOnlyList<string> Secrets => [];

    /// <summary>The grant type's own parameters.</summary>
    internal virtual IEnumerable<KeyValuePair<string, string>> Parameters() => [];

    /// <exception cref="OAuthException">This client may not use this grant type.</exception>
    internal virtual void EnsureAllowed(ClientConfiguration configuration) { }

    /// <summary>Names the grant type and nothing else.</summary>
    public override string ToString() => GrantType;

    /// <summary>Tokens for the client itself (RFC 6749 §4.4).</summary>
    /// <param name="scopes">What is asked for; the server decides when it is <see langword="null"/>.</param>
    /// <param name="resources">For which protected resources (RFC 8707 §2).</param>
    /// <exception cref="ArgumentException">A scope or a resource is malformed.</exception>
    public static TokenRequest ClientCredentials(IEnumerable<string>? scopes = null, IEnumerable<Uri>? resources = null) =>
        new ClientCredentialsRequest(scopes is null ? null : ScopeList.Checked(scopes), ResourceIndicators.Checked(resources ?? []));

    /// <summary>Tokens for a refresh token that the application keeps itself (RFC 6749 §6). A stored <see cref="RefreshToken"/> of a grant is spent by the library: not here.</summary>
    /// <param name="refreshToken">The refresh token; it may be replaced by the answer's.</param>
    /// <param name="scopes">Fewer scopes than were granted; all of them when it is <see langword="null"/>.</param>
    /// <param name="resources">For which protected resources (RFC 8707 §2.2).</param>
    /// <exception cref="ArgumentException">A scope or a resource is malformed.</exception>
    public static TokenRequest Refresh(RefreshToken refreshToken, IEnumerable<string>? scopes = null, IEnumerable<Uri>? resources = null)
    {
        ArgumentNullException.ThrowIfNull(refreshToken);
        return new RefreshTokenRequest(
            refreshToken,
            scopes is null ? null : ScopeList.Checked(scopes),
            granted: [],
            ResourceIndicators.Checked(resources ?? [])
        );
    }

    /// <summary>Tokens by an extension grant (RFC 6749 §4.5).</summary>
    /// <param name="grantType">Its absolute URI, or a registered name.</param>
    /// <param name="parameters">Its parameters; <c>client_id</c>, <c>client_secret</c> and <c>grant_type</c> are the library's.</param>
    /// <exception cref="ArgumentException">The grant type has a safer way here, or RFC 9700 §2 retires it; or a parameter is the library's, or stands twice.</exception>
    public static TokenRequest Extension(string grantType, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(grantType);
        ArgumentNullException.ThrowIfNull(parameters);
        return new ExtensionGrantRequest(grantType, [.. parameters]);
    }
}
