using System.Collections.ObjectModel;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// The metadata of an authorization server (RFC 8414 §2): from its metadata document, or from the endpoints in the options.
/// </summary>
internal sealed record AuthorizationServerMetadata
{
    public const string CodeChallengeMethodsName = "code_challenge_methods_supported";
    public const string AuthenticationMethodsName = "token_endpoint_auth_methods_supported";

    /// <summary>Gets the issuer identifier exactly as the server states it; <see langword="null"/> if it is not known.</summary>
    public string? Issuer { get; init; }

    /// <summary>
    /// Gets the template of the issuers of the tokens, for a server with many tenants. <see cref="Issuer"/> is then only the address
    /// under which the metadata was found.
    /// </summary>
    public IssuerTemplate? IssuerTemplate { get; init; }

    /// <summary>Gets the addresses of the endpoints; <see langword="null"/> for one that is not known.</summary>
    public IReadOnlyDictionary<ServerEndpoint, Uri?> Endpoints { get; init; } = ReadOnlyDictionary<ServerEndpoint, Uri?>.Empty;

    /// <summary>
    /// Gets the sentences about members that cannot be used, by their names. Such a member matters only to an operation that uses it.
    /// </summary>
    public IReadOnlyDictionary<string, string> Faults { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Gets a value indicating whether every authorization response has the parameter <c>iss</c> (RFC 9207 §3).</summary>
    public bool SendsIssuerInResponse { get; init; }

    /// <summary>Gets a value indicating whether authorization requests must be pushed (RFC 9126 §5).</summary>
    public bool RequiresPushedRequests { get; init; }

    /// <summary>
    /// Gets the signature algorithms of proofs (RFC 9449 §5.1); <see langword="null"/> if the server states none.
    /// </summary>
    public IReadOnlyList<string>? DPoPAlgorithms { get; init; }

    /// <summary>Requires that the server accepts the proofs of a key.</summary>
    /// <param name="algorithm">The algorithm of the key.</param>
    /// <exception cref="OAuthException">The server states other algorithms.</exception>
    public void EnsureAcceptsProofsOf(string algorithm)
    {
        if (DPoPAlgorithms is { } accepted && !accepted.Contains(algorithm))
            throw new OAuthException(
                $"{ServerId} accepts DPoP proofs of {ServerTextSanitizer.Clean(string.Join(", ", accepted))} only "
                    + $"(dpop_signing_alg_values_supported, RFC 9449 §5.1), and the key signs with {algorithm}; set a key of one of these "
                    + "algorithms with UseDPoPSigner."
            );
    }

    /// <summary>Gets the metadata document; <see langword="null"/> if there is none.</summary>
    public JsonElement? Document { get; init; }

    /// <summary>Gets the PKCE methods (RFC 8414 §2); <see langword="null"/> if the server states none.</summary>
    /// <exception cref="OAuthProtocolException">The server does not state them as an array of strings.</exception>
    public IReadOnlyList<string>? CodeChallengeMethods
    {
        get
        {
            ThrowIfFaulty(CodeChallengeMethodsName);
            return field;
        }
        init;
    }

    /// <summary>Gets the methods of client authentication (RFC 8414 §2); <see langword="null"/> if the server states none.</summary>
    /// <exception cref="OAuthProtocolException">The server does not state them as an array of strings.</exception>
    public IReadOnlyList<string>? TokenEndpointAuthenticationMethods
    {
        get
        {
            ThrowIfFaulty(AuthenticationMethodsName);
            return field;
        }
        init;
    }

    /// <summary>Gets the algorithms from which a client that registers itself chooses.</summary>
    public OfferedAlgorithms Algorithms { get; init; } = OfferedAlgorithms.Unknown;

    /// <summary>
    /// Gets all supported types of authorization details (RFC 9396 §10); <see langword="null"/> if the server states none.
    /// </summary>
    public IReadOnlyList<string>? AuthorizationDetailsTypes { get; init; }

    /// <summary>Requires that the server supports authorization details, before the user sees its refusal (RFC 9396 §5, §10).</summary>
    /// <param name="details">The authorization details; <see langword="null"/> if none are requested.</param>
    /// <exception cref="OAuthException">The server states the types that it supports, and a type is not one of them.</exception>
    public void EnsureSupports(AuthorizationDetails? details)
    {
        if (AuthorizationDetailsTypes is { } supported && details?.Types.FirstOrDefault(type => !supported.Contains(type)) is { } unknown)
        {
            throw new OAuthException(
                $"{ServerId} does not support authorization details of the type '{unknown}'. It supports "
                    + $"{(supported.Count == 0 ? "none" : $"'{ServerTextSanitizer.Clean(string.Join(", ", supported))}'")} "
                    + "(authorization_details_types_supported, RFC 9396 §10); request one of these in AuthorizationDetails."
            );
        }
    }

    /// <summary>Gets the identifier under which grants of this server are stored. It differs between servers.</summary>
    public string ServerId => Issuer ?? Find(ServerEndpoint.Token)?.AbsoluteUri ?? "";

    /// <summary>Returns the address of an endpoint; <see langword="null"/> if it is not known, or cannot be used.</summary>
    public Uri? Find(ServerEndpoint endpoint) => Endpoints.GetValueOrDefault(endpoint);

    /// <summary>Returns the address of an endpoint for an operation that uses it; <see langword="null"/> if it is not known.</summary>
    /// <exception cref="OAuthProtocolException">The metadata states an address that cannot be used.</exception>
    public Uri? FindValid(ServerEndpoint endpoint)
    {
        if (Find(endpoint) is { } address)
            return address;
        ThrowIfFaulty(endpoint.MetadataName);
        return null;
    }

    /// <summary>Throws if a member is needed that cannot be used.</summary>
    /// <param name="member">The name of the member.</param>
    /// <exception cref="OAuthProtocolException">The member cannot be used.</exception>
    public void ThrowIfFaulty(string member)
    {
        if (Faults.TryGetValue(member, out string? sentence))
            throw new OAuthProtocolException(sentence);
    }

    /// <summary>Returns the address of an endpoint.</summary>
    /// <exception cref="OAuthProtocolException">The metadata states an address that cannot be used.</exception>
    /// <exception cref="OAuthException">The server has no such endpoint.</exception>
    public Uri Get(ServerEndpoint endpoint) =>
        FindValid(endpoint)
        ?? throw new OAuthException(
            $"The metadata of {ServerId} names no {endpoint.Name}; set {endpoint.OptionName} if the server has one."
        );

    /// <summary>Returns a copy in which the configured endpoints and issuer template override the discovered ones.</summary>
    public AuthorizationServerMetadata OverriddenBy(AuthorizationServerMetadata configured) =>
        this with
        {
            IssuerTemplate = configured.IssuerTemplate,
            Endpoints = ServerEndpoint.FindAll(endpoint => configured.Find(endpoint) ?? Find(endpoint)),
        };

    /// <summary>Determines whether an issuer is this server, or one of its allowed tenants.</summary>
    /// <param name="stated">The issuer that a token or a response states.</param>
    /// <returns><see langword="true"/> if it is; otherwise <see langword="false"/>.</returns>
    public bool IsIssuer(string? stated) =>
        stated is not null && (IssuerTemplate is null ? stated == Issuer : IssuerTemplate.Allows(stated));

    /// <summary>Gets the <c>iss</c> that a token of this server must have.</summary>
    /// <param name="claims">The token's claims.</param>
    /// <param name="kind">The name of the token in messages.</param>
    /// <param name="mayBeOfAnyTenant">
    /// <see langword="true"/> to accept tenants that are not in <c>AllowedTenants</c>, as for logout: their users may always sign out.
    /// </param>
    /// <returns>The issuer; <see langword="null"/> if the server's issuer is not known.</returns>
    /// <exception cref="OAuthProtocolException">The token states no tenant, or a tenant that is not allowed.</exception>
    public string? RequiredIssuer(JsonElement claims, string kind, bool mayBeOfAnyTenant = false) =>
        IssuerTemplate is null ? Issuer : IssuerTemplate.Validate(claims, kind, mayBeOfAnyTenant);
}
