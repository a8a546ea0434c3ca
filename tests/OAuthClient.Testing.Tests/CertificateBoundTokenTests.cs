using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests access tokens that are bound to the certificate of the client (RFC 8705 §3).</summary>
public sealed class CertificateBoundTokenTests
{
    private static readonly (string, string?)[] Service = [("grant_type", "client_credentials"), ("client_id", "service")];

    [Test, Description("RFC 8705 §3.1, §3.2: the token of a client with a certificate is bound to the certificate")]
    public async Task Access_token_is_bound_to_the_certificate()
    {
        await using CertificateBed bed = await CertificateBed.StartAsync();
        using X509Certificate2 certificate = bed.Server.IssueClientCertificate("CN=service");

        JsonObject tokens = await bed.PostAsync(certificate, "token_endpoint", HttpStatusCode.OK, Service);
        JsonObject described = await bed.PostAsync(
            certificate,
            "introspection_endpoint",
            HttpStatusCode.OK,
            ("client_id", "service"),
            ("token", (string)tokens["access_token"]!)
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)tokens["token_type"], Is.EqualTo("Bearer"));
            Assert.That((string?)described["token_type"], Is.EqualTo("Bearer"));
            Assert.That((string?)described["cnf"]!.AsObject().Single().Value, Is.EqualTo(Thumbprint(certificate)));
            Assert.That(described["cnf"]!.AsObject().Single().Key, Is.EqualTo("x5t#S256"));
            Assert.That((bool?)(await bed.MetadataAsync())["tls_client_certificate_bound_access_tokens"], Is.True);
        }
    }

    [TestCase("own", 200)]
    [TestCase("other", 401)]
    [TestCase("none", 401)]
    [Description("RFC 8705 §3: the API requires the same certificate")]
    public async Task Resource_server_requires_the_certificate(string presented, int status)
    {
        await using CertificateBed bed = await CertificateBed.StartAsync();
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync(options => options.RequestClientCertificates = true);
        using X509Certificate2 certificate = bed.Server.IssueClientCertificate("CN=service");
        using X509Certificate2 other = bed.Server.IssueClientCertificate("CN=service");
        JsonObject tokens = await bed.PostAsync(certificate, "token_endpoint", HttpStatusCode.OK, Service);

        using HttpResponseMessage response = await bed.GetAsync(
            presented switch
            {
                "own" => certificate,
                "other" => other,
                _ => null,
            },
            new Uri(api.BaseAddress, "/me"),
            tokens
        );

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(
            response.Headers.WwwAuthenticate.ToString(),
            status is 200 ? Is.Empty : Does.StartWith("Bearer ").And.Contain("error=\"invalid_token\"")
        );
        Assert.That(api.Requests.Single().ClientCertificate is null, Is.EqualTo(presented is "none"));
    }

    [Test, Description("RFC 8705 §4: a public client's tokens are bound to its certificate; UserInfo and a refresh require it")]
    public async Task Public_client_presents_a_certificate()
    {
        await using CertificateBed bed = await CertificateBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "app", RedirectUris = { TestBed.RedirectUri } });
        using X509Certificate2 certificate = bed.Server.IssueClientCertificate("CN=any");
        using X509Certificate2 other = bed.Server.IssueClientCertificate("CN=any");
        Uri callback = await bed.Server.SignInAsync(
            new Uri(
                $"{bed.Server.AuthorizationEndpoint}?response_type=code&client_id=app&scope=openid%20offline_access"
                    + $"&code_challenge_method=S256&code_challenge={TestBed.Challenge}"
                    + $"&redirect_uri={Uri.EscapeDataString(TestBed.RedirectUri)}"
            )
        );

        JsonObject tokens = await bed.PostAsync(
            certificate,
            "token_endpoint",
            HttpStatusCode.OK,
            ("client_id", "app"),
            ("grant_type", "authorization_code"),
            ("code", TestBed.Query(callback)["code"]),
            ("redirect_uri", TestBed.RedirectUri),
            ("code_verifier", TestBed.Verifier)
        );
        (string, string?)[] refresh =
        [
            ("client_id", "app"),
            ("grant_type", "refresh_token"),
            ("refresh_token", (string)tokens["refresh_token"]!),
        ];
        Uri userInfo = new((string)(await bed.MetadataAsync())["mtls_endpoint_aliases"]!["userinfo_endpoint"]!);
        using HttpResponseMessage own = await bed.GetAsync(certificate, userInfo, tokens);
        using HttpResponseMessage foreign = await bed.GetAsync(other, userInfo, tokens);
        using HttpResponseMessage without = await bed.GetAsync(null, bed.Server.UserInfoEndpoint, tokens);
        JsonObject refused = await bed.PostAsync(other, "token_endpoint", HttpStatusCode.BadRequest, refresh);
        JsonObject refusedWithout = await bed.PostAsync(null, "token_endpoint", HttpStatusCode.BadRequest, refresh);

        Assert.That(own.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(foreign.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(without.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That((string?)refused["error"], Is.EqualTo("invalid_grant"));
        Assert.That((string?)refusedWithout["error"], Is.EqualTo("invalid_grant"));
        await bed.PostAsync(certificate, "token_endpoint", HttpStatusCode.OK, refresh);
    }

    [Test, Description("RFC 8705 §3: without the option, a client with a certificate receives tokens that are not bound")]
    public async Task Tokens_are_not_bound_by_default()
    {
        await using CertificateBed bed = await CertificateBed.StartAsync(binds: false);
        await using TestResourceServer api = await bed.Server.StartResourceServerAsync();
        using X509Certificate2 certificate = bed.Server.IssueClientCertificate("CN=service");
        JsonObject tokens = await bed.PostAsync(certificate, "token_endpoint", HttpStatusCode.OK, Service);

        using HttpResponseMessage response = await bed.GetAsync(null, new Uri(api.BaseAddress, "/me"), tokens);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((bool?)(await bed.MetadataAsync())["tls_client_certificate_bound_access_tokens"], Is.False);
    }

    [Test, Description("RFC 8705 §3.4: a client that registered bound tokens must present a certificate, which binds them")]
    public async Task Client_can_require_bound_tokens()
    {
        await using CertificateBed bed = await CertificateBed.StartAsync(binds: false);
        bed.Server.AddClient(
            new TestClient
            {
                ClientId = "web",
                ClientSecret = "secret",
                RequireCertificateBoundTokens = true,
            }
        );
        using X509Certificate2 certificate = bed.Server.IssueClientCertificate("CN=any");
        (string, string?)[] web = [("client_id", "web"), ("client_secret", "secret")];
        (string, string?)[] form = [("grant_type", "client_credentials"), .. web];

        JsonObject refused = await bed.PostAsync(null, "token_endpoint", HttpStatusCode.BadRequest, form);
        JsonObject tokens = await bed.PostAsync(certificate, "token_endpoint", HttpStatusCode.OK, form);
        JsonObject described = await bed.PostAsync(
            null,
            "introspection_endpoint",
            HttpStatusCode.OK,
            [("token", (string)tokens["access_token"]!), .. web]
        );

        Assert.That((string?)refused["error"], Is.EqualTo("invalid_request"));
        Assert.That((string?)described["cnf"]!["x5t#S256"], Is.EqualTo(Thumbprint(certificate)));
    }

    [Test, Description("RFC 8705 §3: a resource server without TLS cannot request certificates")]
    public async Task Client_certificates_require_TLS()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(
            () => bed.Server.StartResourceServerAsync(options => options.RequestClientCertificates = true),
            Throws.ArgumentException.With.Message.Contains("UseTls")
        );
    }

    [Test, Description("RFC 8705 §3.4, RFC 9449 §5.2: the tokens of a client are bound to a key or to a certificate")]
    public async Task Client_cannot_require_both_bindings()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TestClient client = new()
        {
            ClientId = "web",
            RequireDPoP = true,
            RequireCertificateBoundTokens = true,
        };

        Assert.That(() => bed.Server.AddClient(client), Throws.ArgumentException.With.Message.Contains("RequireCertificateBoundTokens"));
    }

    private static string Thumbprint(X509Certificate2 certificate) => Base64Url.EncodeToString(SHA256.HashData(certificate.RawData));
}
