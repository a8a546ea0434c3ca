using System.Reflection;
using Microsoft.Extensions.Options;
using static System.Environment;

namespace OAuthClient.Sqlite;

/// <summary>
/// Completes <see cref="SqliteGrantStoreOptions"/> after the application has configured them, and validates them when the host starts.
/// </summary>
internal sealed class SqliteGrantStoreOptionsSetup
    : IPostConfigureOptions<SqliteGrantStoreOptions>,
        IValidateOptions<SqliteGrantStoreOptions>
{
    private const string FileName = "grants.db";
    private const string EnvironmentKeyId = "environment";

    public void PostConfigure(string? name, SqliteGrantStoreOptions options)
    {
        if (options.KeyEnvironmentVariable is { } variable)
            options.EncryptWith(EnvironmentKeyId, GetEnvironmentVariable(variable));
        string folder = GetFolderPath(SpecialFolder.LocalApplicationData, SpecialFolderOption.DoNotVerify);
        if (options.Path is null && folder.Length > 0)
            options.Path = Path.Combine(folder, ApplicationName, FileName);
    }

    public ValidateOptionsResult Validate(string? name, SqliteGrantStoreOptions options)
    {
        var failures = Failures(options).Select(sentence => $"SQLite grant store: {sentence}").ToList();
        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private static string ApplicationName => Assembly.GetEntryAssembly()?.GetName().Name ?? "OAuthClient";

    private static IEnumerable<string> Failures(SqliteGrantStoreOptions o)
    {
        if (o.Path is null)
            yield return "the user that runs this process has no data folder. Set Path, for example \"/var/lib/app/grants.db\".";
        else if (
            string.IsNullOrWhiteSpace(o.Path)
            || o.Path.Contains('\0', StringComparison.Ordinal)
            || Path.EndsInDirectorySeparator(o.Path)
        )
            yield return "Path must be the path of a file.";
        else if (o.Path.StartsWith("file:", StringComparison.OrdinalIgnoreCase) || o.Path.StartsWith(':'))
            yield return "Path must be the path of a file, and not a name that SQLite interprets. Without a file, use the store in memory.";
        if (o.MaximumCacheBytes < 1)
            yield return "MaximumCacheBytes must be at least 1.";
        if (o.KeyEnvironmentVariable is { } variable && GetEnvironmentVariable(variable) is null or "")
            yield return $"the environment variable {o.KeyEnvironmentVariable} is not set.";
        else if (o.IsEncryptionConfigured)
        {
            foreach (string failure in o.Encryption.Validate())
                yield return failure;
        }
    }
}
