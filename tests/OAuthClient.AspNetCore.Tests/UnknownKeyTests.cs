using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests what a developer reads who injects a client with a wrong key, or has forgotten a registration.</summary>
public sealed class UnknownKeyTests
{
    [Test]
    [Description("A wrong key names the registered clients, for each service of a client")]
    public void A_wrong_key_names_the_clients()
    {
        using var provider = Services();
        foreach (var type in new[] { typeof(IOAuthClient), typeof(OpenIdLogout), typeof(TokenIntrospection), typeof(BrowserAuthorization) })
        {
            Assert.That(
                () => provider.GetRequiredKeyedService(type, "photo"),
                Throws
                    .InvalidOperationException.With.Message.Contains("There is no OAuth client 'photo'")
                    .And.Message.Contains("Registered are 'albums', 'photos'; names are case-sensitive.")
            );
        }
    }

    [Test]
    [Description("A forgotten AddBrowserAuthorization is named as such")]
    public void A_forgotten_call_is_named()
    {
        using var provider = Services();
        Assert.That(provider.GetRequiredKeyedService<BrowserAuthorization>("photos"), Is.Not.Null);
        Assert.That(
            () => provider.GetRequiredKeyedService<BrowserAuthorization>("albums"),
            Throws.InvalidOperationException.With.Message.EqualTo(
                "BrowserAuthorization requires AddOAuthClient(\"albums\", …).AddBrowserAuthorization()."
            )
        );
    }

    [Test]
    [Description("A client without dynamic registration has no DynamicRegistration, and the message says why")]
    public void A_service_of_another_client_is_explained()
    {
        using var provider = Services();
        Assert.That(provider.GetRequiredKeyedService<DynamicRegistration>("photos"), Is.Not.Null);
        Assert.That(
            () => provider.GetRequiredKeyedService<DynamicRegistration>("albums"),
            Throws.InvalidOperationException.With.Message.Contains("'albums' has no DynamicRegistration")
        );
    }

    private static ServiceProvider Services()
    {
        ServiceCollection services = new();
        services
            .AddOAuthClient(
                "photos",
                o =>
                {
                    o.Issuer = new("https://server.example");
                    o.RedirectUri = new("https://app.example/photos");
                }
            )
            .RegisterDynamically()
            .AddBrowserAuthorization();
        services.AddOAuthClient(
            "albums",
            o =>
            {
                o.Issuer = new("https://server.example");
                o.ClientId = "albums";
            }
        );
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }
}
