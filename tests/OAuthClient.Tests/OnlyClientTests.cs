using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests how a client without a name is resolved: the unnamed client, the only client, or an error.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OnlyClientTests
{
    [Test]
    public void The_only_client_is_resolved_without_its_name()
    {
        using var provider = With("photos");
        Assert.That(provider.GetRequiredService<IOAuthClient>(), Is.SameAs(provider.GetRequiredKeyedService<IOAuthClient>("photos")));
        Assert.That(provider.GetRequiredService<OpenIdSignIn>(), Is.SameAs(provider.GetRequiredKeyedService<OpenIdSignIn>("photos")));
        Assert.That(provider.GetRequiredService<OpenIdLogout>(), Is.SameAs(provider.GetRequiredKeyedService<OpenIdLogout>("photos")));
        Assert.That(provider.GetRequiredService<OpenIdLogout>().ClientName, Is.EqualTo("photos"));
        Assert.That(() => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api"), Throws.Nothing);
    }

    [Test]
    public void The_unnamed_client_is_resolved_among_several()
    {
        using var provider = With("photos", "");
        Assert.That(provider.GetRequiredService<IOAuthClient>(), Is.SameAs(provider.GetRequiredKeyedService<IOAuthClient>("")));
    }

    [Test]
    public void Several_named_clients_without_a_name_throw_with_the_code_to_write()
    {
        using var provider = With("photos", "calendar");
        Assert.That(
            () => provider.GetRequiredService<IOAuthClient>(),
            Throws
                .InvalidOperationException.With.Message.Contains("(calendar, photos)")
                .And.Message.Contains("[FromKeyedServices(\"calendar\")] IOAuthClient")
        );
        Assert.That(
            () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api"),
            Throws.InvalidOperationException.With.Message.Contains("AddAccessTokenHandler(\"calendar\", …)")
        );
    }

    private static ServiceProvider With(params string[] names)
    {
        ServiceCollection services = new();
        foreach (string name in names)
        {
            services.AddOAuthClient(
                name,
                o =>
                {
                    o.Issuer = new($"https://{name}.example");
                    o.ClientId = "id";
                }
            );
        }
        services.AddHttpClient("api").AddAccessTokenHandler(token => token.ForOwner(GrantOwner.User("42")).To("https://api.example"));
        return services.BuildServiceProvider();
    }
}
