using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Represents a request to the token endpoint (RFC 6749 §4.4, §4.5, §6). An authorization code is redeemed only by completing an
/// authorization.
/// </summary>
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

    /// <summary>Gets the requested scopes; <see langword="null"/> if the server chooses them.</summary>
    internal IReadOnlyList<string>? Scopes { get; }

    internal IReadOnlyList<string> Resources { get; }

    /// <summary>Gets the requested authorization details; <see langword="null"/> if the server chooses them (RFC 9396 §6).</summary>
    internal AuthorizationDetails? AuthorizationDetails { get; init; }

    /// <summary>
    /// Gets the authorization details of the token if the response states none; <see langword="null"/> if they are not known.
    /// </summary>
    internal virtual AuthorizationDetails? DefaultAuthorizationDetails => null;

    /// <summary>Gets the scopes of the token if the response states none (RFC 6749 §5.1).</summary>
    internal virtual IReadOnlyList<string> DefaultScopes => Scopes ?? [];

    /// <summary>
    /// Gets when the back channel may send the request again. The default is only if it was not sent, because a request may spend what it
    /// presents. A poll is never retried, because its interval must be kept (<see cref="PolledGrantTypes"/>).
    /// </summary>
    internal virtual RetryMode RetryMode => PolledGrantTypes.Contains(GrantType) ? RetryMode.Never : RetryMode.IfNotSent;

    /// <summary>
    /// Gets whether the response may affect other requests (<see cref="BackChannelRequest.AffectsOtherRequests"/>), and whether an
    /// <c>invalid_client</c> may count against the client's registration. The default is <see langword="false"/>, because outside
    /// callers may choose the content of the request, except for a poll: the server itself issued what it presents.
    /// </summary>
    internal virtual bool AffectsOtherRequests => PolledGrantTypes.Contains(GrantType);

    /// <summary>
    /// Gets the key that the tokens are bound to (RFC 9449 §5); <see langword="null"/> for the one that the configuration chooses.
    /// </summary>
    internal DPoPKey? ProofKey { get; init; }

    /// <summary>Gets a value indicating whether <see cref="ProofKey"/> was chosen, so that no proof is sent where it is null.</summary>
    internal bool HasChosenKey { get; init; }

    /// <summary>Gets the values that no message may contain, besides those of <see cref="FormSecrets"/>.</summary>
    internal virtual IReadOnlyList<string> Secrets => [];

    /// <summary>Gets the parameters of the grant type.</summary>
    internal virtual IEnumerable<KeyValuePair<string, string>> Parameters() => [];

    /// <summary>Gets the standard error code for the server's word in the response to this request.</summary>
    internal virtual string? StandardError(string? word, ServerAdaptation adaptation) => adaptation.TokenErrorCode(word);

    /// <summary>Determines whether the request has no <c>resource</c> at this server.</summary>
    internal virtual bool OmitsResource(ServerAdaptation adaptation) => adaptation.OmitsResourceInTokenRequests;

    /// <summary>
    /// Gets a value indicating whether the tokens may be members of the response itself although the server has a
    /// <see cref="ServerAdaptation.TokenPath"/>. The default is <see langword="false"/>: the tokens there can be those of another account,
    /// such as those of the application's bot beside those of the user.
    /// </summary>
    internal virtual bool AcceptsTokensAtTop => false;

    /// <summary>Gets the registration's further parameters of such a request. Those of the request itself take precedence.</summary>
    internal virtual IReadOnlyList<KeyValuePair<string, string>> GetFurtherParameters(ClientConfiguration configuration) =>
        configuration.TokenParameters;

    /// <summary>Requires that the client may use this grant type.</summary>
    /// <exception cref="OAuthException">The client may not use this grant type.</exception>
    internal virtual void EnsureAllowed(ClientConfiguration configuration) { }

    /// <summary>Returns the grant type, without any parameter.</summary>
    /// <returns>The grant type.</returns>
    public override string ToString() => GrantType;

    /// <summary>Creates a request for an access token of the client itself (client credentials, RFC 6749 §4.4).</summary>
    /// <param name="scopes">The scopes to request; the server chooses them if it is <see langword="null"/>.</param>
    /// <param name="resources">The protected resources to request a token for (RFC 8707 §2).</param>
    /// <param name="parameters">
    /// Further parameters, such as <c>audience</c>. They replace those of <see cref="OAuthClientOptions.TokenParameters"/> with the same
    /// names.
    /// </param>
    /// <param name="authorizationDetails">The authorization details to request a token with (RFC 9396 §6).</param>
    /// <returns>The request.</returns>
    /// <exception cref="ArgumentException">A scope, a resource or a parameter is malformed, or a parameter is reserved.</exception>
    public static TokenRequest ClientCredentials(
        IEnumerable<string>? scopes = null,
        IEnumerable<Uri>? resources = null,
        IEnumerable<KeyValuePair<string, string>>? parameters = null,
        AuthorizationDetails? authorizationDetails = null
    ) =>
        new ClientCredentialsRequest(
            scopes is null ? null : ScopeList.Checked(scopes),
            ResourceIndicators.Checked(resources ?? []),
            [.. parameters ?? []]
        )
        {
            AuthorizationDetails = authorizationDetails,
        };

    /// <summary>
    /// Creates a request that presents a refresh token which the application stores itself (RFC 6749 §6). Do not present the
    /// <see cref="RefreshToken"/> of a <see cref="Grant"/>, which the library refreshes itself.
    /// </summary>
    /// <param name="refreshToken">The refresh token. The response may contain a replacement.</param>
    /// <param name="scopes">A subset of the granted scopes; all of them if it is <see langword="null"/>.</param>
    /// <param name="resources">The protected resources to request a token for (RFC 8707 §2.2).</param>
    /// <param name="authorizationDetails">
    /// A part of the granted authorization details (RFC 9396 §6); all of them if it is <see langword="null"/>.
    /// </param>
    /// <returns>The request.</returns>
    /// <exception cref="ArgumentException">A scope or a resource is malformed.</exception>
    public static TokenRequest Refresh(
        RefreshToken refreshToken,
        IEnumerable<string>? scopes = null,
        IEnumerable<Uri>? resources = null,
        AuthorizationDetails? authorizationDetails = null
    )
    {
        ArgumentNullException.ThrowIfNull(refreshToken);
        return new RefreshTokenRequest(
            refreshToken,
            scopes is null ? null : ScopeList.Checked(scopes),
            granted: [],
            ResourceIndicators.Checked(resources ?? [])
        )
        {
            AuthorizationDetails = authorizationDetails,
        };
    }

    /// <summary>Creates a request for an extension grant (RFC 6749 §4.5).</summary>
    /// <param name="grantType">The absolute URI or the registered name of the grant type.</param>
    /// <param name="parameters">
    /// The parameters of the grant. The library adds <c>grant_type</c> and the client authentication. For <c>authorization_details</c> pass
    /// <see cref="OAuthClient.AuthorizationDetails.ToJson"/>.
    /// </param>
    /// <returns>The request.</returns>
    /// <exception cref="ArgumentException">
    /// The library supports the grant type by another method, or RFC 9700 §2 advises against it. Or a parameter is reserved or occurs
    /// twice, or <c>authorization_details</c> is malformed.
    /// </exception>
    public static TokenRequest Extension(string grantType, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(grantType);
        ArgumentNullException.ThrowIfNull(parameters);
        return new ExtensionGrantRequest(grantType, [.. parameters]);
    }
}
