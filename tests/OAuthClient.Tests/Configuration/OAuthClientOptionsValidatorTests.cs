using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Tests that invalid options are reported at start with a message that says what to change.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OAuthClientOptionsValidatorTests
{
    internal static readonly string[] EndpointNames =
    [
        "Issuer",
        "AuthorizationEndpoint",
        "TokenEndpoint",
        "RevocationEndpoint",
        "IntrospectionEndpoint",
        "RegistrationEndpoint",
        "UserInfoEndpoint",
        "JwksUri",
        "EndSessionEndpoint",
    ];

    [Test]
    [Description("RFC 6749 §2.2, RFC 8414: ClientId with Issuer, or with TokenEndpoint, is sufficient")]
    public void The_minimal_options_are_valid()
    {
        Assert.That(Failures(o => o.RedirectUri = null), Is.Empty);
        Assert.That(
            Failures(o =>
            {
                o.Issuer = null;
                o.RedirectUri = null;
                o.TokenEndpoint = new("https://server.example.com/token");
            }),
            Is.Empty
        );
    }

    [Test]
    [Description("Options with every property set are valid")]
    public void The_complete_options_are_valid() =>
        Assert.That(
            Failures(o =>
            {
                o.Issuer = new("https://server.example.com/tenant");
                foreach (string name in EndpointNames.Skip(1))
                    SetEndpoint(o, name, $"https://server.example.com:8443/{name}?a=b");
                o.ClientSecret = "secret";
                o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretPost;
                o.RedirectUri = new("https://client.example.com/callback?a=b");
                o.Scopes = ["openid", "https://api.example.com/.default"];
                o.Resources = [new("https://api.example.com/a?b=c"), new("urn:example:api")];
                o.AuthorizationDetails = """[{"type":"payment"}]""";
                o.ResponseMode = "form_post";
                o.IdTokenSigningAlgorithms = [.. SignatureAlgorithms.Asymmetric];
                o.PendingAuthorizationLifetime = TimeSpan.FromHours(1);
                o.DefaultAccessTokenLifetime = TimeSpan.FromDays(365);
                o.BackChannelDeadline = TimeSpan.FromMinutes(5);
                o.DangerouslyAllowHttpOnLoopback = true;
            }),
            Is.Empty
        );

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" ")]
    [Description("RFC 6749 §2.2: ClientId is required")]
    public void A_missing_client_id_is_reported(string? clientId) =>
        Assert.That(
            Failures(o => o.ClientId = clientId!),
            Is.EqualTo(["OAuth client 'photos': set ClientId to the identifier that the server issued to this client."])
        );

    [TestCase("")]
    [TestCase(" ")]
    [Description("RFC 6749 §2.3.1: an empty secret is an error and does not make the client public")]
    public void An_empty_secret_is_reported(string secret) =>
        Assert.That(
            Failures(o => o.ClientSecret = secret),
            Has.One.EqualTo("OAuth client 'photos': ClientSecret is empty; set the secret, or leave it null for a public client.")
        );

    [TestCase(ClientAuthenticationMethod.ClientSecretBasic)]
    [TestCase(ClientAuthenticationMethod.ClientSecretPost)]
    [Description("RFC 6749 §2.3: a method with a secret requires ClientSecret")]
    public void A_method_without_its_secret_is_reported(ClientAuthenticationMethod method)
    {
        Assert.That(
            Failures(o => o.ClientAuthentication = method),
            Has.One.Contains($"ClientAuthentication is {method}, which needs a ClientSecret").And.One.Contains("None for a public client")
        );
        Assert.That(
            Failures(o =>
            {
                o.ClientAuthentication = method;
                o.ClientSecret = "secret";
            }),
            Is.Empty
        );
    }

    [Test]
    [Description("RFC 8705 §2, RFC 6749 §2.3: TLS client authentication requires a certificate and excludes ClientSecret")]
    public void A_missing_certificate_is_reported()
    {
        Assert.That(
            Failures(o => o.ClientAuthentication = ClientAuthenticationMethod.TlsClientAuth),
            Has.One.Contains("UseClientCertificate")
        );
        Assert.That(
            Failures(o =>
            {
                o.ClientAuthentication = ClientAuthenticationMethod.TlsClientAuth;
                o.ClientCertificate = () => null!;
            }),
            Is.Empty
        );
        Assert.That(
            Failures(o =>
            {
                o.ClientAuthentication = ClientAuthenticationMethod.TlsClientAuth;
                o.ClientCertificate = () => null!;
                o.ClientSecret = "secret-value";
            }),
            Has.One.Contains("ClientSecret, which would never be sent").And.None.Contains("secret-value")
        );
    }

    [Test]
    [Description("RFC 6749 §2.3: a secret that is never sent is an error")]
    public void A_secret_without_a_method_is_reported()
    {
        Assert.That(
            Failures(o =>
            {
                o.ClientAuthentication = ClientAuthenticationMethod.None;
                o.ClientSecret = "secret-value";
            }),
            Has.One.Contains("None but there is a ClientSecret").And.None.Contains("secret-value")
        );
        Assert.That(Failures(o => o.ClientAuthentication = ClientAuthenticationMethod.None), Is.Empty);
        Assert.That(
            Failures(o =>
            {
                o.ClientAuthentication = (ClientAuthenticationMethod)7;
                o.ClientSecret = "secret-value";
            }),
            Has.One.Contains("must be one of None, ClientSecretBasic, ClientSecretPost, TlsClientAuth")
        );
    }

    [TestCase("openid profile")]
    [TestCase("")]
    [TestCase("a\"b")]
    [TestCase("a\\b")]
    [TestCase("\u00fc")]
    [Description("RFC 6749 §3.3: each scope is a separate item")]
    public void An_invalid_scope_is_reported(string scope) =>
        Assert.That(
            Failures(o => o.Scopes = ["good", scope]),
            Has.One.Contains($"the scope '{scope}' holds a space").And.One.Contains("item of its own")
        );

    [TestCase("", "The text is not JSON")]
    [TestCase("[]", "The array is empty")]
    [TestCase("""{"type":"payment"}""", "The JSON is an object and not an array")]
    [Description("RFC 9396 §2: authorization details that no server could read are reported at start")]
    public void Malformed_authorization_details_are_reported(string details, string reason) =>
        Assert.That(
            Failures(o => o.AuthorizationDetails = details),
            Has.One.Contains($"AuthorizationDetails cannot be sent. {reason}").And.One.Contains("(RFC 9396 §2)")
        );

    [Test]
    [Description("A null from the configuration binder is reported and causes no NullReferenceException")]
    public void A_null_is_reported()
    {
        Assert.That(Failures(o => o.Scopes = ["good", null!]), Has.One.Contains("Scopes holds a null"));
        Assert.That(Failures(o => o.Scopes = null!), Has.One.Contains("Scopes is null"));
        Assert.That(Failures(o => o.Resources = [null!]), Has.One.Contains("the resource ''"));
        Assert.That(Failures(o => o.Resources = null!), Has.One.Contains("Resources is null"));
        Assert.That(Failures(o => o.IdTokenSigningAlgorithms = [null!]), Has.One.Contains("IdTokenSigningAlgorithms holds ''"));
        Assert.That(Failures(o => o.IdTokenSigningAlgorithms = null!), Has.One.Contains("IdTokenSigningAlgorithms is null"));
    }

    [TestCase("/a")]
    [TestCase("a")]
    [TestCase("https://api.example.com#x")]
    [TestCase("https://api.example.com/#")]
    [Description("RFC 8707 §2: a resource is an absolute URI without a fragment")]
    public void An_invalid_resource_is_reported(string resource) =>
        Assert.That(
            Failures(o => o.Resources = [new("https://good.example.com"), new(resource, UriKind.RelativeOrAbsolute)]),
            Has.One.EqualTo(
                $"OAuth client 'photos': the resource '{new Uri(resource, UriKind.RelativeOrAbsolute)}' "
                    + "must be an absolute URI without a fragment (RFC 8707 §2)."
            )
        );

    [Test]
    [Description("All errors are reported at once, each with the name of the client")]
    public void All_errors_are_reported_at_once()
    {
        var failures = Failures(o =>
        {
            o.ClientId = "";
            o.Issuer = null;
            o.BackChannelDeadline = TimeSpan.Zero;
        });

        Assert.That(failures, Has.Count.EqualTo(3).And.All.StartsWith("OAuth client 'photos': "));
        Assert.That(Failures(o => o.ClientId = "", name: ""), Has.All.StartsWith("OAuth client: "));
    }

    [Test]
    [Description("An unregistered name throws with the call to add")]
    public void An_unregistered_name_is_reported()
    {
        var services = new ServiceCollection();
        services.AddOAuthClient("photos", o => o.ClientId = "a");
        using var provider = services.BuildServiceProvider();

        Assert.That(
            () => provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get("photo"),
            Throws
                .InstanceOf<OptionsValidationException>()
                .With.Message.EqualTo("There is no OAuth client 'photo': register it with AddOAuthClient(\"photo\", …).")
        );
    }

    internal static List<string> Failures(Action<OAuthClientOptions> change, string name = "photos")
    {
        var services = new ServiceCollection();
        services.AddOAuthClient(
            name,
            o =>
            {
                o.Issuer = new(SampleConfiguration.Issuer);
                o.ClientId = "client-id";
                o.RedirectUri = new(SampleConfiguration.Callback);
                change(o);
            }
        );
        using var provider = services.BuildServiceProvider();
        try
        {
            provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get(name);
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return [.. exception.Failures];
        }
    }

    internal static void SetEndpoint(OAuthClientOptions options, string name, string address) =>
        typeof(OAuthClientOptions).GetProperty(name)!.SetValue(options, new Uri(address, UriKind.RelativeOrAbsolute));
}
