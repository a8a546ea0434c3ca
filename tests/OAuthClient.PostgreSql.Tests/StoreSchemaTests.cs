namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests the creation of the tables, by the store or by a script that an administrator runs.</summary>
[TestFixture]
public sealed class StoreSchemaTests
{
    [Test]
    [Description("Nodes that start concurrently create the tables once, and all nodes use them")]
    public async Task Concurrent_nodes_create_the_tables_once()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        var nodes = Enumerable.Range(0, 8).Select(_ => Node.Start(cluster.ConnectionString, schema)).ToList();

        var grants = await Task.WhenAll(nodes.Select(node => Task.Run(() => Grants.AddAsync(node.Store))));

        foreach (var node in nodes)
            Assert.That(
                (await node.Store.FindAsync("photos", GrantOwner.User("42"), default)).Select(grant => grant.Id),
                Is.EquivalentTo(grants.Select(grant => grant.Id))
            );
        Assert.That(await Sql.ReadAsync<long>(cluster, $"SELECT count(*) FROM {schema}.schema_version"), Is.EqualTo(1));
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    [Test]
    [Description(
        "After an administrator has run the script, the application's role needs no right to create tables. The script can run again"
    )]
    public async Task An_administrator_can_create_the_tables()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        string role = "role_" + schema;
        await Sql.RunAsync(cluster, PostgresGrantStoreOptions.SchemaScript(schema), PostgresGrantStoreOptions.SchemaScript(schema));
        await Sql.RunAsync(
            cluster,
            $"""
            CREATE ROLE {role} LOGIN;
            GRANT USAGE ON SCHEMA {schema} TO {role};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}
            """
        );
        await using var node = Node.Start(cluster.ConnectionString + $";Username={role}", schema, configure: o => o.CreateSchema = false);

