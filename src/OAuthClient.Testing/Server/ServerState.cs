using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The state of one authorization server.</summary>
internal sealed class ServerState(
    string authority,
    TestAuthorizationServerOptions options,
    string? authorityForCertificates,
    CertificateAuthority? certificates
)
{
    public TestAuthorizationServerOptions Options { get; } = options;

    /// <summary>Null for a server without TLS.</summary>
    public CertificateAuthority? Certificates { get; } = certificates;

    public string PathBase { get; } = options.PathBase ?? "";

    public string Issuer { get; } = authority + options.PathBase;

    /// <summary>The issuer in the metadata of a multi-tenant server; null for a single issuer.</summary>
    public string? IssuerTemplate { get; } = options.IssuerTemplate is { } template ? authority + template : null;

    public IssuedTokenStore Grants { get; } = new();

    public DeviceCodeStore DeviceCodes { get; } = new();

    public BrowserSessions Sessions { get; } = new(new Uri(authority).Port);

    public AntiforgeryToken Tickets { get; } = new();

    public KeyRing Keys { get; } = new(options);

    public DistributedClaims DistributedClaims { get; } = new();

    public ClientRegistry Registry { get; } = new();

    public PushedRequests PushedRequests => field ??= new(this);

    /// <summary>Gets the verifier of the proofs at the endpoints of the server.</summary>
    public DPoPVerifier DPoP => field ??= new(this, () => Options.RequireDPoPNonces, () => Options.RotateDPoPNonces);

    /// <summary>Gets the signing algorithms that the server advertises and accepts from clients.</summary>
    public IEnumerable<string> Algorithms => SignatureAlgorithm.All(Options.Ed25519).Where(Options.SigningAlgorithmsSupported.Contains);

    /// <summary>Gets the supported signing algorithms with a public key.</summary>
    public IEnumerable<string> AsymmetricAlgorithms => Algorithms.Where(SignatureAlgorithm.Asymmetric(Options.Ed25519).Contains);

    /// <summary>Gets the identifiers of the assertions that clients used, with the times at which they expire.</summary>
    public ConcurrentDictionary<(string ClientId, string Id), DateTimeOffset> UsedAssertions { get; } = new();

    /// <summary>The supported client authentication methods (RFC 8414 §2).</summary>
    public IEnumerable<string> AuthenticationMethods =>
        ClientRules.AuthenticationMethods.Where(method =>
            Options.ClientAuthenticationMethodsSupported.Contains(method)
            && (Certificates is not null || !method.Contains("tls", StringComparison.Ordinal))
        );

    public ConcurrentDictionary<string, TestClient> Clients { get; } =
        new(StringComparer.Ordinal)
        {
            ["test-client"] = new TestClient
            {
                ClientId = "test-client",
                ClientSecret = "test-secret",
                DisplayName = "Test client",
                RedirectUris = options.RedirectUris,
            },
        };

    /// <summary>The users by user name.</summary>
    public ConcurrentDictionary<string, TestUser> Users { get; } =
        new(StringComparer.Ordinal) { ["alice"] = DefaultUser("alice", "Alice", "Adams"), ["bob"] = DefaultUser("bob", "Bob", "Brown") };

    /// <summary>
    /// Indicates whether authorization responses contain <c>iss</c> (RFC 9207). A multi-tenant server omits it, because the client does not
    /// know the tenant in advance.
    /// </summary>
    public bool SendsIssuer => Options.SendIss && IssuerTemplate is null;

    public DateTimeOffset Now => Options.TimeProvider.GetUtcNow();

    public string Address(string path) => Issuer + path;

    /// <summary>
    /// Returns the address of an endpoint on the port that requires a client certificate (RFC 8705 §5); null for a server without TLS.
    /// </summary>
    public string? AddressForCertificates(string path) =>
        authorityForCertificates is null ? null : authorityForCertificates + PathBase + path;

    public string IssuerFor(TestUser user) =>
        IssuerTemplate?.Replace(TestAuthorizationServerOptions.TenantPlaceholder, user.Tenant, StringComparison.Ordinal) ?? Issuer;

    /// <summary>Returns the algorithms for which the key set contains keys.</summary>
    public IEnumerable<string> SigningAlgorithms() =>
        Clients
            .Values.SelectMany(client =>
                new[]
                {
                    client.IdTokenSigningAlgorithm,
                    client.UserInfoSigningAlgorithm,
                    client.IntrospectionSigningAlgorithm,
                    client.AuthorizationResponseSigningAlgorithm,
                }
            )
            .Prepend(Options.SigningAlgorithm)
            .Concat(SignatureDefects.ExtraAlgorithms(Options.Defect))
            .OfType<string>()
            .Where(SignatureAlgorithm.Asymmetric(Options.Ed25519).Contains)
            .Distinct(StringComparer.Ordinal);

    public void RotateKeys(bool keepPrevious) => Keys.Rotate(SigningAlgorithms(), keepPrevious);

    /// <summary>Returns the clients of a session with their current registration.</summary>
    public IEnumerable<TestClient> ClientsOf(BrowserSession session) =>
        session.ClientIds.Select(id => Clients.GetValueOrDefault(id)).OfType<TestClient>();

    /// <summary>Removes a client and revokes its grants (RFC 7592 §2.3).</summary>
    public bool Remove(string clientId)
    {
        Registry.Remove(clientId);
        Grants.RevokeClient(clientId);
        return Clients.TryRemove(clientId, out _);
    }

    /// <summary>Returns the current registration of the client, which can differ from that at the time of the grant.</summary>
    public TestClient Current(TestClient client) => Clients.GetValueOrDefault(client.ClientId) ?? client;

    /// <summary>Parses the requested scopes, each of which must be supported and permitted for the client (RFC 6749 §3.3).</summary>
    public IReadOnlyList<string> ParseScope(string? scope, TestClient client)
    {
        string[] scopes = [.. (scope ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];
        ISet<string> allowed = client.AllowedScopes ?? Options.ScopesSupported;
        return scopes.FirstOrDefault(candidate => !allowed.Contains(candidate)) is { } unknown
            ? throw OAuthErrorException.InvalidScope($"The scope {unknown} is not supported or not allowed for this client.")
            : scopes;
    }

    private static TestUser DefaultUser(string name, string given, string family) =>
        new()
        {
            Subject = name,
            UserName = name,
            Claims =
            {
                ["name"] = JsonValue.Create($"{given} {family}"),
                ["given_name"] = JsonValue.Create(given),
                ["family_name"] = JsonValue.Create(family),
                ["preferred_username"] = JsonValue.Create(name),
                ["email"] = JsonValue.Create($"{name}@example.com"),
                ["email_verified"] = JsonValue.Create(true),
                ["phone_number"] = JsonValue.Create("+44 20 7946 0123"),
                ["phone_number_verified"] = JsonValue.Create(false),
                ["address"] = new JsonObject
                {
                    ["street_address"] = "1 Test Street",
                    ["locality"] = "London",
                    ["country"] = "United Kingdom",
                },
            },
        };
}
