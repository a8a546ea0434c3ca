using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Tests the registration of clients and the validation of their options when the host starts.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ServiceCollectionTests
{
    [Test]
    [Description("The unnamed client is resolved without a key and with the empty key")]
    public async Task The_unnamed_client_is_resolved()
    {
        var services = new ServiceCollection();
        Assert.That(services.AddOAuthClient(Configure).Name, Is.Empty);
        await using var provider = services.BuildServiceProvider(validateScopes: true);

        Assert.That(provider.GetRequiredService<IOAuthClient>(), Is.SameAs(provider.GetRequiredKeyedService<IOAuthClient>("")));
        Assert.That((await provider.GetRequiredService<IOAuthClient>().BeginAuthorizationAsync()).ClientName, Is.Empty);
    }

    [Test]
    [Description("Named clients are independent keyed services; without an unnamed client, resolving without a key throws")]
    public async Task Named_clients_are_resolved_by_key()
    {
        var services = new ServiceCollection();
        var one = services.AddOAuthClient("one", Configure);
        services.AddOAuthClient(
            "two",
            o =>
            {
                Configure(o);
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
        Assert.That(
            () => provider.GetKeyedService<IOAuthClient>("One"),
            Throws.InvalidOperationException.With.Message.Contains("There is no OAuth client 'One'").And.Message.Contains("'one', 'two'")
        );
    }

    [Test]
    [Description("A second client of the same name throws in AddOAuthClient")]
    public void A_duplicate_name_throws()
    {
        var services = new ServiceCollection();
        services.AddOAuthClient("photos", Configure);
        services.AddOAuthClient(Configure);

        Assert.That(
            () => services.AddOAuthClient("photos", Configure),
            Throws.InvalidOperationException.With.Message.EqualTo(
                "AddOAuthClient was called twice for 'photos'; each client needs a name of its own."
            )
        );
        Assert.That(
            () => services.AddOAuthClient(Configure),
            Throws
                .InvalidOperationException.With.Message.Contains("twice without a name")
                .And.Message.Contains("AddOAuthClient(\"photos\", …)")
        );
        Assert.That(() => services.AddOAuthClient("Photos", Configure), Throws.Nothing);
        Assert.That(
            () => new ServiceCollection().AddOAuthClient("photos", Configure),
            Throws.Nothing,
            "another application in the same process"
        );
    }

    [Test]
    [Description("Invalid options stop the host at start and not the first user at login")]
    public async Task Invalid_options_fail_at_host_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddOAuthClient("good", Configure);
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
    [Description("The host starts with valid options and sends no request")]
    public async Task Valid_options_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddOAuthClient(
            "photos",
            o =>
            {
                o.Issuer = new("https://unreachable.invalid");
                o.ClientId = "a";
            }
        );
        using var host = builder.Build();

        Assert.That(async () => await host.StartAsync(), Throws.Nothing);
        await host.StopAsync();
    }

    [Test]
    [Description("A handler of an unregistered client throws a message with the OAuth client and the HTTP client")]
    public void A_handler_of_an_unregistered_client_throws()
    {
        var services = new ServiceCollection();
        services.AddOAuthClient("photos", Configure);
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
        Assert.That(() => http.CreateClient("other"), Throws.Nothing, "no name means the only client");
    }

    [Test]
    [Description("A store or a clock that the application registered is not replaced")]
    public void Services_of_the_application_are_not_replaced()
    {
        var clock = new ManualTimeProvider();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddSingleton<IGrantStore>(new InMemoryGrantStore(clock));
        var store = services[^1].ImplementationInstance;
        services.AddOAuthClient("one", Configure);
        services.AddOAuthClient("two", Configure);
        using var provider = services.BuildServiceProvider();

        Assert.That(provider.GetRequiredService<TimeProvider>(), Is.SameAs(clock));
        Assert.That(provider.GetRequiredService<IGrantStore>(), Is.SameAs(store));
    }

    [Test]
    [Description("RFC 9700 §4.7: the registered clock determines when a pending authorization expires")]
    public async Task The_registered_clock_is_used()
    {
        var clock = new ManualTimeProvider();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(clock);
        services.AddOAuthClient(Configure);
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
    public void Null_arguments_throw()
    {
        var services = new ServiceCollection();

        Assert.That(() => services.AddOAuthClient((Action<OAuthClientOptions>)null!), Throws.ArgumentNullException);
        Assert.That(
            () => services.AddOAuthClient("a", (Microsoft.Extensions.Configuration.IConfiguration)null!),
            Throws.ArgumentNullException
        );
        Assert.That(() => services.AddOAuthClient(null!, Configure), Throws.ArgumentNullException);
        Assert.That(() => ((IServiceCollection)null!).AddOAuthClient(Configure), Throws.ArgumentNullException);
    }

    private static void Configure(OAuthClientOptions options)
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