        var grant = await Grants.AddAsync(node.Store);
        await Grants.AcquireLeaseAsync(node.Store, grant);
        Assert.That(await node.Store.TryReplaceAsync(Grants.Next(grant), default), Is.True);
        Assert.That(await node.Store.TryConsumeStateAsync("state", DateTimeOffset.MaxValue, default), Is.True);
        Assert.That(node.Store.IsConnected, Is.True);
    }

    [Test]
    public async Task Missing_tables_are_reported()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = Node.Start(cluster.ConnectionString, schema, configure: o => o.CreateSchema = false);
        Assert.That(
            async () => await node.Store.FindAsync("photos", GrantOwner.User("42"), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains($"SchemaScript(\"{schema}\")")
        );

        await Sql.RunAsync(cluster, PostgresGrantStoreOptions.SchemaScript(schema));
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Is.Empty, "the store works without a restart");
    }

    [Test]
    [Description(
        "Threat: confusion of owner kinds. Tables of versions 1 to 3 are kept: their grants are neither read as those of a user with the "
            + "same id nor deleted, and the log says what to do"
    )]
    public async Task Tables_of_earlier_versions_are_kept()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await Sql.RunAsync(cluster, EarlierTables(schema));
        var nodes = Enumerable.Range(0, 8).Select(_ => Node.Start(cluster.ConnectionString, schema)).ToList();

        await Task.WhenAll(
            nodes.Select(node => Task.Run(async () => await node.Store.FindAsync("nothing", GrantOwner.User("unknown"), default)))
        );

        foreach (var owner in new[] { GrantOwner.User("42"), GrantOwner.User("user:42"), GrantOwner.Service("42"), GrantOwner.Client })
            Assert.That(await nodes[0].Store.FindAsync("photos", owner, default), Is.Empty);
        await Grants.AddAsync(nodes[0].Store);
        Assert.That(
            await Sql.ReadAsync<long>(cluster, $"SELECT count(*) FROM {schema}.grants WHERE id = 'earlier' AND content = 'content'"),
            Is.EqualTo(1)
        );
        Assert.That(
            await Sql.ReadAsync<string>(cluster, $"SELECT client_id FROM {schema}.clients"),
            Is.EqualTo("an-id"),
            "clients have no owner, and are still used"
        );
        Assert.That(
            await Sql.ReadAsync<int>(cluster, $"SELECT max(version) FROM {schema}.schema_version"),
            Is.EqualTo(StoreSchema.Version)
        );
        Assert.That(
            nodes[0].Log.Entries.Select(entry => entry.Message),
            Has.One.Contains("earlier version").And.One.Contains("Drop the table")
        );
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    [Test]
    [Description("If the tables cannot be created, the exception says that earlier grants are kept, and which script to run")]
    public async Task Missing_tables_beside_earlier_versions_are_reported()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await Sql.RunAsync(cluster, EarlierTables(schema));
        await using var node = Node.Start(cluster.ConnectionString, schema, configure: o => o.CreateSchema = false);

        Assert.That(
            async () => await node.Store.FindAsync("photos", GrantOwner.User("42"), default),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contains($"SchemaScript(\"{schema}\")")
                .And.Message.Contains("neither used nor deleted")
        );
    }

    [Test]
    [Description(
        "Threat: confusion of owner kinds. Content that was encrypted for a user is refused in the row of a service with the same id"
    )]
    public async Task Content_in_the_row_of_another_owner_kind_is_refused()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = Node.Start(cluster.ConnectionString, schema);
        await Grants.AddAsync(node.Store);
        Assert.That(await Sql.ReadAsync<string>(cluster, $"SELECT owner FROM {schema}.grants_v4"), Is.EqualTo("user:42"));

        await Sql.RunAsync(cluster, $"UPDATE {schema}.grants_v4 SET owner = 'service:42'");

        Assert.That(
            async () => await node.Store.FindAsync("photos", GrantOwner.Service("42"), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("cannot be decrypted")
        );
    }

    [Test]
    [Description("A node of an older release does not use the tables of a newer release")]
    public async Task A_newer_version_is_refused()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await Sql.RunAsync(
            cluster,
            PostgresGrantStoreOptions.SchemaScript(schema),
            $"INSERT INTO {schema}.schema_version (version) VALUES (5)"
        );
        await using var node = Node.Start(cluster.ConnectionString, schema);
        Assert.That(
            async () => await node.Store.FindAsync("photos", GrantOwner.User("42"), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("version 5").And.Message.Contains("Update the package on this node")
        );
    }

    // The tables of version 3, without the columns that these tests do not need.
    private static string EarlierTables(string schema) =>
        $"""
            CREATE SCHEMA {schema};
            CREATE TABLE {schema}.schema_version (
              version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now(), hint_key uuid NOT NULL DEFAULT gen_random_uuid());
            INSERT INTO {schema}.schema_version (version) VALUES (1), (2), (3);
            CREATE TABLE {schema}.grants (
              id text COLLATE "C" PRIMARY KEY, position bigint GENERATED ALWAYS AS IDENTITY,
              client_name text COLLATE "C" NOT NULL, owner text COLLATE "C" NOT NULL,
              hint text COLLATE "C" NOT NULL, generation bigint NOT NULL, content bytea NOT NULL);
            CREATE INDEX grants_of_owner ON {schema}.grants (client_name, owner);
            INSERT INTO {schema}.grants (id, client_name, owner, hint, generation, content)
              VALUES ('earlier', 'photos', '42', 'hint', 1, 'content');
            CREATE TABLE {schema}.used_states (fingerprint bytea PRIMARY KEY, ticket bigint NOT NULL, expires_at timestamptz NOT NULL);
            CREATE INDEX used_states_expired ON {schema}.used_states (expires_at);
            CREATE TABLE {schema}.clients (
              client_name text COLLATE "C" NOT NULL, server text COLLATE "C" NOT NULL, client_id text COLLATE "C" NOT NULL,
              generation bigint NOT NULL, content bytea NOT NULL,
              created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
              PRIMARY KEY (client_name, server));
            INSERT INTO {schema}.clients (client_name, server, client_id, generation, content)
              VALUES ('photos', 'https://as.example', 'an-id', 1, 'content')
            """;
}
