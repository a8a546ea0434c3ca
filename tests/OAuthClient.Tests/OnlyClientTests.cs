using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>A client that is not named where it is used: the unnamed one, or the only one, and never a guess.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OnlyClientTests
{
    [Test]
    public void The_only_client_needs_no_name()
    {
        using var provider = With("photos");
        Assert.That(provider.GetRequiredService<IOAuthClient>(), Is.SameAs(provider.GetRequiredKeyedService<IOAuthClient>("photos")));
        Assert.That(provider.GetRequiredService<OpenIdSignIn>(), Is.SameAs(provider.GetRequiredKeyedService<OpenIdSignIn>("photos")));
        Assert.That(provider.GetRequiredService<OpenIdLogout>(), Is.SameAs(provider.GetRequiredKeyedService<OpenIdLogout>("photos")));
        Assert.That(provider.GetRequiredService<OpenIdLogout>().ClientName, Is.EqualTo("photos"));
        Assert.That(() => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api"), Throws.Nothing);
    }

    [Test]
    public void The_unnamed_client_is_meant_among_several()
    {
        using var provider = With("photos", "");
        Assert.That(provider.GetRequiredService<IOAuthClient>(), Is.SameAs(provider.GetRequiredKeyedService<IOAuthClient>("")));
    }

    [Test]
    public void Among_several_with_names_the_message_says_what_to_write()
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
