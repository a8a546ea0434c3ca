using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OAuthClient.Sqlite;

/// <summary>Provides an extension method that registers the grant store in a file.</summary>
public static class SqliteGrantStoreServiceCollectionExtensions
{
    /// <summary>
    /// Stores the grants of all clients in a file on this machine, shared by all processes of the current user that use the same path. Only
    /// one process at a time sends a grant's refresh token. The store also contains the credentials of dynamically registered clients. It
    /// replaces the in-memory stores. Call this method before or after <c>AddOAuthClient</c>.
    /// </summary>
    /// <remarks>
    /// Without <c>EncryptWith</c>, <c>ProtectWith</c> and <c>KeyEnvironmentVariable</c>, the key comes from the registered
    /// <see cref="ISecretStorage"/>; if none is registered, from a file beside the database, which only the current user can read.
    /// </remarks>
    /// <param name="services">The service collection.</param>
    /// <param name="configure">Configures the file and the encryption of tokens; <see langword="null"/> for the defaults.</param>
    /// <returns>The same service collection.</returns>
    public static IServiceCollection AddSqliteGrantStore(
        this IServiceCollection services,
        Action<SqliteGrantStoreOptions>? configure = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<SqliteGrantStoreOptions>, SqliteGrantStoreOptionsSetup>()
        );
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SqliteGrantStoreOptions>, SqliteGrantStoreOptionsSetup>());
        var options = services.AddOptions<SqliteGrantStoreOptions>().ValidateOnStart();
        if (configure is not null)
            options.Configure(configure);
        services.TryAddSingleton(static provider => BackgroundWork.RunIsolated(provider, Create));
        services.AddGrantStore<SqliteGrantStore>();
        services.Replace(
            ServiceDescriptor.Singleton<IDynamicClientStore>(static provider => provider.GetRequiredService<SqliteGrantStore>().Clients)
        );
        return services;
    }

    private static SqliteGrantStore Create(IServiceProvider provider) =>
        new(
            provider.GetRequiredService<IOptions<SqliteGrantStoreOptions>>().Value,
            provider.GetService<ISecretStorage>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category)
        );
}
