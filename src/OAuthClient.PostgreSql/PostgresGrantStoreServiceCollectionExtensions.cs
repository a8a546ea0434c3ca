using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>Registers the store for several machines.</summary>
public static class PostgresGrantStoreServiceCollectionExtensions
{
    /// <summary>
    /// Keeps the grants of all registered clients in PostgreSQL, shared by all nodes: of all of them, one at a time spends a refresh
    /// token. Clients that register themselves keep their credentials there too. Before or after <c>AddOAuthClient</c>; it takes the place of
    /// the stores in memory.
    /// </summary>
    /// <param name="services">The service collection.</param>
    /// <param name="configure">Where the database is, and how tokens are encrypted in it.</param>
    public static IServiceCollection AddPostgresGrantStore(this IServiceCollection services, Action<PostgresGrantStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<PostgresGrantStoreOptions>, PostgresGrantStoreOptionsValidator>()
        );
        services.AddOptions<PostgresGrantStoreOptions>().Configure(configure).ValidateOnStart();
        services.TryAddSingleton(static provider => BackgroundWork.RunIsolated(provider, Create));
        services.Replace(ServiceDescriptor.Singleton<IGrantStore>(provider => provider.GetRequiredService<PostgresGrantStore>()));
        services.Replace(
            ServiceDescriptor.Singleton<IDynamicClientStore>(provider => provider.GetRequiredService<PostgresGrantStore>().Clients)
        );
        return services;
    }

    private static PostgresGrantStore Create(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<PostgresGrantStoreOptions>>().Value;
        bool ours = options.ConnectionString is not null;
        return new(
            options,
            ours ? Source(options) : provider.GetRequiredService<NpgsqlDataSource>(),
            ours,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category)
        );
    }

    internal static NpgsqlDataSource Source(PostgresGrantStoreOptions options)
    {
        NpgsqlSlimDataSourceBuilder builder = new(options.ConnectionString);
        builder.EnableTransportSecurity();
        // No statement of ours leaves anything behind in a session.
        builder.ConnectionStringBuilder.NoResetOnClose = true;
        // Npgsql's own builder does not tell what was written from what was not.
        DbConnectionStringBuilder written = new() { ConnectionString = options.ConnectionString };
        if (!written.ContainsKey("Timeout"))
            builder.ConnectionStringBuilder.Timeout = (int)options.CommandTimeout.TotalSeconds;
        if (!written.ContainsKey("Application Name") && !written.ContainsKey("ApplicationName"))
            builder.ConnectionStringBuilder.ApplicationName = "OAuthClient";
        return builder.Build();
    }
}
