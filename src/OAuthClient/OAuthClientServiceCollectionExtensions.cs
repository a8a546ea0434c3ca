using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>Registers OAuth clients.</summary>
public static class OAuthClientServiceCollectionExtensions
{
    /// <summary>Registers the one, unnamed client: inject <see cref="IOAuthClient"/>.</summary>
    /// <remarks>
    /// Grants and used states are kept in this process's memory, unless another <see cref="IGrantStore"/> is registered. An application
    /// that runs as several processes needs a store that they share: otherwise a callback that is sent to two of them gives two token
    /// requests (RFC 9700 §4.7), and a user who signs out at one stays signed in at another. A warning is logged when a callback proves
    /// that another process began the authorization.
    /// </remarks>
    /// <param name="services">The service collection.</param>
    /// <param name="configure">Describes the client and its server. Called at the start of a host, or else as soon as the client is injected, on another thread.</param>
    public static OAuthClientBuilder AddOAuthClient(this IServiceCollection services, Action<OAuthClientOptions> configure) =>
        AddOAuthClient(services, Options.DefaultName, configure);

    /// <summary>Registers the one, unnamed client from configuration; changes of it take effect without a restart.</summary>
    /// <param name="services">The service collection.</param>
    /// <param name="configuration">A section with the names of <see cref="OAuthClientOptions"/>' properties.</param>
    public static OAuthClientBuilder AddOAuthClient(this IServiceCollection services, IConfiguration configuration) =>
        AddOAuthClient(services, Options.DefaultName, configuration);

    /// <summary>Registers a named client: inject <see cref="IOAuthClient"/> with <c>[FromKeyedServices("name")]</c>; without a key where it is the only one.</summary>
    /// <param name="services">The service collection.</param>
    /// <param name="name">The client's name in this application.</param>
    /// <param name="configure">Describes the client and its server. Called at the start of a host, or else as soon as the client is injected, on another thread.</param>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public static OAuthClientBuilder AddOAuthClient(this IServiceCollection services, string name, Action<OAuthClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = Register(services, name);
        services.AddOptions<OAuthClientOptions>(name).Configure(configure).ValidateOnStart();
        return builder;
    }

    /// <summary>Registers a named client from configuration; changes of it take effect without a restart.</summary>
    /// <param name="services">The service collection.</param>
    /// <param name="name">The client's name in this application.</param>
    /// <param name="configuration">A section with the names of <see cref="OAuthClientOptions"/>' properties; an unknown name is an error.</param>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public static OAuthClientBuilder AddOAuthClient(this IServiceCollection services, string name, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var builder = Register(services, name);
        services
            .AddOptions<OAuthClientOptions>(name)
            .Configure(_ => ConfigurationSectionValidator.Require(name, configuration))
            .Bind(configuration)
            .ValidateOnStart();
        return builder;
    }

    private static OAuthClientBuilder Register(IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        if (!Clients(services).Add(name))
            throw new InvalidOperationException(
                name.Length == 0
                    ? "AddOAuthClient was called twice without a name; name the clients, for example AddOAuthClient(\"photos\", …)."
                    : $"AddOAuthClient was called twice for '{name}'; every client has a name of its own."
            );

        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IGrantStore, InMemoryGrantStore>();
        services.TryAddSingleton<IDynamicClientStore, InMemoryDynamicClientStore>();
        services.TryAddSingleton<RedirectUriConflictDetector>();
        services.TryAddSingleton<OAuthClientMetrics>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OAuthClientOptions>, OAuthClientOptionsValidator>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<HttpClientFactoryOptions>, BackChannelHttpClientConfiguration>()
        );
        services.AddKeyedSingleton(
            name,
            (provider, _) => BackgroundWork.RunIsolated((provider, name), static all => new OAuthClientServices(all.provider, all.name))
        );
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<OAuthClientServices>(name).Tokens);
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<OAuthClientServices>(name).Client);
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<OAuthClientServices>(name).Health);
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<OAuthClientServices>(name).ClaimSources);
        services.TryAddSingleton(provider =>
            provider.GetRequiredKeyedService<ClaimSourceReader>(
                provider.GetRequiredService<OAuthClientRegistry>().ResolveDefault("inject [FromKeyedServices(\"{0}\")] ClaimSourceReader")
            )
        );
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<OAuthClientServices>(name).SignIn);
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<OAuthClientServices>(name).Logout);
        services.TryAddSingleton(provider =>
            provider.GetRequiredKeyedService<OpenIdSignIn>(
                provider.GetRequiredService<OAuthClientRegistry>().ResolveDefault("inject [FromKeyedServices(\"{0}\")] OpenIdSignIn")
            )
        );
        services.TryAddSingleton(provider =>
            provider.GetRequiredKeyedService<OpenIdLogout>(
                provider.GetRequiredService<OAuthClientRegistry>().ResolveDefault("inject [FromKeyedServices(\"{0}\")] OpenIdLogout")
            )
        );
        services.AddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<OAuthClientServices>(name).Introspection);
        services.TryAddSingleton(provider =>
            provider.GetRequiredKeyedService<ClientHealth>(
                provider.GetRequiredService<OAuthClientRegistry>().ResolveDefault("inject [FromKeyedServices(\"{0}\")] ClientHealth")
            )
        );
        services.TryAddSingleton(provider =>
            provider.GetRequiredKeyedService<TokenIntrospection>(
                provider.GetRequiredService<OAuthClientRegistry>().ResolveDefault("inject [FromKeyedServices(\"{0}\")] TokenIntrospection")
            )
        );
        services.TryAddSingleton(provider =>
            provider.GetRequiredKeyedService<IOAuthClient>(
                provider.GetRequiredService<OAuthClientRegistry>().ResolveDefault("inject [FromKeyedServices(\"{0}\")] IOAuthClient")
            )
        );
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
        // The first filter has the last word on the handlers: only so it stands behind the one that adds the logging.
        services.Insert(0, ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, LoggingHandlerOrderFilter>());
        services.Insert(0, ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, AccessTokenPipelineFilter>());
        return clients;
    }
}
