using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>All that one authorization server knows.</summary>
internal sealed class ServerState(
    string authority,
    TestAuthorizationServerOptions options,
    string? authorityForCertificates,
    CertificateAuthority? certificates
)
{
    public TestAuthorizationServerOptions Options { get; } = options;

    /// <summary>Null where the server has no TLS.</summary>
    public CertificateAuthority? Certificates { get; } = certificates;

    public string PathBase { get; } = options.PathBase ?? "";

    public string Issuer { get; } = authority + options.PathBase;

    /// <summary>What the metadata name as the issuer where one server has many; null where it has one.</summary>
    public string? IssuerTemplate { get; } = options.IssuerTemplate is { } template ? authority + template : null;

    public IssuedTokenStore Grants { get; } = new();

    public BrowserSessions Sessions { get; } = new(new Uri(authority).Port);

    public AntiforgeryToken Tickets { get; } = new();

    public KeyRing Keys { get; } = new();

    public DistributedClaims DistributedClaims { get; } = new();

    public ClientRegistry Registry { get; } = new();

    /// <summary>How a client may authenticate (RFC 8414 §2).</summary>
    public IReadOnlyList<string> AuthenticationMethods { get; } =
    [
        "client_secret_basic",
        "client_secret_post",
        "none",
        .. certificates is null ? Array.Empty<string>() : ["tls_client_auth", "self_signed_tls_client_auth"],
    ];

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

    /// <summary>By the name they type.</summary>
    public ConcurrentDictionary<string, TestUser> Users { get; } =
        new(StringComparer.Ordinal) { ["alice"] = DefaultUser("alice", "Alice", "Adams"), ["bob"] = DefaultUser("bob", "Bob", "Brown") };

    /// <summary>RFC 9207; a client could compare none of many issuers before it knows the user.</summary>
    public bool SendsIss => Options.SendIss && IssuerTemplate is null;

    public DateTimeOffset Now => Options.TimeProvider.GetUtcNow();

    public string Address(string path) => Issuer + path;

    /// <summary>The same endpoint where clients present a certificate (RFC 8705 §5); null where the server has no TLS.</summary>
    public string? AddressForCertificates(string path) =>
        authorityForCertificates is null ? null : authorityForCertificates + PathBase + path;

    public string IssuerFor(TestUser user) =>
        IssuerTemplate?.Replace(TestAuthorizationServerOptions.TenantPlaceholder, user.Tenant, StringComparison.Ordinal) ?? Issuer;

    /// <summary>Those that the key set has keys for.</summary>
    public IEnumerable<string> SigningAlgorithms() =>
        Clients
            .Values.SelectMany(client =>
                new[] { client.IdTokenSigningAlgorithm, client.UserInfoSigningAlgorithm, client.IntrospectionSigningAlgorithm }
            )
            .Prepend(Options.SigningAlgorithm)
            .Concat(SignatureDefects.ExtraAlgorithms(Options.Defect))
            .OfType<string>()
            .Where(SignatureAlgorithm.Asymmetric.Contains)
            .Distinct(StringComparer.Ordinal);

    public void RotateKeys(bool keepPrevious) => Keys.Rotate(SigningAlgorithms(), keepPrevious);

    /// <summary>Who took part in a session, as registered now.</summary>
    public IEnumerable<TestClient> ClientsOf(BrowserSession session) =>
        session.ClientIds.Select(id => Clients.GetValueOrDefault(id)).OfType<TestClient>();

    /// <summary>The client is gone, and all it was given with it (RFC 7592 §2.3).</summary>
    public bool Remove(string clientId)
    {
        Registry.Remove(clientId);
        Grants.RevokeClient(clientId);
        return Clients.TryRemove(clientId, out _);
    }

    /// <summary>The client as it is registered now; it may have changed since the grant.</summary>
    public TestClient Current(TestClient client) => Clients.GetValueOrDefault(client.ClientId) ?? client;

    /// <summary>The scopes asked for; all of them must exist and be the client's to ask for (RFC 6749 §3.3).</summary>
    public IReadOnlyList<string> ParseScope(string? scope, TestClient client)
    {
        string[] scopes = [.. (scope ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];
        ISet<string> allowed = client.AllowedScopes ?? Options.ScopesSupported;
        return scopes.FirstOrDefault(one => !allowed.Contains(one)) is { } unknown
            ? throw OAuthErrorException.InvalidScope($"The scope {unknown} does not exist here or is not this client's to ask for.")
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
