using System.Text.Json;

namespace OAuthClient;

/// <summary>What the library knows of an authorization server: its metadata (RFC 8414 §2), or the endpoints as spelled out in the options.</summary>
internal sealed record AuthorizationServerMetadata
{
    /// <summary>The issuer identifier, character by character; <see langword="null"/> when the server's name is not known.</summary>
    public string? Issuer { get; init; }

    /// <summary>Whose issuers its tokens have, when it is a server with many tenants; <see cref="Issuer"/> is then only where it was found.</summary>
    public IssuerTemplate? IssuerTemplate { get; init; }

    public Uri? AuthorizationEndpoint { get; init; }
    public Uri? TokenEndpoint { get; init; }
    public Uri? RevocationEndpoint { get; init; }
    public Uri? IntrospectionEndpoint { get; init; }
    public Uri? RegistrationEndpoint { get; init; }
    public Uri? UserInfoEndpoint { get; init; }
    public Uri? JwksUri { get; init; }
    public Uri? EndSessionEndpoint { get; init; }

    /// <summary>Whether every authorization response carries <c>iss</c> (RFC 9207 §3).</summary>
    public bool SendsIssuerInResponse { get; init; }

    public IReadOnlyList<string>? CodeChallengeMethods { get; init; }
    public IReadOnlyList<string>? TokenEndpointAuthenticationMethods { get; init; }

    /// <summary>Under which name grants of this server are kept: two servers never share one.</summary>
    public string ServerId => Issuer ?? TokenEndpoint?.AbsoluteUri ?? "";

    /// <summary>Whether what says so comes from this server.</summary>
    public bool IsIssuer(string? stated) =>
        stated is not null
        && (IssuerTemplate is null ? string.Equals(stated, Issuer, StringComparison.Ordinal) : IssuerTemplate.Allows(stated));

    /// <summary>Which <c>iss</c> a token of this server with these claims must have.</summary>
    /// <exception cref="OAuthProtocolException">It is of a tenant that may not sign in here, or of none.</exception>
    /// <param name="claims">The token's claims.</param>
    /// <param name="kind">What the token is called in messages.</param>
    /// <param name="mayBeOfAnyTenant">Whether a tenant that may not sign in is accepted: its users may always sign out.</param>
    public string? RequiredIssuer(JsonElement claims, string kind, bool mayBeOfAnyTenant = false) =>
        IssuerTemplate is null ? Issuer : IssuerTemplate.RequireFor(claims, kind, mayBeOfAnyTenant);

    /// <param name="json">The document.</param>
    /// <param name="allowHttpOnLoopback">Whether endpoints on this machine may do without TLS.</param>
    /// <param name="presentsCertificate">Whether the client shows a certificate: then <c>mtls_endpoint_aliases</c> take the endpoints' place.</param>
    /// <exception cref="OAuthProtocolException">A member has the wrong shape, or an endpoint is not safe to talk to.</exception>
    public static AuthorizationServerMetadata Read(JsonElement json, bool allowHttpOnLoopback, bool presentsCertificate = false)
    {
        // RFC 8705 §5: where a certificate is asked for. Whoever has none is not to call there, and does not even read it.
        var aliases = presentsCertificate ? json.Object("mtls_endpoint_aliases") : null;
        return new()
        {
            Issuer = json.Text("issuer"),
            AuthorizationEndpoint = Endpoint("authorization_endpoint"),
            TokenEndpoint = DirectEndpoint("token_endpoint"),
            RevocationEndpoint = DirectEndpoint("revocation_endpoint"),
            IntrospectionEndpoint = DirectEndpoint("introspection_endpoint"),
            RegistrationEndpoint = DirectEndpoint("registration_endpoint"),
            UserInfoEndpoint = DirectEndpoint("userinfo_endpoint"),
            JwksUri = Endpoint("jwks_uri"),
            EndSessionEndpoint = Endpoint("end_session_endpoint"),
            SendsIssuerInResponse =
                json.TryGetProperty("authorization_response_iss_parameter_supported", out var sends)
                && sends.ValueKind == JsonValueKind.True,
            CodeChallengeMethods = json.Texts("code_challenge_methods_supported"),
            TokenEndpointAuthenticationMethods = json.Texts("token_endpoint_auth_methods_supported"),
        };

        // An alias without TLS could ask for no certificate.
        Uri? DirectEndpoint(string name) =>
            (aliases is { } direct ? Address(direct, name, mayBeHttpOnLoopback: false) : null) ?? Endpoint(name);

        Uri? Endpoint(string name) => Address(json, name, allowHttpOnLoopback);

        static Uri? Address(JsonElement members, string name, bool mayBeHttpOnLoopback)
        {
            if (members.Text(name) is not { } text)
                return null;
            if (
                !Uri.TryCreate(text, UriKind.Absolute, out var uri)
                || !EndpointSecurity.IsSafe(uri, mayBeHttpOnLoopback)
                || uri.Fragment.Length > 0
                || uri.UserInfo.Length > 0
            )
            {
                throw new OAuthProtocolException(
                    $"The server's metadata names '{ServerTextSanitizer.Clean(text)}' as {name}; an endpoint must be an absolute https address without user or fragment "
                        + "(RFC 6749 §3.1, RFC 8414 §2). For a server on this machine, DangerouslyAllowHttpOnLoopback allows http."
                );
            }
            return uri;
        }
    }
}
