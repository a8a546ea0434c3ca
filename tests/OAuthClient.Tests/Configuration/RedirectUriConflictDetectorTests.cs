using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Two servers whose answers arrive at one address could be mixed up (RFC 9700 §4.4).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RedirectUriConflictDetectorTests
{
    [Test]
    [Description("RFC 9700 §4.4.2.2: without a known issuer only the redirect URI tells servers apart; both clients are named")]
    public void A_redirect_uri_shared_without_issuers_is_refused_for_both()
    {
        using var provider = Two(ConfiguredMetadata("https://one.example.com/token"), ConfiguredMetadata("https://two.example.com/token"));

        Assert.That(
            Failure(provider, "one"),
            Does.StartWith("OAuth client 'one': RedirectUri has the same path as that of OAuth client 'two' at another server")
                .And.Contain("a path of its own")
                .And.Contain("RFC 9700 §4.4")
        );
        Assert.That(
            Failure(provider, "two"),
            Does.StartWith("OAuth client 'two': RedirectUri has the same path as that of OAuth client 'one' at another server")
        );
    }

    [Test]
    [Description("RFC 9700 §4.4.2.2: one of the two without a known issuer is enough to mix them up")]
    public void A_redirect_uri_shared_with_one_issuer_is_refused()
    {
        using var provider = Two(o => o.Issuer = new("https://one.example.com"), ConfiguredMetadata("https://two.example.com/token"));

        Assert.That(Failure(provider, "one"), Does.Contain("set Issuer for both"));
        Assert.That(Failure(provider, "two"), Does.Contain("set Issuer for both"));
    }

    [Test]
    [Description("RFC 9700 §4.4.2.1: with both issuers known, iss tells them apart")]
    public void A_redirect_uri_shared_with_both_issuers_is_allowed()
    {
        using var provider = Two(o => o.Issuer = new("https://one.example.com"), o => o.Issuer = new("https://two.example.com"));

        Assert.That(Failure(provider, "one"), Is.Null);
        Assert.That(Failure(provider, "two"), Is.Null);
    }

    [Test]
    [Description("RFC 9700 §4.4: two clients at one server cannot be mixed up between servers")]
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
        "RFC 9700 §4.4.2.2: written differently is not different, and neither is another query or host: a callback is held against the redirect URI's path, because behind a proxy no more of it is known for sure"
    )]
    public void Redirect_uris_are_the_same_where_a_callback_could_not_tell(string one, string two, bool same)
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
    [Description("RFC 6749 §4.4: clients without redirect URI have no callbacks to mix up")]
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
    [Description("RFC 9700 §4.4: what another part of the application adds later counts too")]
    public void Options_set_elsewhere_are_seen()
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
    [Description("RFC 9207 §2, RFC 9700 §4.4: with both issuers known the login still needs a server that names itself in its callbacks")]
    public async Task A_login_at_a_server_that_does_not_send_iss_is_refused_when_the_redirect_uri_is_shared()
    {
        await using var silent = await TestAuthorizationServer.StartAsync(o => o.SendIss = false);
        await using var speaking = await TestAuthorizationServer.StartAsync();
        await using var provider = Two(o => Discovered(o, silent), o => Discovered(o, speaking));

        Assert.That(
            async () => await Client(provider, "one").BeginAuthorizationAsync(),
            Throws
                .InstanceOf<OAuthException>()
                .With.Message.Contains("does not name itself in its callbacks (RFC 9207)")
                .And.Message.Contains("Give the OAuth client 'one' a RedirectUri of its own")
                .And.Message.Contains(silent.Issuer.OriginalString)
        );
        Assert.That(async () => await Client(provider, "two").BeginAuthorizationAsync(), Throws.Nothing);
    }

    [Test]
    [Description("RFC 9207 §2: a server that does not send iss is fine where no other server's callbacks arrive")]
    public async Task A_login_at_a_server_that_does_not_send_iss_is_fine_alone()
    {
        await using var silent = await TestAuthorizationServer.StartAsync(o => o.SendIss = false);
        await using var provider = Two(
            o => Discovered(o, silent),
            o =>
            {
                o.Issuer = new("https://two.example.com");
                o.RedirectUri = new("https://client.example.com/other");
            }
        );

        Assert.That(async () => await Client(provider, "one").BeginAuthorizationAsync(), Throws.Nothing);
    }

    [Test]
    [Description("RFC 9700 §4.4.2: whether there is a server to be mixed up with, wherever its answers arrive")]
    public async Task A_login_beside_another_server_must_say_where_its_callback_arrived()
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
