using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>What the configuration binder would pass over without a word is said at start, with the key to mend.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ConfigurationSectionValidatorTests
{
    [Test]
    [Description("The list of names is the type's own: an option that is added there must be added here")]
    public void Every_option_can_be_configured() =>
        Assert.That(
            ConfigurationSectionValidator.Names,
            Is.EquivalentTo(typeof(OAuthClientOptions).GetProperties().Select(property => property.Name))
        );

    [TestCase("Isuer", "https://as.example", "Billing:Isuer is no option; did you mean Issuer?")]
    [TestCase("client_secret", "x", "Billing:client_secret is no option; did you mean ClientSecret?")]
    [TestCase("Authority", "https://as.example", "Billing:Authority is no option. There are AllowedTenants, ")]
    [TestCase("Scopes", "openid profile", "Billing:Scopes must be a list")]
    [TestCase("Resources", "https://api.example", "Billing:Resources must be a list")]
    [TestCase("IdTokenSigningAlgorithms", "ES256", "Billing:IdTokenSigningAlgorithms must be a list")]
    public void A_key_that_would_be_passed_over_is_named(string key, string value, string sentence)
    {
        var failure = Assert.Throws<OptionsValidationException>(() =>
            Read(new() { ["Billing:ClientId"] = "b", [$"Billing:{key}"] = value })
        );
        Assert.That(failure!.Failures.Single(), Does.StartWith($"OAuth client 'billing': {sentence}"));
        Assert.That(failure.Message, Does.Not.Contain(value + "\""));
    }

    [Test]
    public void A_section_that_is_not_there_is_named() =>
        Assert.That(
            () => Read([]),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("section 'Billing' is empty or missing")
        );

    [Test]
    public void Keys_are_read_whatever_their_case_and_lists_in_their_form()
    {
        var options = Read(
            new()
            {
                ["Billing:clientid"] = "b",
                ["Billing:ISSUER"] = "https://as.example",
                ["Billing:Scopes:0"] = "one",
                ["Billing:Scopes:1"] = "two",
            }
        );
        Assert.That((options.ClientId, options.Issuer!.OriginalString), Is.EqualTo(("b", "https://as.example")));
        Assert.That(options.Scopes, Is.EqualTo(new[] { "one", "two" }));
    }

    private static OAuthClientOptions Read(Dictionary<string, string?> settings)
    {
        ServiceCollection services = new();
        services.AddOAuthClient("billing", new ConfigurationBuilder().AddInMemoryCollection(settings).Build().GetSection("Billing"));
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get("billing");
    }
}
