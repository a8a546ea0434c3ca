using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the authentication of the client by assertions, at a server that verifies them (RFC 7523 §2.2, §3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClientAssertionTests
{
    private const string Secret = "a-client-secret-of-more-than-32-bytes";

    private static readonly string RsaPem = Pem(RSA.Create(2048));
    private static readonly string EcPem = Pem(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    private static IEnumerable<TestCaseData> Keys()
    {
        yield return new TestCaseData(RsaPem, null, "PS256").SetArgDisplayNames("RSA, default");
        yield return new TestCaseData(RsaPem, "RS256", "RS256").SetArgDisplayNames("RSA, RS256");
        yield return new TestCaseData(EcPem, null, "ES256").SetArgDisplayNames("EC P-256");
        yield return new TestCaseData(Pem(ECDsa.Create(ECCurve.NamedCurves.nistP384)), null, "ES384").SetArgDisplayNames("EC P-384");
        yield return new TestCaseData(Pem(ECDsa.Create(ECCurve.NamedCurves.nistP521)), "ES512", "ES512").SetArgDisplayNames("EC P-521");
    }

    [TestCaseSource(nameof(Keys))]
    [Description("OpenID Connect Core §9, RFC 7523 §3: the key signs an assertion with aud as one string, a type and a new jti")]
    public async Task A_key_authenticates_the_client(string pem, string? algorithm, string expected)
    {
        await using var host = await StartAsync(o => (o.PrivateKey, o.Algorithm, o.KeyId) = (pem, algorithm, "key-1"), KeySet(pem));

        await host.SignInAsync();

        var request = host.Server.RequestsTo(TestEndpoint.Token).Single();
        Assert.That(request.ResponseStatus, Is.EqualTo(200));
        Assert.That(request.Headers.ContainsKey("Authorization"), Is.False);
        Assert.That(request.Form["client_assertion_type"], Is.EqualTo("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        var header = Part(request, 0);
        Assert.That(header.EnumerateObject().Select(member => member.Name), Is.EqualTo(new[] { "alg", "typ", "kid" }));
        Assert.That(header.GetProperty("alg").GetString(), Is.EqualTo(expected));
        Assert.That(header.GetProperty("typ").GetString(), Is.EqualTo("client-authentication+jwt"));
        var claims = Part(request, 1);
        Assert.That(claims.GetProperty("iss").GetString(), Is.EqualTo(OAuthTestHost.ClientName));
        Assert.That(claims.GetProperty("sub").GetString(), Is.EqualTo(OAuthTestHost.ClientName));
        Assert.That(claims.GetProperty("aud").GetString(), Is.EqualTo(host.Server.Issuer.OriginalString));
        Assert.That(claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64(), Is.EqualTo(60));
    }

    [Test]
    [Description("RFC 7523 §3: a private JWK names its algorithm and identifier itself")]
    public async Task A_JWK_states_its_algorithm_and_identifier()
    {
        await using var host = await StartAsync(o => o.PrivateKey = PrivateJwk(), KeySet(EcPem, "from-jwk"));

        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(Part(host.Server.RequestsTo(TestEndpoint.Token).Single(), 0).GetProperty("kid").GetString(), Is.EqualTo("from-jwk"));
    }

    [Test]
    [Description("RFC 7523 §3: token, refresh, revocation and introspection requests have an assertion each, with another jti")]
    public async Task Every_request_has_its_own_assertion()
    {
        await using var host = await StartAsync(o => o.PrivateKey = EcPem, KeySet(EcPem));
        await host.SignInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        await host.Client.RevokeAsync(GrantOwner.User("42"));

        var assertions = host.Server.Requests.Where(request => request.Form.ContainsKey("client_assertion")).ToList();
        Assert.That(assertions.Select(request => request.ResponseStatus), Is.All.EqualTo(200));
        Assert.That(assertions, Has.Count.EqualTo(4));
        Assert.That(assertions.Select(request => Part(request, 1).GetProperty("jti").GetString()), Is.Unique);
    }

    [Test]
    [Description("RFC 7523 §3: a second attempt has a new assertion, because a server refuses a jti that it has seen")]
    public async Task Every_attempt_has_its_own_assertion()
    {
        await using var host = await StartAsync(o => o.PrivateKey = EcPem, KeySet(EcPem), retries: true);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(429, "{}"), times: 1);

        await new Pauses(host.Clock).PassAsync(host.Client.GetAccessTokenAsync(GrantOwner.Client).AsTask());

        var attempts = host.Server.RequestsTo(TestEndpoint.Token);
        Assert.That(attempts, Has.Count.EqualTo(2));
        Assert.That(attempts.Select(request => Part(request, 1).GetProperty("jti").GetString()), Is.Unique);
    }

    [TestCase(ClientAssertionAudience.TokenEndpoint, TestAssertionAudience.TokenEndpoint)]
    [TestCase(ClientAssertionAudience.RequestedEndpoint, TestAssertionAudience.RequestedEndpoint)]
    [Description("RFC 7523 §3: servers that want the address of an endpoint as the audience, by option")]
    public async Task The_audience_is_an_option(ClientAssertionAudience audience, TestAssertionAudience required)
    {
        await using var host = await StartAsync(
            o => (o.PrivateKey, o.Audience) = (EcPem, audience),
            KeySet(EcPem),
            server: o => o.ClientAssertionAudience = required
        );
        await host.SignInAsync();
        await host.Client.RevokeAsync(GrantOwner.User("42"));

        Assert.That(host.Server.RequestsTo(TestEndpoint.Revocation).Select(request => request.ResponseStatus), Is.All.EqualTo(200));
    }

    [TestCase("JWT")]
    [TestCase("")]
    [Description("Servers that accept another typ, or none, by option")]
    public async Task The_type_is_an_option(string type)
    {
        await using var host = await StartAsync(o => (o.PrivateKey, o.TokenType) = (EcPem, type), KeySet(EcPem));

        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(Part(host.Server.RequestsTo(TestEndpoint.Token).Single(), 0).TryGetProperty("typ", out _), Is.EqualTo(type.Length > 0));
    }

    [Test]
    [Description("A signer of the application's is asked for each assertion, so that a replaced key is in use at once")]
    public async Task A_signer_can_be_replaced()
    {
        string second = Pem(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        ISigner current = SigningKey.Parse(EcPem, keyId: "one");
        await using var host = await StartAsync(_ => { }, KeySet(EcPem, "one"), register: builder => builder.UseClientSigner(_ => current));
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        host.Server.AddClient(Client(KeySet(second, "two")));
        current = SigningKey.Parse(second, keyId: "two");
        await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(
            host.Server.RequestsTo(TestEndpoint.Token).Select(request => Part(request, 0).GetProperty("kid").GetString()),
            Is.EqualTo(new[] { "one", "two" })
        );
    }

    [Test]
    [Description("RFC 7515 §4.1.8: the key of a certificate is named by the certificate's thumbprint")]
    public async Task A_certificate_signs()
    {
        using var rsa = RSA.Create(2048);
        using var certificate = new CertificateRequest(
            "CN=client",
            rsa,
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pss
        ).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        await using var host = await StartAsync(
            _ => { },
            KeySet(Pem(rsa)),
            register: builder => builder.UseClientSigner(_ => SigningKey.FromCertificate(certificate))
        );

        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(
            Part(host.Server.RequestsTo(TestEndpoint.Token).Single(), 0).GetProperty("x5t#S256").GetString(),
            Is.EqualTo(Base64Url.EncodeToString(certificate.GetCertHash(HashAlgorithmName.SHA256)))
        );
    }

    [Test]
    [Description("OpenID Connect Core §9: the secret authenticates an assertion and is not sent itself")]
    public async Task A_secret_authenticates_an_assertion()
    {
        await using var host = await OAuthTestHost.StartAsync(o =>
            (o.ClientSecret, o.ClientAuthentication) = (Secret, ClientAuthenticationMethod.ClientSecretJwt)
        );
        host.Server.AddClient(
            new()
            {
                ClientId = OAuthTestHost.ClientName,
                ClientSecret = Secret,
                AuthenticationMethod = "client_secret_jwt",
                RedirectUris = { OAuthTestHost.Callback },
            }
        );

        await host.SignInAsync();

        Assert.That(host.Server.Requests.Select(request => request.Body), Has.None.Contains(Secret));
    }

    [Test]
    [Description("RFC 7523 §2.2: the platform provides an assertion in a file, and renews it")]
    public async Task The_platform_provides_an_assertion()
    {
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, Path.GetRandomFileName());
        try
        {
            await using var host = await StartAsync(_ => { }, KeySet(EcPem), register: builder => builder.UseClientAssertionFile(path));
            foreach (string assertion in new[] { "first", "second" })
            {
                await File.WriteAllTextAsync(path, assertion + "\n");
                Assert.That(
                    async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
                    Throws.TypeOf<TokenEndpointException>()
                );
            }
            Assert.That(
                host.Server.RequestsTo(TestEndpoint.Token).Select(request => request.Form["client_assertion"]),
                Is.EqualTo(new[] { "first", "second" })
            );
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    [Description("RFC 6749 §2.3.1: a secret that changes is asked for with each request")]
    public async Task A_secret_can_change()
    {
        string current = "one";
        await using var host = await OAuthTestHost.StartAsync(
            o => (o.ClientSecret, o.ClientAuthentication) = (null, ClientAuthenticationMethod.ClientSecretPost),
            register: builder => builder.UseClientSecret((_, _) => new(current))
        );
        foreach (string secret in new[] { "one", "two" })
        {
            current = secret;
            host.Server.AddClient(new() { ClientId = OAuthTestHost.ClientName, ClientSecret = secret });
            await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        }
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Select(request => request.ResponseStatus), Is.All.EqualTo(200));
    }

    [Test]
    [Description("A client secret that is a signed JWT, as Apple requires, is new with each request")]
    public async Task A_secret_can_be_a_signed_JWT()
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => (o.ClientSecret, o.ClientAuthentication) = (null, ClientAuthenticationMethod.ClientSecretPost),
            register: builder =>
                builder.UseSignedClientSecret(_ => SigningKey.Parse(EcPem, keyId: "KEY1"), "TEAM1", "https://id.example.com")
        );
        Assert.That(
            async () => await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<TokenEndpointException>()
        );

        var request = host.Server.RequestsTo(TestEndpoint.Token).Single();
        var claims = Part(request.Form["client_secret"], 1);
        Assert.That(Part(request.Form["client_secret"], 0).GetProperty("kid").GetString(), Is.EqualTo("KEY1"));
        Assert.That(claims.GetProperty("iss").GetString(), Is.EqualTo("TEAM1"));
        Assert.That(claims.GetProperty("sub").GetString(), Is.EqualTo(OAuthTestHost.ClientName));
        Assert.That(claims.GetProperty("aud").GetString(), Is.EqualTo("https://id.example.com"));
    }

    private static IEnumerable<TestCaseData> WrongOptions()
    {
        yield return Wrong("no key", o => o.ClientAuthentication = ClientAuthenticationMethod.PrivateKeyJwt, "there is no key");
        yield return Wrong("no PEM", o => o.ClientAssertion.PrivateKey = "secret-text", "neither a private RSA or EC key as PEM");
        yield return Wrong("public key", o => o.ClientAssertion.PrivateKey = PublicPem(), "neither a private RSA or EC key as PEM");
        yield return Wrong(
            "algorithm",
            o => (o.ClientAssertion.PrivateKey, o.ClientAssertion.Algorithm) = (EcPem, "PS256"),
            "used with ES256"
        );
        yield return Wrong("weak key", o => o.ClientAssertion.PrivateKey = Pem(RSA.Create(1024)), "fewer than 2048 bits");
        yield return Wrong("lifetime", o => o.ClientAssertion.Lifetime = TimeSpan.FromHours(1), "at most ten minutes");
        yield return Wrong(
            "two credentials",
            o => (o.ClientAssertion.PrivateKey, o.ClientSecret) = (EcPem, Secret),
            "set ClientAuthentication to the method that the server expects"
        );
        yield return Wrong(
            "short secret",
            o => (o.ClientSecret, o.ClientAuthentication) = ("short", ClientAuthenticationMethod.ClientSecretJwt),
            "at least 32 bytes"
        );
    }

    [TestCaseSource(nameof(WrongOptions))]
    [Description("Wrong options fail with a sentence that says what to write, without the key")]
    public void Wrong_options_fail(Action<OAuthClientOptions> configure, string sentence)
    {
        Assert.That(
            async () =>
            {
                await using ScriptedServer server = new(o =>
                {
                    o.ClientSecret = null;
                    configure(o);
                });
                await server.Client.BeginAuthorizationAsync();
            },
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains(sentence).And.Message.Not.Contains("secret-text")
        );
    }

    private static TestCaseData Wrong(string name, Action<OAuthClientOptions> configure, string sentence) =>
        new TestCaseData(configure, sentence).SetArgDisplayNames(name);

    private static async Task<OAuthTestHost> StartAsync(
        Action<ClientAssertionOptions> assertion,
        JsonObject keys,
        Action<OAuthClientBuilder>? register = null,
        Action<TestAuthorizationServerOptions>? server = null,
        bool retries = false
    )
    {
        var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.ClientSecret = null;
                o.ClientAuthentication = ClientAuthenticationMethod.PrivateKeyJwt;
                assertion(o.ClientAssertion);
            },
            register,
            server: server,
            retries: retries
        );
        host.Server.AddClient(Client(keys));
        return host;
    }

    private static TestClient Client(JsonObject keys) =>
        new()
        {
            ClientId = OAuthTestHost.ClientName,
            AuthenticationMethod = "private_key_jwt",
            PublicKeys = keys,
            RedirectUris = { OAuthTestHost.Callback },
        };

    private static JsonObject KeySet(string pem, string keyId = "key-1")
    {
        var jwk = JsonNode.Parse(SigningKey.Parse(pem).PublicJwk)!.AsObject();
        jwk["kid"] = keyId;
        return new() { ["keys"] = new JsonArray(jwk) };
    }

    private static string PrivateJwk()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(EcPem);
        var jwk = JsonNode.Parse(SigningKey.Parse(EcPem).PublicJwk)!.AsObject();
        jwk["d"] = Base64Url.EncodeToString(key.ExportParameters(includePrivateParameters: true).D);
        (jwk["kid"], jwk["alg"]) = ("from-jwk", "ES256");
        return jwk.ToJsonString();
    }

    private static JsonElement Part(RecordedRequest request, int index) => Part(request.Form["client_assertion"], index);

    private static JsonElement Part(string jwt, int index) =>
        JsonDocument.Parse(Base64Url.DecodeFromChars(jwt.Split('.')[index])).RootElement;

    private static string Pem(AsymmetricAlgorithm key) => key.ExportPkcs8PrivateKeyPem();

    private static string PublicPem()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(EcPem);
        return key.ExportSubjectPublicKeyInfoPem();
    }
}
