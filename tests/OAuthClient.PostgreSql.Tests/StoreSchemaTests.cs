using Npgsql;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>The tables come about by themselves, once, or by a script that an administrator runs.</summary>
[TestFixture]
public sealed class StoreSchemaTests
{
    [Test]
    [Description("Nodes that start at the same moment create the tables once, and all find them")]
    public async Task Eight_nodes_at_once()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        var nodes = Enumerable.Range(0, 8).Select(_ => Node.Start(cluster.ConnectionString, schema)).ToList();

        var grants = await Task.WhenAll(nodes.Select(node => Task.Run(() => Grants.AddedAsync(node.Store))));

        foreach (var node in nodes)
            Assert.That((await node.Store.FindAsync("photos", GrantOwner.User("42"), default)).Select(grant => grant.Id), Is.EquivalentTo(grants.Select(grant => grant.Id)));
        Assert.That(await Sql.ReadAsync<long>(cluster, $"SELECT count(*) FROM {schema}.schema_version"), Is.EqualTo(StoreSchema.Version));
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    [Test]
    [Description("An administrator runs the script; the application's role then needs no right to create anything, and the script may run again")]
    public async Task An_administrator_creates_the_tables()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        string role = "role_" + schema;
        await Sql.RunAsync(cluster, PostgresGrantStoreOptions.SchemaScript(schema), PostgresGrantStoreOptions.SchemaScript(schema));
        await Sql.RunAsync(cluster, $"""
            CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}
            """);
        await using var node = Node.Start(cluster.ConnectionString + $";Username={role}", schema, configure: o => o.CreateSchema = false);

        var grant = await Grants.AddedAsync(node.Store);
        await Grants.LeaseAsync(node.Store, grant);
        Assert.That(await node.Store.TryReplaceAsync(Grants.After(grant), default), Is.True);
        Assert.That(await node.Store.TryConsumeStateAsync("state", DateTimeOffset.MaxValue, default), Is.True);
        Assert.That(node.Store.IsConnected, Is.True);
    }

    [Test]
    public async Task Missing_tables_are_asked_for()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = Node.Start(cluster.ConnectionString, schema, configure: o => o.CreateSchema = false);
        Assert.That(async () => await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Throws.TypeOf<OAuthException>().With.Message.Contains($"SchemaScript(\"{schema}\")"));

        await Sql.RunAsync(cluster, PostgresGrantStoreOptions.SchemaScript(schema));
        Assert.That(await node.Store.FindAsync("photos", GrantOwner.User("42"), default), Is.Empty, "and then it works without a restart");
    }

    [Test]
    [Description("Tables of version 1, with grants in them: eight nodes at once bring them up to date, once, and the old grants are found by fingerprint")]
    public async Task An_older_version_is_brought_up_to_date()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        List<Grant> old = [];
        await using (var first = Node.Start(cluster.ConnectionString, schema))
        {
            for (int i = 0; i < FingerprintRows.Batch + 1; i++)
                old.Add(await Grants.AddedAsync(first.Store));
        }
        await Sql.RunAsync(cluster, $"""
            ALTER TABLE {schema}.grants DROP COLUMN subject_fingerprint, DROP COLUMN session_fingerprint, DROP COLUMN has_fingerprints;
            DROP TABLE {schema}.clients;
            DELETE FROM {schema}.schema_version WHERE version > 1
            """);
        var nodes = Enumerable.Range(0, 8).Select(_ => Node.Start(cluster.ConnectionString, schema)).ToList();

        var found = await Task.WhenAll(nodes.Select(node => Task.Run(async () => await node.Store.FindByFingerprintAsync(old[0].SubjectFingerprint!, default))));

        foreach (var grants in found)
            Assert.That(grants.Select(grant => grant.Id), Is.EquivalentTo(old.Select(grant => grant.Id)));
        Assert.That(await Sql.ReadAsync<long>(cluster, $"SELECT count(*) FROM {schema}.schema_version"), Is.EqualTo(StoreSchema.Version));
        Assert.That(await nodes[0].Store.TryReplaceAsync(Grants.After(old[0]), default), Is.True, "and they live on");
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    [Test]
    [Description("What a node of version 1 adds while others are newer is found too, and a grant that this node cannot read does not stand in the way")]
    public async Task What_an_older_node_adds_is_found()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await using var node = Node.Start(cluster.ConnectionString, schema);
        var unreadable = await Grants.AddedAsync(node.Store);
        var grant = await Grants.AddedAsync(node.Store);
        await Sql.RunAsync(cluster, $"""
            UPDATE {schema}.grants SET subject_fingerprint = NULL, session_fingerprint = NULL, has_fingerprints = false;
            UPDATE {schema}.grants SET content = 'changed' WHERE id = '{unreadable.Id}'
            """);
        Assert.That((await node.Store.FindByFingerprintAsync(grant.SubjectFingerprint!, default)).Select(found => found.Id), Is.EqualTo(new[] { grant.Id }));
    }

    [Test]
    [Description("A node of an older release leaves the tables of a newer one alone")]
    public async Task A_newer_version_is_refused()
    {
        var cluster = await Cluster.RequireAsync();
        string schema = Node.NewSchema();
        await Sql.RunAsync(cluster, PostgresGrantStoreOptions.SchemaScript(schema), $"INSERT INTO {schema}.schema_version (version) VALUES (4)");
        await using var node = Node.Start(cluster.ConnectionString, schema);
        Assert.That(async () => await node.Store.FindAsync("photos", GrantOwner.User("42"), default),
            Throws.TypeOf<OAuthException>().With.Message.Contains("version 4").And.Message.Contains("Update the package on this node"));
    }
}
