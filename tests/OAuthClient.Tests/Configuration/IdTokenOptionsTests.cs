using static OAuthClient.Tests.OAuthClientOptionsValidatorTests;

namespace OAuthClient.Tests;

/// <summary>Tests the validation of the options for ID Tokens: algorithms, keys, issuers and tenants.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class IdTokenOptionsTests
{
    [TestCase("none")]
    [TestCase("HS1")]
    [TestCase("rs256")]
    [TestCase("ES256K")]
    [TestCase("")]
    [Description("RFC 8725 §3.1: an algorithm that is not supported cannot be allowed")]
    public void An_unsupported_algorithm_is_reported(string algorithm) =>
        Assert.That(
            Failures(o => o.IdTokenSigningAlgorithms = ["RS256", algorithm]),
            Has.One.Contains($"IdTokenSigningAlgorithms holds '{algorithm}'; these are supported: RS256, RS384")
        );

    [TestCase("HS256", 31, false)]
    [TestCase("HS256", 32, true)]
    [TestCase("HS384", 47, false)]
    [TestCase("HS384", 48, true)]
    [TestCase("HS512", 63, false)]
    [TestCase("HS512", 64, true)]
    [Description("RFC 7518 §3.2, OpenID Connect Core §16.19: a client secret used as a key is at least as long as the hash")]
    public void A_client_secret_used_as_a_key_has_a_minimum_length(string algorithm, int length, bool isValid)
    {
        var failures = Failures(o => (o.IdTokenSigningAlgorithms, o.ClientSecret) = (["RS256", algorithm], new string('s', length)));
        Assert.That(
            failures,
            isValid ? Is.Empty : Has.One.Contains($"holds {algorithm}").And.One.Contains("ClientSecret must have at least")
        );
        Assert.That(
            Failures(o => o.IdTokenSigningAlgorithms = [algorithm]),
            Has.One.Contains("ClientSecret must have at least"),
            "a missing secret is no key"
        );
    }

    [TestCase("https://login.example.com/{tenantid}/v2.0", true)]
    [TestCase("https://login.example.com/{tenantid}", true)]
    [TestCase("https://{tenantid}.example.com/", false)]
    [TestCase("https://login.example.com/a{tenantid}/", false)]
    [TestCase("https://login.example.com/{tenantid}b/", false)]
    [TestCase("https://login.example.com/{tenantid}/{tenantid}", false)]
    [TestCase("https://login.example.com/{tenant}", false)]
    [TestCase("https://login.example.com/", false)]
    [TestCase("https://login.example.com/?a=/{tenantid}", false)]
    [TestCase("http://login.example.com/{tenantid}", false)]
    [TestCase("{tenantid}", false)]
    [TestCase("", false)]
    [Description("OpenID Connect Core §3.1.3.7 (2): the tenant of an issuer template is one segment of its path")]
    public void An_invalid_issuer_template_is_reported(string template, bool isValid) =>
        Assert.That(
            Failures(o => o.IssuerTemplate = template),
            isValid ? Is.Empty : Has.One.Contains("IssuerTemplate must be an https address with {tenantid}")
        );

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (2): tenants require IssuerTemplate and Issuer and have a limited syntax")]
    public void Invalid_tenant_options_are_reported()
    {
        const string Template = "https://login.example.com/{tenantid}";
        Assert.That(Failures(o => (o.IssuerTemplate, o.AllowedTenants) = (Template, ["one", "two.example"])), Is.Empty);
        Assert.That(Failures(o => o.AllowedTenants = ["one"]), Has.One.Contains("no effect without IssuerTemplate"));
        Assert.That(
            Failures(o => (o.IssuerTemplate, o.AllowedTenants) = (Template, ["a/b"])),
            Has.One.Contains("'a/b', which is no tenant")
        );
        Assert.That(Failures(o => (o.IssuerTemplate, o.AllowedTenants) = (Template, null!)), Has.One.Contains("AllowedTenants is null"));
        Assert.That(Failures(o => o.Issuer = new(Template)), Has.One.Contains("Issuer holds a brace"));
        Assert.That(
            Failures(o => (o.IssuerTemplate, o.Issuer, o.TokenEndpoint) = (Template, null, new("https://login.example.com/token"))),
            Has.One.Contains("IssuerTemplate needs Issuer")
        );
    }

    [Test]
    [Description("RFC 7517, RFC 7468: an invalid decryption key is reported by its index without its value")]
    public void An_invalid_decryption_key_is_reported()
    {
        Assert.That(Failures(o => o.DecryptionKeys = [DecryptionKeyTexts.Pem, DecryptionKeyTexts.Jwk(DecryptionKeyTexts.Rsa)]), Is.Empty);
        var failures = Failures(o => o.DecryptionKeys = [DecryptionKeyTexts.Pem, "canary", "", null!]);
        Assert.That(failures, Has.Count.EqualTo(3).And.None.Contains("canary"));
        Assert.That(
            failures,
            Has.One.Contains("DecryptionKeys[1] is neither")
                .And.One.Contains("DecryptionKeys[2] is empty")
                .And.One.Contains("DecryptionKeys[3] is empty")
        );
        Assert.That(Failures(o => o.DecryptionKeys = null!), Has.One.Contains("DecryptionKeys is null"));
    }

    [TestCase("keys/client.pem")]
    [TestCase("/run/secrets/canary")]
    [TestCase("~/canary")]
    [TestCase("./canary")]
    [TestCase("C:\\keys\\client.key")]
    [Description("The path of a key in place of its content is reported as such, without its value")]
    public void The_path_of_a_key_is_reported(string path)
    {
        const string Advice = "is the path of a file; set the content of the file, not its path.";
        Assert.That(Failures(o => o.DecryptionKeys = [path]), Has.One.EndsWith($"DecryptionKeys[0] {Advice}").And.None.Contains(path));
        Assert.That(
            Failures(o => o.ClientAssertion.PrivateKey = path),
            Has.One.EndsWith($"ClientAssertion.PrivateKey: The key {Advice}").And.None.Contains(path)
        );
    }

    [Test]
    [Description("OpenID Connect Core §10.1: JwksUri is not required when only the client secret is used as a key")]
    public void A_client_secret_used_as_a_key_needs_no_JwksUri() =>
        Assert.That(
            Failures(o =>
            {
                o.TokenEndpoint = new("https://server.example.com/token");
                o.Scopes = ["openid"];
                (o.IdTokenSigningAlgorithms, o.ClientSecret) = (["HS256"], new string('s', 32));
            }),
            Is.Empty
        );

    [Test]
    [Description("OpenID Connect Core §3.1.3.7: the scope openid requires Issuer and keys to validate the ID Token")]
    public void Openid_with_configured_endpoints_needs_issuer_and_keys()
    {
        IReadOnlyList<string> ConfiguredMetadata(bool issuer, bool keys, string scope = "openid") =>
            Failures(o =>
            {
                o.Issuer = issuer ? o.Issuer : null;
                o.TokenEndpoint = new("https://server.example.com/token");
                o.JwksUri = keys ? new("https://server.example.com/jwks") : null;
                o.Scopes = [scope];
            });

        Assert.That(ConfiguredMetadata(true, true), Is.Empty);
        Assert.That(ConfiguredMetadata(false, false, "profile"), Is.Empty);
        Assert.That(ConfiguredMetadata(true, false), Has.One.Contains("set Issuer and JwksUri too"));
        Assert.That(ConfiguredMetadata(false, true), Has.One.Contains("set Issuer and JwksUri too"));
        Assert.That(ConfiguredMetadata(false, false), Has.One.Contains("set Issuer and JwksUri too"));
        Assert.That(Failures(o => o.Scopes = ["openid"]), Is.Empty, "discovery provides them");
    }
}
