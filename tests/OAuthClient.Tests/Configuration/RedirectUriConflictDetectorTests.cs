using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests that clients of different servers cannot share a redirect URI when responses could be mixed up (RFC 9700 §4.4).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RedirectUriConflictDetectorTests
{
    [Test]
    [Description("RFC 9700 §4.4.2.2: without known issuers a shared redirect URI is an error of both clients")]
    public void A_redirect_uri_shared_without_issuers_is_rejected_for_both()
    {
        using var provider = Two(ConfiguredMetadata("https://one.example.com/token"), ConfiguredMetadata("https://two.example.com/token"));

        Assert.That(
            Failure(provider, "one"),
            Does.StartWith("OAuth client 'one': RedirectUri has the same path as that of the OAuth client 'two' at another server")
                .And.Contain("a path of its own")
                .And.Contain("RFC 9700 §4.4")
        );
        Assert.That(
            Failure(provider, "two"),
            Does.StartWith("OAuth client 'two': RedirectUri has the same path as that of the OAuth client 'one' at another server")
        );
    }

    [Test]
    [Description("RFC 9700 §4.4.2.2: each of several redirect URIs is compared")]
    public void Any_shared_redirect_uri_is_rejected()
    {
        using var provider = Two(
            o =>
            {
                ConfiguredMetadata("https://one.example.com/token")(o);
                o.RedirectUri = new("https://client.example.com/one");
                o.RedirectUris = [new("https://www.client.example.com/shared")];
            },
            o =>
            {
                ConfiguredMetadata("https://two.example.com/token")(o);
                o.RedirectUri = null;
                o.RedirectUris = [new("https://client.example.com/two"), new("https://client.example.com/shared")];
            }
        );

        Assert.That(Failure(provider, "one"), Does.Contain("RedirectUri has the same path as that of the OAuth client 'two'"));
        Assert.That(Failure(provider, "two"), Does.Contain("RedirectUri has the same path as that of the OAuth client 'one'"));
    }

    [Test]
    [Description("RFC 9700 §4.4.2.2: one client without a known issuer is sufficient for a mix-up")]
    public void A_redirect_uri_shared_with_one_issuer_is_rejected()
    {
        using var provider = Two(o => o.Issuer = new("https://one.example.com"), ConfiguredMetadata("https://two.example.com/token"));

        Assert.That(Failure(provider, "one"), Does.Contain("set Issuer for both"));
        Assert.That(Failure(provider, "two"), Does.Contain("set Issuer for both"));
    }

    [Test]
    [Description("RFC 9700 §4.4.2.1: iss distinguishes servers whose issuers are known")]
    public void A_redirect_uri_shared_with_both_issuers_is_allowed()
    {
        using var provider = Two(o => o.Issuer = new("https://one.example.com"), o => o.Issuer = new("https://two.example.com"));

        Assert.That(Failure(provider, "one"), Is.Null);
        Assert.That(Failure(provider, "two"), Is.Null);
    }

    [Test]
    [Description("RFC 9700 §4.4: two clients of one server cannot be mixed up")]
    public void A_redirect_uri_shared_at_one_server_is_allowed()
    {
        using var byEndpoint = Two(
            ConfiguredMetadata("https://one.example.com/token"),
            ConfiguredMetadata("https://one.example.com/token")
        );
        using var byIssuer = Two(o => o.Issuer = new("https://one.example.com"), o => o.Issuer = new("https://one.example.com"));

        Assert.That(Failure(byEndpoint, "one"), Is.Null);
        Assert.That(Failure(byIssuer, "one"), Is.Null);
    }

    [TestCase("https://client.example.com/callback", "https://client.example.com/callback", true)]
    [TestCase("https://client.example.com/callback", "https://CLIENT.example.com:443/callback", true)]
    [TestCase("https://client.example.com/callback", "https://client.example.com/Callback", true)]
    [TestCase("https://client.example.com/callback", "https://client.example.com/call%62ack", true)]
    [TestCase("https://client.example.com/callback?server=one", "https://client.example.com/callback?server=two", true)]
    [TestCase("https://client.example.com/callback", "https://client.example.com/callback?server=two", true)]
    [TestCase("https://client.example.com/callback", "https://client.example.com/callback/two", false)]
    [TestCase("https://client.example.com/callback", "https://two.example.com/callback", true)]
    [TestCase("com.example.app:/callback", "com.example.app:/callback", true)]
    [TestCase("com.example.app:/one", "com.example.app:/two", false)]
    [Description(
        "RFC 9700 §4.4.2.2: only the paths of redirect URIs are compared, case-insensitively and decoded, because behind a proxy "
            + "no other part of the callback is reliable"
    )]
    public void Redirect_uris_with_the_same_path_are_the_same(string one, string two, bool same)
    {
        using var provider = Two(
            o =>
            {
                ConfiguredMetadata("https://one.example.com/token")(o);
                o.RedirectUri = new(one);
            },
            o =>
            {
                ConfiguredMetadata("https://two.example.com/token")(o);
                o.RedirectUri = new(two);
            }
        );

        Assert.That(Failure(provider, "one") is not null, Is.EqualTo(same));
        Assert.That(Failure(provider, "two") is not null, Is.EqualTo(same));
    }

    [Test]
    [Description("RFC 6749 §4.4: clients without redirect URI are not compared")]
    public void Clients_without_redirect_uri_are_not_compared()
    {
        static void Without(OAuthClientOptions o)
        {
            o.RedirectUri = null;
            o.TokenEndpoint = new("https://one.example.com/token");
        }

        using var neither = Two(Without, ConfiguredMetadata("https://two.example.com/token"));
        Assert.That(Failure(neither, "one"), Is.Null);
        Assert.That(Failure(neither, "two"), Is.Null);
    }

    [Test]
    [Description("RFC 9700 §4.4: options that another part of the application configures later are compared too")]
    public void Options_configured_elsewhere_are_compared()
    {
        var services = new ServiceCollection();
        services.AddOAuthClient("one", ConfiguredMetadata("https://one.example.com/token"));
        services.AddOAuthClient(
            "two",
            o =>
            {
                ConfiguredMetadata("https://two.example.com/token")(o);
                o.RedirectUri = new("https://client.example.com/other");
            }
        );
        services.PostConfigure<OAuthClientOptions>("two", o => o.RedirectUri = new(SampleConfiguration.Callback));
        using var provider = services.BuildServiceProvider();

        Assert.That(Failure(provider, "one"), Does.Contain("'two'"));
    }

    [Test]
    [Description("RFC 9207 §2, RFC 9700 §4.4: with a shared redirect URI, a login requires a server that sends iss")]
    public async Task A_login_without_iss_is_rejected_when_the_redirect_uri_is_shared()
    {
        await using var withoutIss = await TestAuthorizationServer.StartAsync(o => o.SendIss = false);
        await using var withIss = await TestAuthorizationServer.StartAsync();
        await using var provider = Two(o => Discovered(o, withoutIss), o => Discovered(o, withIss));

        Assert.That(
            async () => await Client(provider, "one").BeginAuthorizationAsync(),
            Throws
                .InstanceOf<OAuthException>()
                .With.Message.Contains("does not name itself in its callbacks (RFC 9207)")
                .And.Message.Contains("Give the OAuth client 'one' a RedirectUri of its own")
                .And.Message.Contains(withoutIss.Issuer.OriginalString)
        );
        Assert.That(async () => await Client(provider, "two").BeginAuthorizationAsync(), Throws.Nothing);
    }

    [Test]
    [Description("RFC 9207 §2: a server need not send iss when no other server uses the redirect URI")]
    public async Task A_login_without_iss_is_allowed_when_the_redirect_uri_is_not_shared()
    {
        await using var withoutIss = await TestAuthorizationServer.StartAsync(o => o.SendIss = false);
        await using var provider = Two(
            o => Discovered(o, withoutIss),
            o =>
            {
                o.Issuer = new("https://two.example.com");
                o.RedirectUri = new("https://client.example.com/other");
            }
        );

        Assert.That(async () => await Client(provider, "one").BeginAuthorizationAsync(), Throws.Nothing);
    }

    [Test]
    [Description("RFC 9700 §4.4.2: with another server configured, the path of the callback is required")]
    public async Task A_login_with_another_server_configured_requires_the_path()
    {
        async Task<bool> RequiresRedirectPathMatch(string other)
        {
            await using var provider = Two(
                ConfiguredMetadata("https://one.example.com/token"),
                o =>
                {
                    ConfiguredMetadata(other)(o);
                    o.RedirectUri = new("https://client.example.com/other");
                }
            );
            return (await Client(provider, "one").BeginAuthorizationAsync()).RequiresRedirectPathMatch;
        }

        Assert.That(await RequiresRedirectPathMatch("https://two.example.com/token"), Is.True);
        Assert.That(await RequiresRedirectPathMatch("https://one.example.com/token"), Is.False, "the same server");
    }

    private static void Discovered(OAuthClientOptions options, TestAuthorizationServer server)
    {
        options.Issuer = server.Issuer;
        options.DangerouslyAllowHttpOnLoopback = true;
    }

    private static IOAuthClient Client(ServiceProvider provider, string name) => provider.GetRequiredKeyedService<IOAuthClient>(name);

    private static Action<OAuthClientOptions> ConfiguredMetadata(string tokenEndpoint) =>
        o =>
        {
            o.AuthorizationEndpoint = new("https://server.example.com/authorize");
            o.TokenEndpoint = new(tokenEndpoint);
            o.RedirectUri = new(SampleConfiguration.Callback);
            o.ClientId = "client-id";
        };

    private static ServiceProvider Two(Action<OAuthClientOptions> one, Action<OAuthClientOptions> two)
    {
        var services = new ServiceCollection();
        foreach (var (name, configure) in new[] { ("one", one), ("two", two) })
        {
            services.AddOAuthClient(
                name,
                o =>
                {
                    o.ClientId = "client-id";
                    o.RedirectUri = new(SampleConfiguration.Callback);
                    configure(o);
                }
            );
        }
        return services.BuildServiceProvider();
    }

    private static string? Failure(ServiceProvider provider, string name)
    {
        try
        {
            provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get(name);
            return null;
        }
        catch (OptionsValidationException exception)
        {
            return exception.Failures.Single();
        }
    }
}
