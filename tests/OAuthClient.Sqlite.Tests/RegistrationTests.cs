using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.Sqlite.Tests;

/// <summary>Tests the registration of the store and the validation of its options.</summary>
[TestFixture]
public sealed class RegistrationTests
{
    [Test]
    public async Task The_store_replaces_those_in_memory_before_and_after_the_client()
    {
        foreach (bool isFirst in new[] { true, false })
        {
            await using StoreFolder folder = new();
            ServiceCollection services = new();
            if (isFirst)
                services.AddSqliteGrantStore(options => options.Path = folder.Path);
            services.AddOAuthClient(options => options.ClientId = "client-id");
            if (!isFirst)
                services.AddSqliteGrantStore(options => options.Path = folder.Path);
            await using var provider = services.BuildServiceProvider();
            Assert.That(provider.GetRequiredService<IGrantStore>(), Is.TypeOf<CachedGrantStore>());
            Assert.That(provider.GetRequiredService<IDynamicClientStore>(), Is.TypeOf<SqliteDynamicClientStore>());
            await provider.GetRequiredService<IGrantStore>().AddAsync(SampleGrants.Create("g1", "42"), default);
            Assert.That(File.Exists(folder.Path));
        }
    }

    [Test]
    public void The_default_path_is_in_the_data_folder_of_the_user_and_names_the_application()
    {
        string? path = Options(_ => { }).Path;
        string folder = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData,
            Environment.SpecialFolderOption.DoNotVerify
        );
        Assert.That(path, Is.EqualTo(Path.Combine(folder, Assembly.GetEntryAssembly()!.GetName().Name!, "grants.db")));
    }

    [Test]
    public void A_key_of_an_environment_variable_is_used()
    {
        const string variable = "OAUTHCLIENT_SQLITE_TEST_KEY";
        Environment.SetEnvironmentVariable(variable, StoreFolder.Key);
        Assert.That(Options(options => options.KeyEnvironmentVariable = variable).IsEncryptionConfigured);
        Environment.SetEnvironmentVariable(variable, null);
    }

    [TestCase("", "Path must be the path of a file")]
    [TestCase("data/", "Path must be the path of a file")]
    [TestCase(":memory:", "not a name that SQLite interprets")]
    [TestCase("file:grants.db?mode=memory", "not a name that SQLite interprets")]
    public void A_path_that_is_not_the_path_of_a_file_is_refused(string path, string reason) =>
        Assert.That(Refusal(options => options.Path = path), Does.Contain(reason));

    [Test]
    public void Missing_and_wrong_keys_are_refused()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Refusal(options => options.KeyEnvironmentVariable = "OAUTHCLIENT_SQLITE_MISSING"),
                Does.Contain("the environment variable OAUTHCLIENT_SQLITE_MISSING is not set")
            );
            Assert.That(Refusal(options => options.EncryptWith("first", "short")), Does.Contain("must be 32 bytes in base64"));
            Assert.That(Refusal(options => options.MaximumCacheBytes = 0), Does.Contain("MaximumCacheBytes must be at least 1"));
        }
    }

    private static SqliteGrantStoreOptions Options(Action<SqliteGrantStoreOptions> configure)
    {
        ServiceCollection services = new();
        services.AddSqliteGrantStore(configure);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<SqliteGrantStoreOptions>>().Value;
    }

    private static string Refusal(Action<SqliteGrantStoreOptions> configure) =>
        Assert.Throws<OptionsValidationException>(() => Options(configure))!.Message;
}
