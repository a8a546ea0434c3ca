using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests the registration of the store and the validation of its options.</summary>
[TestFixture]
public sealed class RegistrationTests
{
    private const string ConnectionString = "Host=db.example;Username=app";

    [Test]
    public async Task The_store_replaces_the_in_memory_store_in_either_order([Values] bool before)
    {
        ServiceCollection services = new();
        if (before)
            services.AddPostgresGrantStore(ConfigureValid);
        services.AddOAuthClient(o => o.ClientId = "1");
        if (!before)
            services.AddPostgresGrantStore(ConfigureValid);

        await using var provider = services.BuildServiceProvider();

        Assert.That(provider.GetServices<IGrantStore>().Single(), Is.TypeOf<CachedGrantStore>());
        Assert.That(provider.GetServices<IDynamicClientStore>().Single(), Is.TypeOf<PostgresDynamicClientStore>());
    }

    [Test]
    [Description("A data source of the application is used and not disposed")]
    public async Task A_registered_data_source_is_used()
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        ServiceCollection services = new();
        services.AddSingleton(source);
        services.AddPostgresGrantStore(o => o.EncryptWith("first", Node.Key));

        await using (var provider = services.BuildServiceProvider())
            Assert.That(provider.GetRequiredService<IGrantStore>(), Is.TypeOf<CachedGrantStore>());

        Assert.That(() => source.CreateConnection(), Throws.Nothing);
    }

    [Test]
    [Description("A container that is disposed synchronously, as in a console application, disposes the store")]
    public void Synchronous_disposal_disposes_the_store()
    {
        var services = new ServiceCollection().AddPostgresGrantStore(ConfigureValid).BuildServiceProvider();
        var store = services.GetRequiredService<IGrantStore>();
        services.Dispose();
        Assert.That(async () => await store.FindAsync("photos", GrantOwner.User("42"), default), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Invalid_options_fail_at_startup()
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddPostgresGrantStore(_ => { });
        using var host = builder.Build();
        Assert.That(
            async () => await host.StartAsync(),
            Throws
                .TypeOf<OptionsValidationException>()
                .With.Message.Contains("set ConnectionString")
                .And.Message.Contains("no encryption is configured. Call EncryptWith")
        );
    }

    [TestCase("db.example", "ConnectionString is invalid")]
    [TestCase("Host=db;Colour=blue", "ConnectionString is invalid")]
    [TestCase("Host=db;Port=many", "ConnectionString is invalid")]
    [TestCase(" ", "set ConnectionString")]
    [TestCase("Host=db;Maximum Pool Size=1", "Maximum Pool Size to 2 or more")]
    [TestCase("Host=db;Multiplexing=true", "Multiplexing")]
    public void Invalid_connection_strings_are_refused(string text, string expectedMessage) =>
        AssertRefused(o => o.ConnectionString = text, expectedMessage);

    [Test]
    [Description("Behind a transaction pooler the store keeps no connection open")]
    public void A_pool_of_one_connection_is_valid_behind_a_pooler() =>
        Assert.That(
            Failures(o => (o.ConnectionString, o.BehindTransactionPooler) = ("Host=db;Maximum Pool Size=1;Multiplexing=true", true)),
            Is.Empty
        );

    [Test]
    [Description("The message does not contain the connection string, which can contain a password")]
    public void A_connection_string_is_not_in_the_message() =>
        Assert.That(Failures(o => o.ConnectionString = "Host=db;Port=many;Password=canary"), Does.Not.Contain("canary"));

    [TestCase("Upper")]
    [TestCase("1st")]
    [TestCase("a\";DROP")]
    [TestCase("a'b")]
    [TestCase("")]
    [TestCase("line\n")]
    [TestCase("a23456789b123456789c123456789d123456789e123456789")]
    [Description("The schema is inserted into statements as text, so that only plain names are accepted")]
    public void A_schema_must_be_a_plain_name(string name)
    {
        AssertRefused(o => o.Schema = name, "Schema must consist of");
        Assert.That(() => PostgresGrantStoreOptions.SchemaScript(name), Throws.ArgumentException);
    }

    [TestCase("")]
    [TestCase("c2hvcnQ=")]
    [TestCase("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAA==")]
    [TestCase("not base64")]
    public void A_key_must_have_32_bytes(string key)
    {
        AssertRefused(o => o.DecryptWith("second", key), "the key 'second'");
        Assert.That(Failures(o => o.DecryptWith("second", key)), key.Length == 0 ? Does.Contain("is empty") : Does.Not.Contain(key));
    }

    [Test]
    public void Key_ids_must_be_valid_and_unique()
    {
        AssertRefused(o => o.DecryptWith("first", Node.OtherKey), "used more than once");
        AssertRefused(o => o.DecryptWith("no name", Node.OtherKey), "a key's id must be");
        AssertRefused(o => o.EncryptWith("second", Node.OtherKey), "once");
        AssertRefused(o => o.ProtectWith(bytes => bytes, bytes => bytes), "once");
    }

    [Test]
    public void Options_outside_their_range_are_refused()
    {
        AssertRefused(o => o.CommandTimeout = TimeSpan.FromMilliseconds(999), "CommandTimeout");
        AssertRefused(o => o.CommandTimeout = TimeSpan.FromSeconds(61), "CommandTimeout");
        AssertRefused(o => o.MaximumCacheBytes = 0, "MaximumCacheBytes");
        Assert.That(Failures(_ => { }), Is.Empty);
    }

    [Test]
    [Description("A node opens at most 20 connections unless the connection string says otherwise")]
    public void A_node_opens_at_most_20_connections()
    {
        Assert.That(Connections(_ => { }).MaxPoolSize, Is.EqualTo(20));
        Assert.That(Connections(o => o.ConnectionString += ";Maximum Pool Size=7").MaxPoolSize, Is.EqualTo(7));
    }

    [Test]
    [Description("Statements are prepared, but not behind a transaction pooler, which may execute each on another connection")]
    public void Statements_are_prepared_without_a_pooler()
    {
        Assert.That(Connections(_ => { }).MaxAutoPrepare, Is.GreaterThan(0));
        Assert.That(Connections(o => o.BehindTransactionPooler = true).MaxAutoPrepare, Is.Zero);
        Assert.That(Connections(o => o.ConnectionString += ";Max Auto Prepare=0").MaxAutoPrepare, Is.Zero);
    }

    private static NpgsqlConnectionStringBuilder Connections(Action<PostgresGrantStoreOptions> change)
    {
        PostgresGrantStoreOptions options = new();
        ConfigureValid(options);
        change(options);
        using var source = PostgresGrantStoreServiceCollectionExtensions.CreateSource(options);
        return new(source.ConnectionString);
    }

    private static void ConfigureValid(PostgresGrantStoreOptions o)
    {
        o.ConnectionString = ConnectionString;
        o.EncryptWith("first", Node.Key);
    }

    private static void AssertRefused(Action<PostgresGrantStoreOptions> change, string expectedMessage) =>
        Assert.That(Failures(change), Does.Contain("PostgreSQL grant store: ").And.Contain(expectedMessage));

    private static string Failures(Action<PostgresGrantStoreOptions> change)
    {
        PostgresGrantStoreOptions options = new();
        ConfigureValid(options);
        change(options);
        return new PostgresGrantStoreOptionsValidator().Validate(name: null, options).FailureMessage ?? "";
    }
}
