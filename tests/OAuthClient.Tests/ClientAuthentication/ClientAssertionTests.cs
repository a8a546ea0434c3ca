using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the authentication of the client by assertions, at a server that verifies them (RFC 7523 §2.2, §3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClientAssertionTests
{
    private static readonly string RsaPem = AssertionHost.Pem(RSA.Create(2048));
    private static readonly string EcPem = AssertionHost.EcPem;

    private static IEnumerable<TestCaseData> Keys()
    {
        yield return new TestCaseData(RsaPem, null, "PS256").SetArgDisplayNames("RSA, default");
        yield return new TestCaseData(RsaPem, "RS256", "RS256").SetArgDisplayNames("RSA, RS256");
        yield return new TestCaseData(EcPem, null, "ES256").SetArgDisplayNames("EC P-256");
        yield return new TestCaseData(AssertionHost.Pem(ECDsa.Create(ECCurve.NamedCurves.nistP384)), null, "ES384").SetArgDisplayNames(
            "EC P-384"
        );
        yield return new TestCaseData(AssertionHost.Pem(ECDsa.Create(ECCurve.NamedCurves.nistP521)), "ES512", "ES512").SetArgDisplayNames(
            "EC P-521"
        );
    }

    [TestCaseSource(nameof(Keys))]
    [Description("OpenID Connect Core §9, RFC 7523 §3: the key signs an assertion with aud as one string, a type and a new jti")]
    public async Task A_key_authenticates_the_client(string pem, string? algorithm, string expected)
    {
        await using var host = await AssertionHost.StartAsync(
            o => (o.PrivateKey, o.Algorithm, o.KeyId) = (pem, algorithm, "key-1"),
            AssertionHost.KeySet(pem)
        );

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
        await using var host = await AssertionHost.StartAsync(
            o => o.PrivateKey = AssertionHost.PrivateJwk(),
            AssertionHost.KeySet(EcPem, "from-jwk")
        );

        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(Part(host.Server.RequestsTo(TestEndpoint.Token).Single(), 0).GetProperty("kid").GetString(), Is.EqualTo("from-jwk"));
    }

    [Test]
    [Description("RFC 7523 §3: token, refresh, revocation and introspection requests have an assertion each, with another jti")]
    public async Task Every_request_has_its_own_assertion()
    {
        await using var host = await AssertionHost.StartAsync(o => o.PrivateKey = EcPem, AssertionHost.KeySet(EcPem));
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
        await using var host = await AssertionHost.StartAsync(o => o.PrivateKey = EcPem, AssertionHost.KeySet(EcPem), retries: true);
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
        await using var host = await AssertionHost.StartAsync(
            o => (o.PrivateKey, o.Audience) = (EcPem, audience),
            AssertionHost.KeySet(EcPem),
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
        await using var host = await AssertionHost.StartAsync(
            o => (o.PrivateKey, o.TokenType) = (EcPem, type),
            AssertionHost.KeySet(EcPem)
        );

        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(Part(host.Server.RequestsTo(TestEndpoint.Token).Single(), 0).TryGetProperty("typ", out _), Is.EqualTo(type.Length > 0));
    }

    [Test]
    [Description("A signer of the application's is asked for each assertion, so that a replaced key is in use at once")]
    public async Task A_signer_can_be_replaced()
    {
        string second = AssertionHost.Pem(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        ISigner current = SigningKey.Parse(EcPem, keyId: "one");
        await using var host = await AssertionHost.StartAsync(
            _ => { },
            AssertionHost.KeySet(EcPem, "one"),
            register: builder => builder.UseClientSigner(_ => current)
        );
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        host.Server.AddClient(AssertionHost.Client(AssertionHost.KeySet(second, "two")));
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
        await using var host = await AssertionHost.StartAsync(
            _ => { },
            AssertionHost.KeySet(AssertionHost.Pem(rsa)),
            register: builder => builder.UseClientSigner(_ => SigningKey.FromCertificate(certificate))
        );

        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(
            Part(host.Server.RequestsTo(TestEndpoint.Token).Single(), 0).GetProperty("x5t#S256").GetString(),
            Is.EqualTo(Base64Url.EncodeToString(certificate.GetCertHash(HashAlgorithmName.SHA256)))
        );
    }

    private static JsonElement Part(RecordedRequest request, int index) => AssertionHost.Part(request.Form["client_assertion"], index);

    [TestCase("")]
    [TestCase(" ")]
    [TestCase(null)]
    [Description("A function that returns no assertion is named, and nothing is sent")]
    public async Task An_empty_assertion_of_the_platform_is_refused(string? assertion)
    {
        await using ScriptedServer server = new(
            o => o.ClientSecret = null,
            builder => builder.UseClientAssertion((_, _) => ValueTask.FromResult(assertion!))
        );

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<OAuthException>().With.Message.Contains("UseClientAssertion").And.Message.Contains("return the assertion")
        );
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("An empty file of the platform is named, and nothing is sent")]
    public async Task An_empty_assertion_file_is_refused()
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, " \n");
            await using ScriptedServer server = new(o => o.ClientSecret = null, builder => builder.UseClientAssertionFile(path));

            Assert.That(
                async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client),
                Throws.TypeOf<OAuthException>().With.Message.Contains(path).And.Message.Contains("UseClientAssertionFile")
            );
            Assert.That(server.Requests, Is.Empty);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
