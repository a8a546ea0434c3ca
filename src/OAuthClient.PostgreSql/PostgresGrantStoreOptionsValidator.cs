using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>Says at start what would fail later, in sentences that say what to write.</summary>
internal sealed class PostgresGrantStoreOptionsValidator(IServiceProviderIsService? registered = null)
    : IValidateOptions<PostgresGrantStoreOptions>
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromMinutes(1);

    public ValidateOptionsResult Validate(string? name, PostgresGrantStoreOptions options)
    {
        var failures = Failures(options).Select(sentence => $"PostgreSQL grant store: {sentence}").ToList();
        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private IEnumerable<string> Failures(PostgresGrantStoreOptions o) => DatabaseFailures(o).Concat(KeyFailures(o));

    private IEnumerable<string> DatabaseFailures(PostgresGrantStoreOptions o)
    {
        if (string.IsNullOrWhiteSpace(o.ConnectionString))
        {
            if (o.ConnectionString is not null || registered?.IsService(typeof(NpgsqlDataSource)) != true)
                yield return "set ConnectionString, for example \"Host=db;Database=app;Username=app\", or register an NpgsqlDataSource.";
        }
        else if (TryRead(o.ConnectionString) is not { } connection)
        {
            yield return "ConnectionString is not one that Npgsql can read; write key=value pairs, separated by semicolons.";
        }
        else if (!o.BehindTransactionPooler)
        {
            if (connection is { Pooling: true, MaxPoolSize: < 2 })
                yield return "ConnectionString allows one connection; the store keeps one for notifications, so write Maximum Pool Size=2 or more.";
            if (connection.Multiplexing)
                yield return "ConnectionString says Multiplexing, with which no notification can be heard; leave it out.";
        }
        if (!StoreSchema.IsName(o.Schema))
            yield return StoreSchema.NameRule;
        if (o.CommandTimeout < TimeSpan.FromSeconds(1) || o.CommandTimeout > LongestTimeout)
            yield return "CommandTimeout must be from 1 second to 1 minute.";
        if (o.MaximumOwnersInMemory < 1)
            yield return "MaximumOwnersInMemory must be at least 1.";
    }

    private static IEnumerable<string> KeyFailures(PostgresGrantStoreOptions o)
    {
        int encrypting = o.Keys.Count(key => key.Encrypts) + (o.Protection is null ? 0 : 1);
        if (encrypting == 0)
            yield return "say how tokens are encrypted: EncryptWith(\"2026-01\", key), with a key as `openssl rand -base64 32` prints it, or ProtectWith(…).";
        if (encrypting > 1)
            yield return "call EncryptWith or ProtectWith once; older keys are for DecryptWith.";
        foreach (var (id, key, _) in o.Keys)
        {
            if (!EncryptionKey.IsId(id))
                yield return "a key's name must be 1 to 64 letters, digits, dots, dashes or underscores.";
            else if (string.IsNullOrWhiteSpace(key))
                yield return $"the key '{id}' is empty; is it in the configuration of this machine?";
            else if (!EncryptionKey.IsKey(key))
                yield return $"the key '{id}' must be 32 bytes as base64, as `openssl rand -base64 32` prints them.";
        }
        foreach (var twice in o.Keys.GroupBy(key => key.Id, StringComparer.Ordinal).Where(same => same.Count() > 1))
            yield return $"the key '{twice.Key}' is given twice; every key has a name of its own.";
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
