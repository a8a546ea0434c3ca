using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Tests that the configuration is read once a second and that a change is used at once.</summary>
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
    [Description("A reloaded configuration is used for the next request")]
    public void A_reloaded_configuration_is_used_at_once()
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
    [Description(
        "A cleared options cache raises no change notification; the change is used within a second, or when the clock is set back"
    )]
    public void A_change_without_notification_is_used_within_a_second(int millisecondsLater, string clientId)
    {
        current.GetCached(Now.UtcTicks);

        configuration["ClientId"] = "second";
        provider.GetRequiredService<IOptionsMonitorCache<OAuthClientOptions>>().Clear();

        Assert.That(current.GetCached(Now.AddMilliseconds(millisecondsLater).UtcTicks).ClientId, Is.EqualTo(clientId));
    }

    [Test]
    [Description("An invalid change throws, and the previous configuration is not used indefinitely")]
    public void An_invalid_change_throws()
    {
        current.GetCached(Now.UtcTicks);

        configuration["ClientId"] = "";
        Assert.That(configuration.Reload, Throws.InstanceOf<AggregateException>().With.InnerException.TypeOf<OptionsValidationException>());

        Assert.That(() => current.GetCached(Now.AddSeconds(1).UtcTicks), Throws.TypeOf<OptionsValidationException>());
    }

    [Test]
    [Description("Without a change the same object is returned, so that objects derived from it are created once")]
    public void Without_a_change_the_same_object_is_returned() =>
        Assert.That(current.GetCached(Now.AddMinutes(1).UtcTicks), Is.SameAs(current.GetCached(Now.UtcTicks)).And.SameAs(current.Current));

    public void Dispose()
    {
        provider.Dispose();
        (configuration as IDisposable)?.Dispose();
    }
}
