using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>How an application gets its clients, and how it learns at start that it described one wrongly.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ServiceCollectionTests
{
    [Test]
    [Description("The unnamed client is injected as it is, and is keyed by the empty name too")]
    public async Task The_unnamed_client_is_resolved()
    {
        var services = new ServiceCollection();
        Assert.That(services.AddOAuthClient(Describe).Name, Is.Empty);
        await using var provider = services.BuildServiceProvider(validateScopes: true);

        Assert.That(provider.GetRequiredService<IOAuthClient>(), Is.SameAs(provider.GetRequiredKeyedService<IOAuthClient>("")));
        Assert.That((await provider.GetRequiredService<IOAuthClient>().BeginAuthorizationAsync()).ClientName, Is.Empty);
    }

    [Test]
    [Description("Named clients are keyed services, each its own; there is no unnamed one then")]
    public async Task Named_clients_are_resolved_by_key()
    {
        var services = new ServiceCollection();
        var one = services.AddOAuthClient("one", Describe);
        services.AddOAuthClient(
            "two",
            o =>
            {
                Describe(o);
                o.ClientId = "two-id";
            }
        );
        services.AddSingleton<NeedsOne>();
        await using var provider = services.BuildServiceProvider(validateScopes: true);

        Assert.That(one.Name, Is.EqualTo("one"));
        Assert.That(one.Services, Is.SameAs(services));
        Assert.That(provider.GetRequiredService<NeedsOne>().Client, Is.SameAs(provider.GetRequiredKeyedService<IOAuthClient>("one")));
        Assert.That(
            provider.GetRequiredKeyedService<IOAuthClient>("one"),
            Is.Not.SameAs(provider.GetRequiredKeyedService<IOAuthClient>("two"))
        );
        var pending = await provider.GetRequiredKeyedService<IOAuthClient>("two").BeginAuthorizationAsync();
        Assert.That(pending.ClientName, Is.EqualTo("two"));
        Assert.That(QueryPairs.Single(pending.AuthorizationUri)["client_id"], Is.EqualTo("two-id"));
        Assert.That(() => provider.GetService<IOAuthClient>(), Throws.InvalidOperationException.With.Message.Contains("(one, two)"));
        Assert.That(provider.GetKeyedService<IOAuthClient>("One"), Is.Null);
    }

    [Test]
    [Description("A second client of the same name is a mistake that is noticed where it is made")]
    public void A_name_is_given_once()
    {
        var services = new ServiceCollection();
        services.AddOAuthClient("photos", Describe);
        services.AddOAuthClient(Describe);

        Assert.That(
            () => services.AddOAuthClient("photos", Describe),
            Throws.InvalidOperationException.With.Message.EqualTo(
                "AddOAuthClient was called twice for 'photos'; every client has a name of its own."
            )
        );
        Assert.That(
            () => services.AddOAuthClient(Describe),
            Throws
                .InvalidOperationException.With.Message.Contains("twice without a name")
                .And.Message.Contains("AddOAuthClient(\"photos\", …)")
        );
        Assert.That(() => services.AddOAuthClient("Photos", Describe), Throws.Nothing);
        Assert.That(
            () => new ServiceCollection().AddOAuthClient("photos", Describe),
            Throws.Nothing,
            "another application in the same process"
        );
    }

    [Test]
    [Description("Wrong options stop the host at start, not the first user at login")]
    public async Task Wrong_options_fail_at_host_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddOAuthClient("good", Describe);
        builder.Services.AddOAuthClient("bad", o => o.ClientId = "a");
        using var host = builder.Build();

        Assert.That(
            async () => await host.StartAsync(),
            Throws
                .InstanceOf<OptionsValidationException>()
                .With.Message.Contains("OAuth client 'bad': set Issuer")
                .And.Message.Not.Contains("'good'")
        );
        await host.StopAsync();
    }

    [Test]
    [Description("Good options start, and nothing is fetched by that")]
    public async Task Good_options_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddOAuthClient(
            "photos",
            o =>
            {
                o.Issuer = new("https://nobody.invalid");
                o.ClientId = "a";
            }
        );
        using var host = builder.Build();

        Assert.That(async () => await host.StartAsync(), Throws.Nothing);
        await host.StopAsync();
    }

    [Test]
    [Description("A handler of a client that nobody registered says which, and for whom")]
    public void A_handler_of_an_unregistered_client_is_explained()
    {
        var services = new ServiceCollection();
        services.AddOAuthClient("photos", Describe);
        services.AddHttpClient("api").AddAccessTokenHandler("photo", t => t.ForClient().To("https://api.example.com"));
        services.AddHttpClient("other").AddAccessTokenHandler(t => t.ForClient().To("https://api.example.com"));
        using var provider = services.BuildServiceProvider();
        var http = provider.GetRequiredService<IHttpClientFactory>();

        Assert.That(
            () => http.CreateClient("api"),
            Throws
                .InvalidOperationException.With.Message.Contains("HTTP client 'api'")
                .And.Message.Contains("OAuth client 'photo', which is not registered")
                .And.Message.Contains("AddOAuthClient(\"photo\", …)")
        );
        Assert.That(() => http.CreateClient("other"), Throws.Nothing, "no name means the only one");
    }

    [Test]
    [Description("A store or a clock that the application registered is kept")]
    public void What_the_application_registered_is_kept()
    {
        var clock = new ManualTimeProvider();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddSingleton<IGrantStore>(new InMemoryGrantStore(clock));
        var store = services[^1].ImplementationInstance;
        services.AddOAuthClient("one", Describe);
        services.AddOAuthClient("two", Describe);
        using var provider = services.BuildServiceProvider();

        Assert.That(provider.GetRequiredService<TimeProvider>(), Is.SameAs(clock));
        Assert.That(provider.GetRequiredService<IGrantStore>(), Is.SameAs(store));
    }

    [Test]
    [Description("RFC 9700 §4.7: the clock that the application registered decides how long a login may take")]
    public async Task The_applications_clock_counts()
    {
        var clock = new ManualTimeProvider();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddOAuthClient(Describe);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IOAuthClient>();
        var pending = await client.BeginAuthorizationAsync();
        Assert.That(pending.ExpiresAt, Is.EqualTo(clock.GetUtcNow() + TimeSpan.FromMinutes(10)));

        clock.Advance(TimeSpan.FromMinutes(10));
        var callback = AuthorizationResponse.Parse($"{SampleConfiguration.Callback}?code=c&state={pending.State}");
        Assert.That(
            async () => await client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("42")),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("expired")
        );
    }

    [Test]
    public void Null_arguments_are_named()
    {
        var services = new ServiceCollection();

        Assert.That(() => services.AddOAuthClient((Action<OAuthClientOptions>)null!), Throws.ArgumentNullException);
        Assert.That(
            () => services.AddOAuthClient("a", (Microsoft.Extensions.Configuration.IConfiguration)null!),
            Throws.ArgumentNullException
        );
        Assert.That(() => services.AddOAuthClient(null!, Describe), Throws.ArgumentNullException);
        Assert.That(() => ((IServiceCollection)null!).AddOAuthClient(Describe), Throws.ArgumentNullException);
    }

    private static void Describe(OAuthClientOptions options)
    {
        options.AuthorizationEndpoint = new("https://server.example.com/authorize");
        options.TokenEndpoint = new("https://server.example.com/token");
        options.ClientId = "client-id";
        options.RedirectUri = new(SampleConfiguration.Callback);
    }

    private sealed class NeedsOne([FromKeyedServices("one")] IOAuthClient client)
    {
        public IOAuthClient Client { get; } = client;
    }
}
