using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>Extension methods that register OAuth clients.</summary>
public static class OAuthClientServiceCollectionExtensions
{
    /// <summary>Registers a client without a name, for an application with one client. Inject <see cref="IOAuthClient"/>.</summary>
    /// <remarks>
    /// Grants and used states are stored in this process's memory unless another <see cref="IGrantStore"/> is registered. An application
    /// that runs in several processes needs a shared store: otherwise a callback that is sent to two processes causes two token requests
    /// (RFC 9700 §4.7), and a user who signs out at one process stays signed in at another. A warning is logged when a callback shows that
    /// another process began the authorization.
    /// </remarks>
    /// <param name="services">The service collection.</param>
    /// <param name="configure">
    /// Sets the options. It is called when the host starts, or without a host when the client is first used.
    /// </param>
    /// <returns>A builder for the client.</returns>
    /// <exception cref="InvalidOperationException">A client without a name is already registered.</exception>
    /// <example>
    /// This console program obtains an access token for itself (client credentials, RFC 6749 §4.4). The HTTP client sends it to the API,
    /// and only there, and replaces it before it expires.
    /// <code language="csharp"><![CDATA[
    /// using Microsoft.Extensions.DependencyInjection;
    /// using OAuthClient;
    ///
    /// var services = new ServiceCollection();
    /// services.AddOAuthClient(o =>
    /// {
    ///     o.Issuer = new Uri("https://accounts.example.com");
    ///     o.ClientId = "12345";
    ///     o.ClientSecret = Environment.GetEnvironmentVariable("CLIENT_SECRET");
    ///     o.Scopes = ["photos.read"];
    /// });
    /// services
    ///     .AddHttpClient("photos", http => http.BaseAddress = new Uri("https://api.example.com"))
    ///     .AddAccessTokenHandler(token => token.ForClient().To("https://api.example.com"));
    ///
    /// await using var provider = services.BuildServiceProvider();
    /// using var http = provider.GetRequiredService<IHttpClientFactory>().CreateClient("photos");
    /// Console.WriteLine(await http.GetStringAsync("/photos"));
    /// ]]></code>
    /// </example>
    public static OAuthClientBuilder AddOAuthClient(this IServiceCollection services, Action<OAuthClientOptions> configure) =>
        AddOAuthClient(services, Options.DefaultName, configure);

    /// <summary>
    /// Registers a client without a name from configuration. Changes of the configuration take effect without a restart.
    /// </summary>
    /// <param name="services">The service collection.</param>
    /// <param name="configuration">
    /// A section whose keys are the names of the properties of <see cref="OAuthClientOptions"/>. An unknown key is an error.
    /// </param>
    /// <returns>A builder for the client.</returns>
    /// <exception cref="InvalidOperationException">A client without a name is already registered.</exception>
    public static OAuthClientBuilder AddOAuthClient(this IServiceCollection services, IConfiguration configuration) =>
        AddOAuthClient(services, Options.DefaultName, configuration);

    /// <summary>
    /// Registers a named client. Inject <see cref="IOAuthClient"/> with <c>[FromKeyedServices("name")]</c>, or without a key if it is the
    /// only client.
    /// </summary>
    /// <param name="services">The service collection.</param>
    /// <param name="name">The client's name in this application.</param>
    /// <param name="configure">
    /// Sets the options. It is called when the host starts, or without a host when the client is first used.
    /// </param>
    /// <returns>A builder for the client.</returns>
    /// <exception cref="InvalidOperationException">A client with this name is already registered.</exception>
    /// <example>
    /// This web application, which also references the package <c>OAuthClient.AspNetCore</c>, signs users in by the server and calls an API
    /// with the current user's access token.
    /// <code language="csharp"><![CDATA[
    /// using OAuthClient;
    /// using OAuthClient.AspNetCore;
    ///
    /// var builder = WebApplication.CreateBuilder(args);
    /// builder.Services.AddAuthentication("Cookies")
    ///     .AddCookie("Cookies", o => o.LoginPath = "/oauth/accounts/sign-in")
    ///     .RejectEndedSignIns();
    /// builder.Services.AddAuthorization();
    /// builder.Services
    ///     .AddOAuthClient("accounts", o =>
    ///     {
    ///         o.Issuer = new Uri("https://accounts.example.com");
    ///         o.ClientId = "12345";
    ///         o.ClientSecret = builder.Configuration["Accounts:ClientSecret"];
    ///         o.RedirectUri = new Uri("https://client-app.example.com/callback");
    ///         o.Scopes = ["openid", "profile", "photos.read"];
    ///     })
    ///     .AddBrowserAuthorization(o => o.AllowSignIn = true);
    /// builder.Services
    ///     .AddHttpClient("photos", http => http.BaseAddress = new Uri("https://api.example.com"))
    ///     .AddAccessTokenHandler("accounts", token => token.ForCurrentUser().To("https://api.example.com"));
    ///
    /// var app = builder.Build();
    /// app.MapBrowserAuthorization("accounts");
    /// app.MapGroup("").RequireAuthorization().ReauthorizeWhenNeeded()
    ///     .MapGet("/", (IHttpClientFactory http) => http.CreateClient("photos").GetStringAsync("/photos"));
    /// app.Run();
    /// ]]></code>
    /// </example>
    public static OAuthClientBuilder AddOAuthClient(this IServiceCollection services, string name, Action<OAuthClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = Register(services, name);
        services.AddOptions<OAuthClientOptions>(name).Configure(configure).ValidateOnStart();
        return builder;
    }

