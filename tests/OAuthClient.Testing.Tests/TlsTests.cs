using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests HTTPS and client authentication by certificate.</summary>
[TestFixture]
internal sealed class TlsTests
{
    [Test, Description("A client that trusts only the server's certificate completes the code flow over HTTPS")]
    public async Task Code_flow_works_over_HTTPS()
    {
        await using TestAuthorizationServer server = await StartAsync();
        await using TestResourceServer api = await server.StartResourceServerAsync();
        using HttpClient http = Client(server);

        Uri callback = await server.SignInAsync(AuthorizationUri(server, "test-client"));
        using HttpResponseMessage response = await PostAsync(
            http,
            server.TokenEndpoint,
            TestBed.Basic("test-client", "test-secret"),
            Redemption(callback)
        );
        JsonObject tokens = await TestBed.JsonAsync(response, HttpStatusCode.OK);
        using HttpRequestMessage me = new(HttpMethod.Get, new Uri(api.BaseAddress, "/me"));
        me.Headers.Authorization = new("Bearer", (string?)tokens["access_token"]);
        using HttpResponseMessage answer = await http.SendAsync(me);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(server.Issuer.OriginalString, Does.Match("^https://127\\.0\\.0\\.1:\\d+$"));
            Assert.That(server.Certificate!.HasPrivateKey, Is.False);
            Assert.That(api.BaseAddress.Scheme, Is.EqualTo("https"));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(server.RequestsTo(TestEndpoint.Token).Single().ClientCertificate, Is.Null);
        }
    }

    [Test, Description("Each server has its own certificate authority")]
    public async Task Client_that_does_not_trust_the_certificate_cannot_connect()
    {
        await using TestAuthorizationServer server = await StartAsync();
        await using TestAuthorizationServer other = await StartAsync();
        using HttpClient http = Client(other);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => http.GetAsync(server.JwksUri), Throws.InstanceOf<HttpRequestException>());
            Assert.That(server.Requests, Is.Empty);
        }
    }

    [Test, Description("RFC 8705 §5: the aliases refer to a port that requires a client certificate")]
    public async Task Metadata_contain_mutual_TLS_aliases()
    {
        await using TestAuthorizationServer server = await StartAsync(options =>
            (options.PathBase, options.AllowRegistration) = ("/tenants/one", true)
        );
        using HttpClient http = Client(server);

        JsonObject metadata = await MetadataAsync(http, server);
        JsonObject aliases = metadata["mtls_endpoint_aliases"]!.AsObject();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                aliases.Select(alias => alias.Key),
                Is.EquivalentTo([
                    "token_endpoint",
                    "device_authorization_endpoint",
                    "pushed_authorization_request_endpoint",
                    "revocation_endpoint",
                    "introspection_endpoint",
                    "userinfo_endpoint",
                    "registration_endpoint",
                ])
            );
            foreach ((string name, JsonNode? alias) in aliases)
            {
                Uri ordinary = new((string)metadata[name]!);
                Uri aliased = new((string)alias!);
                Assert.That(aliased.AbsolutePath, Is.EqualTo(ordinary.AbsolutePath));
                Assert.That(aliased.Port, Is.Not.EqualTo(ordinary.Port));
                Assert.That(() => http.GetAsync(aliased), Throws.InstanceOf<HttpRequestException>(), "without a certificate");
            }

            Assert.That(
                metadata["token_endpoint_auth_methods_supported"]!.ToJsonString(),
                Does.Contain("\"tls_client_auth\"").And.Contain("\"self_signed_tls_client_auth\"")
            );
        }
    }

    [Test, Description("RFC 8705 §5: without UseTls, the metadata contain no mutual TLS aliases and no certificate is issued")]
    public async Task Server_without_TLS_does_not_support_certificates()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject metadata = await bed.MetadataAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(bed.Server.Certificate, Is.Null);
            Assert.That(() => bed.Server.IssueClientCertificate("CN=photos"), Throws.InvalidOperationException);
            Assert.That(metadata.ContainsKey("mtls_endpoint_aliases"), Is.False);
            Assert.That(metadata["token_endpoint_auth_methods_supported"]!.ToJsonString(), Does.Not.Contain("tls"));
        }
    }

    [TestCase("CN=photos, O=Example", true, null)]
    [TestCase("CN=photos,O=Example", true, null)]
    [TestCase("CN=another", true, "invalid_client")]
    [TestCase("CN=photos, O=Example", false, "invalid_client", Description = "the registered subject with an untrusted issuer")]
    [Description("RFC 8705 §2.1: the subject must match the registered one and the certificate must be issued by the server")]
    public async Task Client_authenticates_with_an_issued_certificate(string subject, bool trusted, string? error)
    {
        await using TestAuthorizationServer server = await StartAsync();
        server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                AuthenticationMethod = "tls_client_auth",
                CertificateSubject = "CN=photos, O=Example",
                RedirectUris = { TestBed.RedirectUri },
            }
        );
        using X509Certificate2 certificate = trusted ? server.IssueClientCertificate(subject) : SelfSigned(subject);

        Assert.That(await ErrorOfRedemptionAsync(server, "photos", certificate), Is.EqualTo(error));
        Assert.That(server.RequestsTo(TestEndpoint.Token).Single().ClientCertificate?.Thumbprint, Is.EqualTo(certificate.Thumbprint));
    }

    [TestCase(true, false)]
    [TestCase(false, false)]
    [TestCase(true, true)]
    [Description("RFC 8705 §2.2: the certificate must equal the registered one, which can be in the client's keys as x5c")]
    public async Task Client_authenticates_with_a_self_signed_certificate(bool own, bool inKeySet)
    {
        await using TestAuthorizationServer server = await StartAsync();
        using X509Certificate2 registered = SelfSigned("CN=photos");
        using X509Certificate2 another = SelfSigned("CN=photos");
        server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                AuthenticationMethod = "self_signed_tls_client_auth",
                RedirectUris = { TestBed.RedirectUri },
                Certificate = inKeySet ? null : registered,
                PublicKeys = inKeySet
                    ? new JsonObject
                    {
                        ["keys"] = new JsonArray(
                            new JsonObject { ["kty"] = "EC", ["x5c"] = new JsonArray(Convert.ToBase64String(registered.RawData)) }
                        ),
                    }
                    : null,
            }
        );

        Assert.That(await ErrorOfRedemptionAsync(server, "photos", own ? registered : another), Is.EqualTo(own ? null : "invalid_client"));
    }

    [Test, Description("RFC 8705 §2: a client with a registered certificate cannot authenticate without it")]
    public async Task Endpoint_without_mutual_TLS_rejects_the_client()
    {
        await using TestAuthorizationServer server = await StartAsync();
        server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                AuthenticationMethod = "tls_client_auth",
                CertificateSubject = "CN=photos",
                RedirectUris = { TestBed.RedirectUri },
            }
        );
        using HttpClient http = Client(server);
        Uri callback = await server.SignInAsync(AuthorizationUri(server, "photos"));

        using HttpResponseMessage response = await PostAsync(
            http,
            server.TokenEndpoint,
            null,
            [.. Redemption(callback), ("client_id", "photos")]
        );

        Assert.That(await TestBed.ErrorAsync(response, HttpStatusCode.Unauthorized), Is.EqualTo("invalid_client"));
    }

    [TestCase("tls_client_auth", "CertificateSubject")]
    [TestCase("self_signed_tls_client_auth", "x5c")]
    [Description(
        "RFC 8705 §2.1.2, §2.2.2: tls_client_auth requires a subject, self_signed_tls_client_auth requires a certificate in the key set"
    )]
    public async Task Client_without_the_required_certificate_properties_is_rejected(string method, string expectedMessage)
    {
        await using TestAuthorizationServer server = await StartAsync();

        Assert.That(
            () => server.AddClient(new TestClient { ClientId = "photos", AuthenticationMethod = method }),
            Throws.ArgumentException.With.Message.Contains(expectedMessage)
        );
    }

    private static Task<TestAuthorizationServer> StartAsync(Action<TestAuthorizationServerOptions>? configure = null) =>
        TestAuthorizationServer.StartAsync(options =>
        {
            options.UseTls = true;
            options.RedirectUris.Add(TestBed.RedirectUri);
            configure?.Invoke(options);
        });

    private static HttpClient Client(TestAuthorizationServer server, X509Certificate2? certificate = null) =>
        new(
            new SocketsHttpHandler
            {
                UseProxy = false,
                SslOptions = new SslClientAuthenticationOptions
                {
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        TrustMode = X509ChainTrustMode.CustomRootTrust,
                        CustomTrustStore = { server.Certificate! },
                        RevocationMode = X509RevocationMode.NoCheck,
                    },
                    ClientCertificates = certificate is null ? null : [certificate],
                },
            }
        );

    private static async Task<string?> ErrorOfRedemptionAsync(TestAuthorizationServer server, string clientId, X509Certificate2 certificate)
    {
        Uri callback = await server.SignInAsync(AuthorizationUri(server, clientId));
        using HttpClient http = Client(server, certificate);
        Uri alias = new((string)(await MetadataAsync(http, server))["mtls_endpoint_aliases"]!["token_endpoint"]!);
        using HttpResponseMessage response = await PostAsync(http, alias, null, [.. Redemption(callback), ("client_id", clientId)]);
        JsonNode answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        Assert.That(response.StatusCode, Is.EqualTo(answer["error"] is null ? HttpStatusCode.OK : HttpStatusCode.Unauthorized));
        return (string?)answer["error"];
    }

    private static async Task<JsonObject> MetadataAsync(HttpClient http, TestAuthorizationServer server) =>
        JsonNode.Parse(await http.GetStringAsync(new Uri(server.Issuer.OriginalString + "/.well-known/openid-configuration")))!.AsObject();

    private static X509Certificate2 SelfSigned(string subject)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 created = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSelfSigned(
            now.AddDays(-1),
            now.AddDays(1)
        );
        return X509CertificateLoader.LoadPkcs12(created.Export(X509ContentType.Pfx), null);
    }

    private static Uri AuthorizationUri(TestAuthorizationServer server, string clientId) =>
        new(
            server.AuthorizationEndpoint
                + "?response_type=code&scope=openid&client_id="
                + clientId
                + "&redirect_uri="
                + Uri.EscapeDataString(TestBed.RedirectUri)
                + "&code_challenge_method=S256&code_challenge="
                + TestBed.Challenge
        );

    private static (string, string)[] Redemption(Uri callback) =>
        [
            ("grant_type", "authorization_code"),
            ("code", TestBed.Query(callback)["code"]),
            ("redirect_uri", TestBed.RedirectUri),
            ("code_verifier", TestBed.Verifier),
        ];

    private static async Task<HttpResponseMessage> PostAsync(
        HttpClient http,
        Uri endpoint,
        System.Net.Http.Headers.AuthenticationHeaderValue? authorization,
        (string Name, string Value)[] form
    )
    {
        using HttpRequestMessage request = new(HttpMethod.Post, endpoint)
        {
            Content = new StringContent(
                string.Join('&', form.Select(field => field.Name + "=" + Uri.EscapeDataString(field.Value))),
                Encoding.UTF8,
                "application/x-www-form-urlencoded"
            ),
        };
        request.Headers.Authorization = authorization;
        return await http.SendAsync(request);
    }
}
