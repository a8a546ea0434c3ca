using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>What is asked with every request is looked up once a second, and a change of the configuration still counts at once.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
public sealed class ClientConfigurationProviderTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly IConfigurationRoot configuration;
    private readonly ServiceProvider provider;
    private readonly ClientConfigurationProvider current;

    public ClientConfigurationProviderTests()
    {
        configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["Issuer"] = "https://server.example.com", ["ClientId"] = "first" })
            .Build();
        var services = new ServiceCollection();
        services.AddOAuthClient("photos", configuration);
        provider = services.BuildServiceProvider();
        current = new(
            "photos",
            provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>(),
            provider.GetRequiredService<RedirectUriConflictDetector>()
        );
    }

    [Test]
    [Description("A reloaded configuration counts for the very next request")]
    public void An_announced_change_counts_at_once()
    {
        Assert.That(current.GetCached(Now.UtcTicks).ClientId, Is.EqualTo("first"));

        configuration["ClientId"] = "second";
        configuration.Reload();

        Assert.That(current.GetCached(Now.UtcTicks).ClientId, Is.EqualTo("second"));
    }

    [TestCase(0, "first")]
    [TestCase(999, "first")]
    [TestCase(1000, "second")]
    [TestCase(-1, "second")]
    [TestCase(-60_000, "second")]
    [Description("A cache of options that somebody cleared says nothing; it is noticed within a second, also when the clock was set back")]
    public void A_silent_change_counts_within_a_second(int millisecondsLater, string clientId)
    {
        current.GetCached(Now.UtcTicks);

        configuration["ClientId"] = "second";
        provider.GetRequiredService<IOptionsMonitorCache<OAuthClientOptions>>().Clear();

        Assert.That(current.GetCached(Now.AddMilliseconds(millisecondsLater).UtcTicks).ClientId, Is.EqualTo(clientId));
    }

    [Test]
    [Description("A change that turned out wrong is said, and not the old one used for ever")]
    public void A_wrong_change_is_said()
    {
        current.GetCached(Now.UtcTicks);

        configuration["ClientId"] = "";
        Assert.That(configuration.Reload, Throws.InstanceOf<AggregateException>().With.InnerException.TypeOf<OptionsValidationException>());

        Assert.That(() => current.GetCached(Now.AddSeconds(1).UtcTicks), Throws.TypeOf<OptionsValidationException>());
    }

    [Test]
    [Description("What hangs on the current's identity, such as metadata, is made once")]
    public void Without_a_change_it_is_the_same_object() =>
        Assert.That(current.GetCached(Now.AddMinutes(1).UtcTicks), Is.SameAs(current.GetCached(Now.UtcTicks)).And.SameAs(current.Current));

    public void Dispose()
    {
        provider.Dispose();
        (configuration as IDisposable)?.Dispose();
    }
}