    /// <summary>Registers a named client from configuration. Changes of the configuration take effect without a restart.</summary>
    /// <param name="services">The service collection.</param>
    /// <param name="name">The client's name in this application.</param>
    /// <param name="configuration">
    /// A section whose keys are the names of the properties of <see cref="OAuthClientOptions"/>. An unknown key is an error.
    /// </param>
    /// <returns>A builder for the client.</returns>
    /// <exception cref="InvalidOperationException">A client with this name is already registered.</exception>
    public static OAuthClientBuilder AddOAuthClient(this IServiceCollection services, string name, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var builder = Register(services, name);
        services
            .AddOptions<OAuthClientOptions>(name)
            .Configure(_ => ConfigurationSectionValidator.Validate(name, configuration))
            .Bind(configuration)
            .ValidateOnStart();
        return builder;
    }

    /// <summary>
    /// Registers a store for the grants of all clients. It replaces the store in memory. Call this method before or after
    /// <c>AddOAuthClient</c>.
    /// </summary>
    /// <remarks>
    /// If the store implements <see cref="IGrantChangeFeed"/>, <see cref="IGrantStore"/> is registered with a cache in front of it.
    /// Otherwise both types resolve to the same object, and the container may dispose of it twice: the second call must have no effect.
    /// </remarks>
    /// <typeparam name="TStore">The type of the store. It is a singleton, unless the application has registered it otherwise.</typeparam>
    /// <param name="services">The service collection.</param>
    /// <returns>The same service collection.</returns>
    public static IServiceCollection AddGrantStore<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>(
        this IServiceCollection services
    )
        where TStore : class, IGrantStore
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TStore>();
        return services.Replace(
            ServiceDescriptor.Singleton<IGrantStore>(static provider =>
                CachedGrantStore.Around(
                    provider.GetRequiredService<TStore>(),
                    provider.GetRequiredService<TimeProvider>(),
                    provider.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category)
                )
            )
        );
    }

    private static OAuthClientBuilder Register(IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        if (!Clients(services).Add(name))
            throw new InvalidOperationException(
                name.Length == 0
                    ? "AddOAuthClient was called twice without a name; name the clients, for example AddOAuthClient(\"photos\", …)."
                    : $"AddOAuthClient was called twice for '{name}'; each client needs a name of its own."
            );

        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IGrantStore, InMemoryGrantStore>();
        services.TryAddSingleton<IDynamicClientStore, InMemoryDynamicClientStore>();
        services.TryAddSingleton<RedirectUriConflictDetector>();
        services.TryAddSingleton<DangerousOptions>();
        services.TryAddSingleton<OAuthClientMetrics>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OAuthClientOptions>, OAuthClientOptionsValidator>());
        services
            .AddOptions<OAuthClientOptions>(name)
            .Configure<IServiceProvider>((o, provider) => o.Ed25519 = provider.GetService<IEd25519>());
        services.AddKeyedSingleton(
            name,
            (provider, _) =>
                BackgroundWork.RunIsolated((provider, name), static state => new OAuthClientServices(state.provider, state.name))
        );
        services.TryAddSingleton<IOAuthClientFactory, RegisteredOAuthClientFactory>();
        RegisteredOAuthClientFactory.AddPart(services, name, client => client.Tokens);
        RegisteredOAuthClientFactory.AddPart(services, name, client => client.Proofs);
        RegisteredOAuthClientFactory.AddInjectedPart(services, name, client => client.Client);
        RegisteredOAuthClientFactory.AddInjectedPart(services, name, client => client.Grants);
        RegisteredOAuthClientFactory.AddInjectedPart(services, name, client => client.ProofFactory);
        RegisteredOAuthClientFactory.AddInjectedPart(services, name, client => client.Device);
        RegisteredOAuthClientFactory.AddPart(services, name, client => client.SignIn);
        RegisteredOAuthClientFactory.AddInjectedPart(services, name, client => client.Logout);
        RegisteredOAuthClientFactory.AddInjectedPart(services, name, client => client.Introspection);
        RegisteredOAuthClientFactory.AddInjectedPart(services, name, client => client.ClaimSources);
        RegisteredOAuthClientFactory.AddPart(services, name, client => client.Health);
        return new OAuthClientBuilder(name, services, BackChannelHttpClientConfiguration.Register(services, name));
    }

    private static OAuthClientRegistry Clients(IServiceCollection services)
    {
        if (
            services.FirstOrDefault(service => service.ServiceType == typeof(OAuthClientRegistry))?.ImplementationInstance
            is OAuthClientRegistry known
        )
            return known;
        var clients = new OAuthClientRegistry();
        services.AddSingleton(clients);
        // Inserted first, because the first filter configures the handlers last: after the framework's filter, which adds logging.
        services.Insert(0, ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, AccessTokenPipelineFilter>());
        return clients;
    }
}
