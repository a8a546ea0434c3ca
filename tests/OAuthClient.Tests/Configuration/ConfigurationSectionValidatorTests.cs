using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Tests that keys which the configuration binder would ignore are reported at start with a correction.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ConfigurationSectionValidatorTests
{
    [TestCase("Isuer", "https://as.example", "Billing:Isuer is no option; did you mean Issuer?")]
    [TestCase("client_secret", "x", "Billing:client_secret is no option; did you mean ClientSecret?")]
    [TestCase("Authority", "https://as.example", "Billing:Authority is no option. There are Adaptation, AllowedTenants, ")]
    [TestCase("Scopes", "openid profile", "Billing:Scopes must be a list")]
    [TestCase("Resources", "https://api.example", "Billing:Resources must be a list")]
    [TestCase("AuthorizationDetails:0:type", "payment", "Billing:AuthorizationDetails must be one text, and is an object or a list")]
    [TestCase("ClientSecret:value", "x", "Billing:ClientSecret must be one text, and is an object or a list")]
    [TestCase("IdTokenSigningAlgorithms", "ES256", "Billing:IdTokenSigningAlgorithms must be a list")]
    public void An_ignored_key_is_reported(string key, string value, string sentence)
    {
        var failure = Assert.Throws<OptionsValidationException>(() =>
            Read(new() { ["Billing:ClientId"] = "b", [$"Billing:{key}"] = value })
        );
        Assert.That(failure!.Failures.Single(), Does.StartWith($"OAuth client 'billing': {sentence}"));
        Assert.That(failure.Message, Does.Not.Contain(value + "\""));
    }

    [Test]
    public void A_missing_section_is_reported() =>
        Assert.That(
            () => Read([]),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("section 'Billing' is empty or missing")
        );

    [Test]
    public void Keys_are_case_insensitive_and_lists_are_read()
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

    [Test]
    public void A_number_can_be_a_name_and_a_list_is_reported()
    {
        Dictionary<string, string?> settings = new()
        {
            ["Billing:ClientId"] = "b",
            ["Billing:Issuer"] = "https://as.example",
            ["Billing:Adaptation:ErrorCodes:42002"] = "invalid_grant",
        };
        Assert.That(Read(settings).Adaptation.ErrorCodes["42002"], Is.EqualTo("invalid_grant"));

        settings["Billing:Adaptation:ErrorCodes:0"] = settings["Billing:Adaptation:ErrorCodes:42002"];
        settings.Remove("Billing:Adaptation:ErrorCodes:42002");
        Assert.That(() => Read(settings), Throws.TypeOf<OptionsValidationException>().With.Message.Contains("must be an object"));
    }

    private static OAuthClientOptions Read(Dictionary<string, string?> settings)
    {
        ServiceCollection services = new();
        services.AddOAuthClient("billing", new ConfigurationBuilder().AddInMemoryCollection(settings).Build().GetSection("Billing"));
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get("billing");
    }
}
