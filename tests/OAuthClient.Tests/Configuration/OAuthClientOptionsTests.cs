using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests the defaults of the options and the configuration that is created from them.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OAuthClientOptionsTests
{
    private const string Canary = "canary-5e0c1";

    [Test]
    [Description("RFC 6819 §4.1.6: the client secret appears in no text, JSON or debugger view of the options")]
    public void Options_expose_no_secret()
    {
        var options = SampleConfiguration.Options(o => o.ClientSecret = Canary);

        Assert.That(((object)options).ToString(), Does.Not.Contain(Canary));
        Assert.That(() => JsonSerializer.Serialize(options), Throws.InstanceOf<NotSupportedException>());
        Assert.That(() => JsonSerializer.Serialize(new { Settings = options }), Throws.InstanceOf<NotSupportedException>());
        Assert.That(() => JsonSerializer.Serialize(new object[] { options }), Throws.InstanceOf<NotSupportedException>());
        Assert.That(() => JsonSerializer.Deserialize<OAuthClientOptions>("{}"), Throws.InstanceOf<NotSupportedException>());
        Assert.That(typeof(OAuthClientOptions).GetCustomAttribute<DebuggerDisplayAttribute>()!.Value, Does.Not.Contain("Secret"));
        Assert.That(
            typeof(OAuthClientOptions)
                .GetProperty(nameof(OAuthClientOptions.ClientSecret))!
                .GetCustomAttribute<DebuggerBrowsableAttribute>()!
                .State,
            Is.EqualTo(DebuggerBrowsableState.Never)
        );
    }

    [Test]
    [Description("RFC 9700 §2: the defaults are secure")]
    public void Defaults_are_secure()
    {
        var options = new OAuthClientOptions();

        Assert.Multiple(() =>
        {
            Assert.That(options.DangerouslyAllowHttpOnLoopback, Is.False);
            Assert.That(options.ClientId, Is.Empty);
            Assert.That(options.ClientSecret, Is.Null);
            Assert.That(options.ClientAuthentication, Is.Null);
            Assert.That(options.Scopes, Is.Empty);
            Assert.That(options.Resources, Is.Empty);
            Assert.That(options.ResponseMode, Is.Null);
            Assert.That(options.PendingAuthorizationLifetime, Is.EqualTo(TimeSpan.FromMinutes(10)));
            Assert.That(options.DefaultAccessTokenLifetime, Is.EqualTo(TimeSpan.FromHours(1)));
            Assert.That(options.BackChannelDeadline, Is.EqualTo(TimeSpan.FromSeconds(30)));
        });
        Assert.That(
            SampleConfiguration.Create().Algorithms.IdToken,
            Is.EqualTo(["RS256"]),
            "OpenID Connect Core §3.1.3.7 (7): RS256 unless another algorithm is registered"
        );
    }

    [Test]
    [Description("A configuration is a snapshot: later changes of the options object do not affect it")]
    public void A_configuration_is_a_snapshot()
    {
        var options = SampleConfiguration.Options(o =>
        {
            o.Scopes = new List<string> { "a", "a", "b" };
            o.ClientSecret = "secret";
            o.IdTokenSigningAlgorithms = new List<string> { "ES256" };
            o.Resources = new List<Uri> { new("https://api.example.com") };
        });
        var configuration = new ClientConfiguration("photos", options);
        options.Scopes.Add("c");
        options.Resources.Clear();
        options.IdTokenSigningAlgorithms.Add("RS256");
        options.ClientSecret = "other";
        options.ClientId = "other";

        Assert.Multiple(() =>
        {
            Assert.That(configuration.Scopes, Is.EqualTo(["a", "b"]));
            Assert.That(configuration.Resources, Is.EqualTo(["https://api.example.com"]));
            Assert.That(configuration.Algorithms.IdToken, Is.EqualTo(["ES256"]));
            Assert.That(configuration.ClientSecret!.Reveal(), Is.EqualTo("secret"));
            Assert.That(configuration.ClientId, Is.EqualTo("client-id"));
        });
    }

    [Test]
    [Description("RFC 8414: discovery is used unless TokenEndpoint is set")]
    public void Discovery_is_used_unless_the_token_endpoint_is_set()
    {
        Assert.That(SampleConfiguration.Create().UsesDiscovery, Is.True);
        Assert.That(SampleConfiguration.Create(o => o.AuthorizationEndpoint = new("https://s.example.com/a")).UsesDiscovery, Is.True);
        Assert.That(SampleConfiguration.Create(o => o.TokenEndpoint = new("https://s.example.com/t")).UsesDiscovery, Is.False);
        Assert.That(
            SampleConfiguration
                .Create(o =>
                {
                    o.Issuer = null;
                    o.TokenEndpoint = new("https://s.example.com/t");
                })
                .UsesDiscovery,
            Is.False
        );
    }

    [Test]
    [Description("RFC 9207, RFC 8414 §3.3: the issuer is not normalized")]
    public void The_issuer_is_not_normalized() =>
        Assert.That(
            SampleConfiguration.Create(o => o.Issuer = new("https://Server.Example.com:443/a/")).ConfiguredMetadata.Issuer,
            Is.EqualTo("https://Server.Example.com:443/a/")
        );

    [Test]
    [Description("Messages contain the name of the client")]
    public void Messages_contain_the_client_name()
    {
        Assert.That(SampleConfiguration.Create().DisplayName, Is.EqualTo("the OAuth client 'photos'"));
        Assert.That(SampleConfiguration.Create(name: "").DisplayName, Is.EqualTo("the OAuth client"));
    }
}
