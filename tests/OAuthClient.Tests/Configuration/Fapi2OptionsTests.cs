using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using static OAuthClient.Tests.OAuthClientOptionsValidatorTests;

namespace OAuthClient.Tests;

/// <summary>
/// Tests what the FAPI 2.0 Security Profile sets, and that each option that it forbids is reported at start with the section of the
/// profile.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class Fapi2OptionsTests
{
    private static readonly TestCaseData[] Forbidden =
    [
        Case(
            "§5.3.3.1",
            "allows PrivateKeyJwt and TlsClientAuth; set",
            o => o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretBasic
        ),
        Case(
            "§5.3.3.1",
            "allows PrivateKeyJwt and TlsClientAuth; set",
            o => o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretJwt
        ),
        Case("§5.3.3.1", "allows PrivateKeyJwt and TlsClientAuth; set", o => o.ClientAuthentication = ClientAuthenticationMethod.None),
        Case("§5.3.3.1", "remove ClientSecret", o => o.ClientSecret = "secret-value"),
        Case("§5.3.3.1", "remove ClientSecret", o => o.ClientSecretProvider = _ => new(new ClientSecret("secret-value"))),
        Case("§5.3.3.1", "set ClientAssertion.PrivateKey", o => o.ClientAssertion.PrivateKey = null),
        Case("§5.3.3.1", "requires the issuer", o => o.ClientAssertion.Audience = ClientAssertionAudience.TokenEndpoint),
        Case("§5.3.3.1", "requires the issuer", o => o.ClientAssertion.Audience = ClientAssertionAudience.RequestedEndpoint),
        Case(
            "§5.3.3.1",
            "UseClientAssertion is called",
            o => (o.ClientAssertion.PrivateKey, o.ClientAssertionProvider) = (null, _ => new("assertion"))
        ),
        Case(
            "§5.4.1",
            "signs with ES384",
            o => o.ClientAssertion.PrivateKey = AssertionHost.Pem(ECDsa.Create(ECCurve.NamedCurves.nistP384))
        ),
        Case(
            "§5.4.1",
            "signs with RS256",
            o => (o.ClientAssertion.PrivateKey, o.ClientAssertion.Algorithm) = (AssertionHost.Pem(RSA.Create(2048)), "RS256")
        ),
        Case("§5.3.3.1", "MetadataAddress is set", o => o.MetadataAddress = new("https://server.example.com/metadata")),
        Case("§5.3.3.1", "IssuerTemplate is set", o => o.IssuerTemplate = "https://server.example.com/{tenantid}"),
        Case("§5.2.1", "requires TLS", o => o.DangerouslyAllowHttpInTrustedNetwork = [new("http://keycloak:8080")]),
        Case("§5.3.3.2", "PushedAuthorization is Never", o => o.PushedAuthorization = PushedAuthorizationUse.Never),
        Case("§5.3.3.2", "PushedAuthorization is WhenOffered", o => o.PushedAuthorization = PushedAuthorizationUse.WhenOffered),
        Case("§5.3.3.2", "DangerouslyDisablePkce is set", o => o.Adaptation.DangerouslyDisablePkce = true),
        Case("§5.3.2.3", "DangerouslyAcceptMissingNonce is set", o => o.Adaptation.DangerouslyAcceptMissingNonce = true),
        Case("§5.3.3.2", "DangerouslyAllowCodeInjection is set", o => o.Adaptation.DangerouslyAllowCodeInjection = true),
        Case("§5.4.1", "IdTokenSigningAlgorithms holds 'RS256'", o => o.IdTokenSigningAlgorithms = ["PS256", "RS256"]),
        Case("§5.4.1", "UserInfoSigningAlgorithms holds 'ES384'", o => o.UserInfoSigningAlgorithms = ["ES384"]),
        Case("§5.4.1", "IntrospectionSigningAlgorithms holds 'PS512'", o => o.IntrospectionSigningAlgorithms = ["PS512"]),
        Case("§5.4.1", "LogoutTokenSigningAlgorithms holds 'RS256'", o => o.LogoutTokenSigningAlgorithms = ["RS256"]),
    ];

    [TestCaseSource(nameof(Forbidden))]
    [Description("A value that the profile forbids is an error and is not overwritten; the message names the section and what to write")]
    public void A_forbidden_value_is_reported(string section, string sentence, Action<OAuthClientOptions> change) =>
        Assert.That(
            Failures(o =>
            {
                Conform(o);
                change(o);
            }),
            Has.One.Contains(sentence).And.One.Contains($"FAPI 2.0 Security Profile {section}").And.None.Contains("secret-value")
        );

    [TestCase("AuthorizationEndpoint")]
    [TestCase("TokenEndpoint")]
    [TestCase("PushedAuthorizationRequestEndpoint")]
    [TestCase("UserInfoEndpoint")]
    [TestCase("JwksUri")]
    [Description("§5.3.3.1: only metadata that the server publishes are used, so no option overrides an endpoint")]
    public void A_configured_endpoint_is_reported(string name) =>
        Assert.That(
            Failures(o =>
            {
                Conform(o);
                typeof(OAuthClientOptions).GetProperty(name)!.SetValue(o, new Uri("https://server.example.com/endpoint"));
            }),
            Has.One.Contains($"{name} is set, and FAPI 2.0 Security Profile §5.3.3.1").And.One.Contains("remove it, and set Issuer")
        );

    [Test]
    [Description("§5.3.3.1: a key, a signer or a certificate is sufficient; loopback http remains possible for tests")]
    public void A_conforming_client_is_valid([Values("key", "signer", "certificate")] string credential) =>
        Assert.That(
            Failures(o =>
            {
                Conform(o);
                o.DangerouslyAllowHttpOnLoopback = true;
                o.PushedAuthorization = PushedAuthorizationUse.Always;
                o.IdTokenSigningAlgorithms = ["ES256"];
                if (credential == "key")
                    return;
                o.ClientAssertion.PrivateKey = null;
                if (credential == "signer")
                    o.ClientSigner = SigningKey.Create;
                else
                    o.ClientCertificate = () => null!;
            }),
            Is.Empty
        );

    [Test]
    [Description("The property is bound from configuration")]
    public void It_is_read_from_configuration()
    {
        ServiceCollection services = new();
        Dictionary<string, string?> values = new()
        {
            ["Issuer"] = SampleConfiguration.Issuer,
            ["ClientId"] = "client-id",
            ["Fapi2"] = "true",
        };
        services.AddOAuthClient("bank", new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        using var provider = services.BuildServiceProvider();
        Assert.That(
            () => provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get("bank"),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("FAPI 2.0 Security Profile §5.3.3.1")
        );
    }

    [Test]
    [Description("§5.3.3.1, §5.3.3.2: pushed requests and DPoP; a certificate binds the tokens in place of a DPoP key")]
    public void It_sets_pushed_requests_and_bound_tokens([Values] bool certificate)
    {
        var client = SampleConfiguration.Create(o =>
        {
            Conform(o);
            if (certificate)
                o.ClientCertificate = () => null!;
        });
        Assert.That(client.PushedAuthorization, Is.EqualTo(PushedAuthorizationUse.Always));
        Assert.That(client.DPoP.IsEnabled, Is.EqualTo(!certificate));
    }

    [Test]
    [Description("RFC 9449: a key for each grant needs no DPoP.Enabled where the profile enables DPoP")]
    public void A_key_for_each_grant_is_possible() =>
        Assert.That(
            Failures(o =>
            {
                Conform(o);
                o.DPoP.KeyPerGrant = true;
            }),
            Is.Empty
        );

    [Test]
    [Description("§5.4.1: without a list, the algorithms of the profile are accepted, for each kind of JWT; Ed25519 with its package")]
    public void It_sets_the_accepted_algorithms() =>
        Assert.That(
            new[] { JwtType.IdToken, JwtType.UserInfo, JwtType.Introspection, JwtType.LogoutToken, JwtType.AuthorizationResponse }.Select(
                SampleConfiguration.Create(Conform).Algorithms.Of
            ),
            Is.All.EqualTo(new[] { "PS256", "ES256" })
        );

    internal static void Conform(OAuthClientOptions o)
    {
        o.UseFapi2();
        o.ClientAssertion.PrivateKey = AssertionHost.EcPem;
    }

    private static TestCaseData Case(string section, string sentence, Action<OAuthClientOptions> change) =>
        new TestCaseData(section, sentence, change).SetArgDisplayNames(section, sentence);
}
