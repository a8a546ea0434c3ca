using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Reads a metadata document (RFC 8414 §2). Only <c>issuer</c> must be valid. Any other member that cannot be used is recorded in
/// <see cref="AuthorizationServerMetadata.Faults"/>, because this client may never use it.
/// </summary>
internal sealed class ServerMetadataReader
{
    private const string CertificateAliases = "mtls_endpoint_aliases";

    private readonly Dictionary<string, string> faults = [];
    private readonly JsonElement json;
    private readonly JsonMembers members;
    private readonly CleartextPolicy cleartext;
    private readonly bool presentsCertificate;

    private ServerMetadataReader(JsonElement json, CleartextPolicy cleartext, bool presentsCertificate) =>
        (this.json, members, this.cleartext, this.presentsCertificate) = (json, new(json), cleartext, presentsCertificate);

    /// <summary>Reads a metadata document.</summary>
    /// <param name="json">The document.</param>
    /// <param name="cleartext">The addresses that are used without TLS.</param>
    /// <param name="presentsCertificate">
    /// <see langword="true"/> if the client presents a certificate. <c>mtls_endpoint_aliases</c> then replace the endpoints.
    /// </param>
    /// <returns>The metadata; <see langword="null"/> if <c>issuer</c> occurs twice, so that it is not known whose metadata it is.</returns>
    /// <exception cref="OAuthProtocolException"><c>issuer</c> is not a string.</exception>
    public static AuthorizationServerMetadata? Read(JsonElement json, CleartextPolicy cleartext, bool presentsCertificate = false)
    {
        ServerMetadataReader reader = new(json, cleartext, presentsCertificate);
        return reader.members.IsRepeated("issuer") ? null : reader.Read();
    }

    private AuthorizationServerMetadata Read()
    {
        AuthorizationServerMetadata metadata = new()
        {
            Document = json,
            Issuer = StrictJson.TextOf(members["issuer"], "issuer"),
            Endpoints = ReadEndpoints(),
            SendsIssuerInResponse = IsAnyTrue("authorization_response_iss_parameter_supported"),
            RequiresPushedRequests = IsAnyTrue("require_pushed_authorization_requests"),
            DPoPAlgorithms = members.TextsIfAny("dpop_signing_alg_values_supported"),
            CodeChallengeMethods = Texts(AuthorizationServerMetadata.CodeChallengeMethodsName),
            TokenEndpointAuthenticationMethods = Texts(AuthorizationServerMetadata.AuthenticationMethodsName),
            // A list that cannot be used says nothing: the server then judges the request.
            AuthorizationDetailsTypes = members.TextsIfAny("authorization_details_types_supported"),
            Algorithms = ReadAlgorithms(),
        };
        return faults.Count == 0 ? metadata : metadata with { Faults = faults };
    }

    // A list that cannot be used counts as absent: the defaults of the registration then apply.
    private OfferedAlgorithms ReadAlgorithms()
    {
        OfferedAlgorithms offered = new()
        {
            IdTokenSigning = members.TextsIfAny("id_token_signing_alg_values_supported"),
            IdTokenKeyEncryption = members.TextsIfAny("id_token_encryption_alg_values_supported"),
            IdTokenContentEncryption = members.TextsIfAny("id_token_encryption_enc_values_supported"),
            IntrospectionSigning = members.TextsIfAny("introspection_signing_alg_values_supported"),
        };
        return offered == OfferedAlgorithms.Unknown ? OfferedAlgorithms.Unknown : offered;
    }

    private IReadOnlyDictionary<ServerEndpoint, Uri?> ReadEndpoints()
    {
        // RFC 8705 §5: the server requests a certificate at these endpoints. A client without one must not use them, and ignores the
        // member.
        bool hasAliases = presentsCertificate && !members[CertificateAliases].IsAbsent();
        bool isUsable = members[CertificateAliases].ValueKind == JsonValueKind.Object && !members.IsRepeated(CertificateAliases);
        JsonMembers? aliases = hasAliases && isUsable ? new(members[CertificateAliases]) : null;
        return ServerEndpoint.FindAll(endpoint =>
        {
            if (!hasAliases || !endpoint.HasCertificateAlias)
                return Address(members, endpoint, endpoint.MetadataName, cleartext);
            if (aliases is null)
            {
                faults[endpoint.MetadataName] =
                    $"The server's metadata has {members.Describe(CertificateAliases)} as {CertificateAliases}; it must be an object "
                    + $"(RFC 8705 §5). Set {endpoint.OptionName} to the address at which the server requests a certificate.";
                return null;
            }
            // A server cannot request a certificate at an address without TLS.
            return Address(aliases, endpoint, $"{CertificateAliases}.{endpoint.MetadataName}", CleartextPolicy.None)
                ?? (faults.ContainsKey(endpoint.MetadataName) ? null : Address(members, endpoint, endpoint.MetadataName, cleartext));
        });
    }

    private Uri? Address(JsonMembers source, ServerEndpoint endpoint, string name, CleartextPolicy allowed)
    {
        string member = endpoint.MetadataName;
        bool isRepeated = source.IsRepeated(member);
        if (!isRepeated && (source[member].IsAbsent() || StrictJson.TextIfAnyOf(source[member]) is { Length: 0 }))
            return null;
        if (
            source.TextIfAny(member) is { } text
            && Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && ServerEndpoint.IsSafe(uri, allowed)
        )
            return uri;
        faults[member] =
            $"The server's metadata has {source.Describe(member)} as {name}; an endpoint must be one absolute https address without user "
            + "or fragment (RFC 6749 §3.1, RFC 8414 §2). For http, set DangerouslyAllowHttpOnLoopback for a server on this machine, or add "
            + $"the origin to DangerouslyAllowHttpInTrustedNetwork; for another address, set {endpoint.OptionName}.";
        return null;
    }

    private IReadOnlyList<string>? Texts(string name)
    {
        if (members[name].IsAbsent() && !members.IsRepeated(name))
            return null;
        if (members.TextsIfAny(name) is { } texts)
            return texts;
        faults[name] = $"The server's metadata has {members.Describe(name)} as {name}; it must be one array of strings (RFC 8414 §2).";
        if (name == AuthorizationServerMetadata.AuthenticationMethodsName)
            faults[name] += " Set ClientAuthentication to the method that the server expects.";
        return null;
    }

    // A repeated member counts if any of its values is true, because the client is then stricter.
    private bool IsAnyTrue(string name) =>
        json.EnumerateObject().Any(member => member.Value.ValueKind == JsonValueKind.True && StrictJson.TryGetName(member) == name);
}
