using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests secrets in assertions, secrets that change, assertions of the platform, and wrong options.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ClientSecretProviderTests
{
    private const string Secret = "a-client-secret-of-more-than-32-bytes";

    private static readonly string EcPem = AssertionHost.EcPem;

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
            await using var host = await AssertionHost.StartAsync(
                _ => { },
                AssertionHost.KeySet(EcPem),
                register: builder => builder.UseClientAssertionFile(path)
            );
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
        var claims = AssertionHost.Part(request.Form["client_secret"], 1);
        Assert.That(AssertionHost.Part(request.Form["client_secret"], 0).GetProperty("kid").GetString(), Is.EqualTo("KEY1"));
        Assert.That(claims.GetProperty("iss").GetString(), Is.EqualTo("TEAM1"));
        Assert.That(claims.GetProperty("sub").GetString(), Is.EqualTo(OAuthTestHost.ClientName));
        Assert.That(claims.GetProperty("aud").GetString(), Is.EqualTo("https://id.example.com"));
    }

    private static IEnumerable<TestCaseData> WrongOptions()
    {
        yield return Wrong("no key", o => o.ClientAuthentication = ClientAuthenticationMethod.PrivateKeyJwt, "there is no key");
        yield return Wrong("no PEM", o => o.ClientAssertion.PrivateKey = "secret-text", "neither a private RSA or EC key as PEM");
        yield return Wrong(
            "public key",
            o => o.ClientAssertion.PrivateKey = AssertionHost.PublicPem(),
            "neither a private RSA or EC key as PEM"
        );
        yield return Wrong(
            "algorithm",
            o => (o.ClientAssertion.PrivateKey, o.ClientAssertion.Algorithm) = (EcPem, "PS256"),
            "used with ES256"
        );
        yield return Wrong("weak key", o => o.ClientAssertion.PrivateKey = AssertionHost.Pem(RSA.Create(1024)), "fewer than 2048 bits");
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
}
