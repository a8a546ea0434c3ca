using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>Provides an extension method that registers the grant store in PostgreSQL.</summary>
public static class PostgresGrantStoreServiceCollectionExtensions
{
    private const int MaximumConnections = 20;

    // More than the store has statements.
    private const int MaximumPreparedStatements = 32;

    /// <summary>
    /// Stores the grants of all clients in PostgreSQL, shared by all nodes. Only one node at a time sends a grant's refresh token. The
    /// store also contains the credentials of dynamically registered clients. It replaces the in-memory stores. Call this method before or
    /// after <c>AddOAuthClient</c>.
    /// </summary>
    /// <param name="services">The service collection.</param>
    /// <param name="configure">Configures the database connection and the encryption of tokens.</param>
    /// <returns>The same service collection.</returns>
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
        services.AddGrantStore<PostgresGrantStore>();
        services.Replace(
            ServiceDescriptor.Singleton<IDynamicClientStore>(provider => provider.GetRequiredService<PostgresGrantStore>().Clients)
        );
        return services;
    }

    private static PostgresGrantStore Create(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<PostgresGrantStoreOptions>>().Value;
        bool ownsSource = options.ConnectionString is not null;
        return new(
            options,
            ownsSource ? CreateSource(options) : provider.GetRequiredService<NpgsqlDataSource>(),
            ownsSource,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category)
        );
    }

    internal static NpgsqlDataSource CreateSource(PostgresGrantStoreOptions options)
    {
        NpgsqlSlimDataSourceBuilder builder = new(options.ConnectionString);
        builder.EnableTransportSecurity();
        // The statements of this library leave no state in a session.
        builder.ConnectionStringBuilder.NoResetOnClose = true;
        // NpgsqlConnectionStringBuilder does not distinguish explicit values from defaults.
        DbConnectionStringBuilder settings = new() { ConnectionString = options.ConnectionString };
        if (!settings.ContainsKey("Timeout"))
            builder.ConnectionStringBuilder.Timeout = (int)options.CommandTimeout.TotalSeconds;
        if (!settings.ContainsKey("Maximum Pool Size") && !settings.ContainsKey("MaxPoolSize"))
            builder.ConnectionStringBuilder.MaxPoolSize = MaximumConnections;
        // A transaction pooler assigns another connection to each statement, on which it is not prepared.
        if (!options.BehindTransactionPooler && !settings.ContainsKey("Max Auto Prepare") && !settings.ContainsKey("MaxAutoPrepare"))
        {
            builder.ConnectionStringBuilder.MaxAutoPrepare = MaximumPreparedStatements;
            builder.ConnectionStringBuilder.AutoPrepareMinUsages = 2;
        }
        if (!settings.ContainsKey("Application Name") && !settings.ContainsKey("ApplicationName"))
            builder.ConnectionStringBuilder.ApplicationName = "OAuthClient";
        return builder.Build();
    }
}
