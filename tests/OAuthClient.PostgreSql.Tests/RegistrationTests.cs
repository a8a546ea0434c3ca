using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>One line of registration, and what it says when it is wrong.</summary>
[TestFixture]
public sealed class RegistrationTests
{
    private const string ConnectionString = "Host=db.example;Username=app";

    [Test]
    public async Task It_takes_the_place_of_the_store_in_memory_before_and_after([Values] bool before)
    {
        ServiceCollection services = new();
        if (before)
            services.AddPostgresGrantStore(Good);
        services.AddOAuthClient(o => o.ClientId = "1");
        if (!before)
            services.AddPostgresGrantStore(Good);

        await using var provider = services.BuildServiceProvider();

        Assert.That(provider.GetServices<IGrantStore>().Single(), Is.TypeOf<PostgresGrantStore>());
        Assert.That(provider.GetServices<IDynamicClientStore>().Single(), Is.TypeOf<PostgresDynamicClientStore>());
    }

    [Test]
    [Description("A data source of the application is used, and not disposed of")]
    public async Task A_registered_data_source_is_used()
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString);
        ServiceCollection services = new();
        services.AddSingleton(source);
        services.AddPostgresGrantStore(o => o.EncryptWith("first", Node.Key));

        await using (var provider = services.BuildServiceProvider())
            Assert.That(provider.GetRequiredService<IGrantStore>(), Is.TypeOf<PostgresGrantStore>());

        Assert.That(() => source.CreateConnection(), Throws.Nothing);
    }

    [Test]
    [Description("A container that is disposed of synchronously, as in a console program, takes the store with it")]
    public void Disposed_of_synchronously()
    {
        var services = new ServiceCollection().AddPostgresGrantStore(Good).BuildServiceProvider();
        var store = services.GetRequiredService<IGrantStore>();
        services.Dispose();
        Assert.That(async () => await store.FindAsync("photos", GrantOwner.User("42"), default), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void Wrong_options_fail_at_start()
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
    public void A_connection_string_is_read(string text, string sentence) => AssertRefused(o => o.ConnectionString = text, sentence);

    [Test]
    [Description("Behind a transaction pooler no connection is kept")]
    public void One_connection_is_enough_where_none_is_kept() =>
        Assert.That(
            Failures(o => (o.ConnectionString, o.BehindTransactionPooler) = ("Host=db;Maximum Pool Size=1;Multiplexing=true", true)),
            Is.Empty
        );

    [Test]
    [Description("What is wrong with a connection string is said without saying it: it may hold a password")]
    public void A_connection_string_is_not_printed() =>
        Assert.That(Failures(o => o.ConnectionString = "Host=db;Port=many;Password=canary"), Does.Not.Contain("canary"));

    [TestCase("Upper")]
    [TestCase("1st")]
    [TestCase("a\";DROP")]
    [TestCase("a'b")]
    [TestCase("")]
    [TestCase("line\n")]
    [TestCase("a23456789b123456789c123456789d123456789e123456789")]
    [Description("The one name that goes into statements as text")]
    public void A_schema_is_a_plain_name(string name)
    {
        AssertRefused(o => o.Schema = name, "Schema must consist of");
        Assert.That(() => PostgresGrantStoreOptions.SchemaScript(name), Throws.ArgumentException);
    }

    [TestCase("")]
    [TestCase("c2hvcnQ=")]
    [TestCase("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gAA==")]
    [TestCase("not base64")]
    public void A_key_is_32_bytes(string key)
    {
        AssertRefused(o => o.DecryptWith("second", key), "the key 'second'");
        Assert.That(Failures(o => o.DecryptWith("second", key)), key.Length == 0 ? Does.Contain("is empty") : Does.Not.Contain(key));
    }

    [Test]
    public void Keys_have_names_of_their_own()
    {
        AssertRefused(o => o.DecryptWith("first", Node.OtherKey), "used more than once");
        AssertRefused(o => o.DecryptWith("no name", Node.OtherKey), "a key's id must be");
        AssertRefused(o => o.EncryptWith("second", Node.OtherKey), "once");
        AssertRefused(o => o.ProtectWith(bytes => bytes, bytes => bytes), "once");
    }

    [Test]
    public void Bounds()
    {
        AssertRefused(o => o.CommandTimeout = TimeSpan.FromMilliseconds(999), "CommandTimeout");
        AssertRefused(o => o.CommandTimeout = TimeSpan.FromSeconds(61), "CommandTimeout");
        AssertRefused(o => o.MaximumOwnersInMemory = 0, "MaximumOwnersInMemory");
        Assert.That(Failures(_ => { }), Is.Empty);
    }

    private static void Good(PostgresGrantStoreOptions o)
    {
        o.ConnectionString = ConnectionString;
        o.EncryptWith("first", Node.Key);
    }

    private static void AssertRefused(Action<PostgresGrantStoreOptions> change, string sentence) =>
        Assert.That(Failures(change), Does.Contain("PostgreSQL grant store: ").And.Contain(sentence));

    private static string Failures(Action<PostgresGrantStoreOptions> change)
    {
        PostgresGrantStoreOptions options = new();
        Good(options);
        change(options);
        return new PostgresGrantStoreOptionsValidator().Validate(name: null, options).FailureMessage ?? "";
    }
}
