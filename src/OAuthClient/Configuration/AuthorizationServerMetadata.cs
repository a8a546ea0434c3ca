using System.Collections.ObjectModel;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// The metadata of an authorization server (RFC 8414 §2): from its metadata document, or from the endpoints in the options.
/// </summary>
internal sealed record AuthorizationServerMetadata
{
    /// <summary>Gets the issuer identifier exactly as the server states it; <see langword="null"/> if it is not known.</summary>
    public string? Issuer { get; init; }

    /// <summary>
    /// Gets the template of the issuers of the tokens, for a server with many tenants. <see cref="Issuer"/> is then only the address
    /// under which the metadata was found.
    /// </summary>
    public IssuerTemplate? IssuerTemplate { get; init; }

    /// <summary>Gets the addresses of the endpoints; <see langword="null"/> for one that is not known.</summary>
    public IReadOnlyDictionary<ServerEndpoint, Uri?> Endpoints { get; init; } = ReadOnlyDictionary<ServerEndpoint, Uri?>.Empty;

    /// <summary>Gets a value indicating whether every authorization response has the parameter <c>iss</c> (RFC 9207 §3).</summary>
    public bool SendsIssuerInResponse { get; init; }

    /// <summary>Gets a value indicating whether authorization requests must be pushed (RFC 9126 §5).</summary>
    public bool RequiresPushedRequests { get; init; }

    /// <summary>Gets the metadata document; <see langword="null"/> if there is none.</summary>
    public JsonElement? Document { get; init; }

    public IReadOnlyList<string>? CodeChallengeMethods { get; init; }
    public IReadOnlyList<string>? TokenEndpointAuthenticationMethods { get; init; }

    /// <summary>Gets the identifier under which grants of this server are stored. It differs between servers.</summary>
    public string ServerId => Issuer ?? Find(ServerEndpoint.Token)?.AbsoluteUri ?? "";

    /// <summary>Returns the address of an endpoint; <see langword="null"/> if it is not known.</summary>
    public Uri? Find(ServerEndpoint endpoint) => Endpoints.GetValueOrDefault(endpoint);

    /// <summary>Returns the address of an endpoint.</summary>
    /// <exception cref="OAuthException">The server has no such endpoint.</exception>
    public Uri Get(ServerEndpoint endpoint) =>
        Find(endpoint)
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

    /// <summary>Reads a metadata document (RFC 8414 §2).</summary>
    /// <param name="json">The document.</param>
    /// <param name="allowHttpOnLoopback"><see langword="true"/> to accept endpoints on this machine without TLS.</param>
    /// <param name="presentsCertificate">
    /// <see langword="true"/> if the client presents a certificate. <c>mtls_endpoint_aliases</c> then replace the endpoints.
    /// </param>
    /// <returns>The metadata.</returns>
    /// <exception cref="OAuthProtocolException">A member has the wrong type, or an endpoint is not a safe address.</exception>
    public static AuthorizationServerMetadata Read(JsonElement json, bool allowHttpOnLoopback, bool presentsCertificate = false)
    {
        // RFC 8705 §5: the server requests a certificate at these endpoints. A client without one must not use them, and ignores the
        // member.
        var aliases = presentsCertificate ? json.Object("mtls_endpoint_aliases") : null;
        return new()
        {
            Document = json,
            Issuer = json.Text("issuer"),
            Endpoints = ServerEndpoint.FindAll(endpoint =>
                // A server cannot request a certificate at an address without TLS.
                (endpoint.HasCertificateAlias && aliases is { } direct ? Address(direct, endpoint, mayBeHttpOnLoopback: false) : null)
                ?? Address(json, endpoint, allowHttpOnLoopback)
            ),
            SendsIssuerInResponse =
                json.TryGetProperty("authorization_response_iss_parameter_supported", out var sends)
                && sends.ValueKind == JsonValueKind.True,
            RequiresPushedRequests = json.Member("require_pushed_authorization_requests").ValueKind == JsonValueKind.True,
            CodeChallengeMethods = json.Texts("code_challenge_methods_supported"),
            TokenEndpointAuthenticationMethods = json.Texts("token_endpoint_auth_methods_supported"),
        };

        static Uri? Address(JsonElement members, ServerEndpoint endpoint, bool mayBeHttpOnLoopback)
        {
            if (members.Text(endpoint.MetadataName) is not { } text)
                return null;
            if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !ServerEndpoint.IsSafe(uri, mayBeHttpOnLoopback))
            {
                throw new OAuthProtocolException(
                    $"The server's metadata has '{ServerTextSanitizer.Clean(text)}' as {endpoint.MetadataName}; an endpoint must be an "
                        + "absolute https address without user or fragment (RFC 6749 §3.1, RFC 8414 §2). For a server on this machine, "
                        + "DangerouslyAllowHttpOnLoopback allows http."
                );
            }
            return uri;
        }
    }
}
