using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests the client authentication and the binding of tokens that the FAPI 2.0 Security Profile allows (§5.3.3.1).</summary>
public sealed class Fapi2ClientTests
{
    private static readonly string RsaKey = RSA.Create(2048).ExportPkcs8PrivateKeyPem();

    [Test]
    [Description("§5.4.1: an RSA key signs assertions with PS256")]
    public async Task RSA_key()
    {
        await using var party = await Fapi2Party.StartAsync(o => o.ClientAssertion.PrivateKey = RsaKey, Fapi2Party.Registered(RsaKey));
        await party.AcceptsLoginAsync();
        var token = party.Server.RequestsTo(TestEndpoint.Token).Single();
        Assert.That(Fapi2Party.Read(token.Form["client_assertion"], 0).GetProperty("alg").GetString(), Is.EqualTo("PS256"));
    }

    [Test]
    [Description("§5.4.1: the application's signers for assertions and proofs")]
    public async Task Signers()
    {
        var (assertions, proofs) = (SigningKey.Parse(Fapi2Party.Key), SigningKey.Create());
        await using var party = await Fapi2Party.StartAsync(
            o => o.ClientAssertion.PrivateKey = null,
            register: builder => builder.UseClientSigner(_ => assertions).UseDPoPSigner(_ => proofs)
        );
        await party.AcceptsLoginAsync();
    }

    [Test]
    [Description("§5.4.1: a signer with RS256 sends nothing")]
    public async Task Signer_with_another_algorithm()
    {
        var signer = SigningKey.Parse(RsaKey, "RS256");
        await using var party = await Fapi2Party.StartAsync(
            o => o.ClientAssertion.PrivateKey = null,
            Fapi2Party.Registered(RsaKey),
            register: builder => builder.UseClientSigner(_ => signer)
        );
        Assert.That(async () => await party.SignInAsync(), Throws.InvalidOperationException.With.Message.Contains("§5.4.1"));
        await party.RequireLastCallAsync(TestEndpoint.Metadata);
    }

    [Test]
    [Description(
        "§5.3.3.1, RFC 8705 §2, §3, §5: the client authenticates by its certificate at the aliases of the endpoints; the tokens are bound "
            + "to it, also after a refresh, and are refused without it"
    )]
    public async Task Certificate()
    {
        X509Certificate2? certificate = null;
        TestClient registered = new()
        {
            ClientId = RelyingParty.Name,
            RedirectUris = { RelyingParty.Callback },
            AuthenticationMethod = "tls_client_auth",
            CertificateSubject = "CN=conformance",
        };
        await using var party = await StartWithCertificateAsync(registered, o => o.ClientAssertion.PrivateKey = null, () => certificate!);
        certificate = party.Server.IssueClientCertificate("CN=conformance");
        await AcceptsCertificateBoundLoginAsync(party, certificate);
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token)[0].Form, Does.Not.ContainKey("client_assertion"));
    }

    [Test]
    [Description("§5.3.3.1, RFC 8705 §3: private_key_jwt, and a certificate that only binds the tokens")]
    public async Task Key_and_certificate()
    {
        X509Certificate2? certificate = null;
        await using var party = await StartWithCertificateAsync(
            Fapi2Party.Registered(Fapi2Party.Key),
            o => o.ClientAuthentication = ClientAuthenticationMethod.PrivateKeyJwt,
            () => certificate!
        );
        certificate = party.Server.IssueClientCertificate("CN=conformance");
        await AcceptsCertificateBoundLoginAsync(party, certificate);
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token)[0].Form, Contains.Key("client_assertion"));
    }

    private static Task<RelyingParty> StartWithCertificateAsync(
        TestClient registered,
        Action<OAuthClientOptions> options,
        Func<X509Certificate2> certificate
    ) => Fapi2Party.StartAsync(options, registered, o => o.UseTls = true, builder => builder.UseClientCertificate(_ => certificate()));

    private static async Task AcceptsCertificateBoundLoginAsync(RelyingParty party, X509Certificate2 certificate)
    {
        var grant = await party.SignInAsync();
        Assert.That(grant.AccessToken!.TokenType, Is.EqualTo("Bearer"), "no DPoP beside a certificate");
        await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly();
        party.Clock.Advance(TimeSpan.FromHours(2));
        await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly();
        foreach (var endpoint in new[] { TestEndpoint.PushedAuthorization, TestEndpoint.Token, TestEndpoint.UserInfo })
            Assert.That(
                party.Server.RequestsTo(endpoint).Select(request => request.ClientCertificate?.Thumbprint),
                Is.Not.Empty.And.All.EqualTo(certificate.Thumbprint)
            );
        Assert.That(
            async () => await party.CallApiAsync(),
            Throws.TypeOf<HttpRequestException>().With.Property("StatusCode").EqualTo(HttpStatusCode.Unauthorized),
            "an API that receives the token without the certificate"
        );
    }
}
