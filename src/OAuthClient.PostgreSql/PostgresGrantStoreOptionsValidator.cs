using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>Validates <see cref="PostgresGrantStoreOptions"/> when the host starts.</summary>
internal sealed class PostgresGrantStoreOptionsValidator(IServiceProviderIsService? registered = null)
    : IValidateOptions<PostgresGrantStoreOptions>
{
    private static readonly TimeSpan MaximumTimeout = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, PostgresGrantStoreOptions options)
    {
        var failures = Failures(options).Select(sentence => $"PostgreSQL grant store: {sentence}").ToList();
        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private IEnumerable<string> Failures(PostgresGrantStoreOptions o) => DatabaseFailures(o).Concat(o.Encryption.Validate());

    private IEnumerable<string> DatabaseFailures(PostgresGrantStoreOptions o)
    {
        if (string.IsNullOrWhiteSpace(o.ConnectionString))
        {
            if (o.ConnectionString is not null || registered?.IsService(typeof(NpgsqlDataSource)) != true)
                yield return "set ConnectionString, for example \"Host=db;Database=app;Username=app\", or register an NpgsqlDataSource.";
        }
        else if (TryRead(o.ConnectionString) is not { } connection)
        {
            yield return "ConnectionString is invalid. Npgsql expects key=value pairs, separated by semicolons.";
        }
        else if (!o.BehindTransactionPooler)
        {
            if (connection is { Pooling: true, MaxPoolSize: < 2 })
                yield return "ConnectionString allows one connection, which the store uses for notifications. Set Maximum Pool Size to 2 "
                    + "or more.";
            if (connection.Multiplexing)
                yield return "ConnectionString sets Multiplexing, which does not support notifications. Remove it.";
        }
        if (!StoreSchema.IsName(o.Schema))
            yield return StoreSchema.NameRule;
        if (o.CommandTimeout < TimeSpan.FromSeconds(1) || o.CommandTimeout > MaximumTimeout)
            yield return "CommandTimeout must be from 1 second to 1 minute.";
        if (o.MaximumCacheBytes < 1)
            yield return "MaximumCacheBytes must be at least 1.";
    }

    private static NpgsqlConnectionStringBuilder? TryRead(string text)
    {
        try
        {
            return new(text);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return null;
        }
    }
}
