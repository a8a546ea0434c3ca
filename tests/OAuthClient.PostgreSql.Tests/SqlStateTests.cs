namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests that cached grants are served in an outage only, and that the SQLSTATE determines what an outage is.</summary>
[TestFixture]
public sealed class SqlStateTests
{
    [TestCase("22000")]
    [TestCase("22021")]
    [TestCase("23514")]
    [TestCase("44000")]
    [TestCase("54000")]
    [Description("If the database refuses a value, the call fails, no cached grant is served, and the health check reports nothing")]
    public async Task A_data_error_fails_the_call(string sqlState)
    {
        await using var failing = await FailingNode.StartAsync(sqlState);

        await failing.WaitForRefusalAsync();

        Assert.That(failing.Node.Store.UnavailableReason, Is.Null);
        await failing.AssertRecoversAsync();
    }

    [TestCase("42501")]
    [TestCase("42P01")]
    [TestCase("28000")]
    [TestCase("0A000")]
    [Description("If the database refuses the statement, no cached grant is served, and the health check and the log say what to check")]
    public async Task A_configuration_error_is_reported(string sqlState)
    {
        await using var failing = await FailingNode.StartAsync(sqlState);

        await failing.WaitForRefusalAsync();

        Assert.That(
            failing.Node.Store.UnavailableReason,
            Does.Contain($"refuses the grant store (SQLSTATE {sqlState})").And.Contain("SchemaScript")
        );
        Assert.That(
            failing.Node.Log.Entries.Count(entry => entry.Message.Contains($"SQLSTATE {sqlState}", StringComparison.Ordinal)),
            Is.EqualTo(1),
            "logged once"
        );
        await failing.AssertRecoversAsync();
    }

    [TestCase("08006")]
    [TestCase("25006")]
    [TestCase("40001")]
    [TestCase("53300")]
    [TestCase("55000")]
    [TestCase("57014")]
    [TestCase("58030")]
    [TestCase("XX000")]
    [Description("In an outage, a cached grant that may be outdated is served for access tokens, and the health check reports the outage")]
    public async Task Cached_grants_are_served_in_an_outage(string sqlState)
    {
        await using var failing = await FailingNode.StartAsync(sqlState);

        for (int i = 0; i < 10; i++)
            await Grants.FindSingleAsync(failing.Node.Cache);
        await Eventually.UntilAsync(() =>
            failing.Node.Store.UnavailableReason?.Contains($"SQLSTATE {sqlState}", StringComparison.Ordinal) == true
        );
        await Grants.FindSingleAsync(failing.Node.Cache);

        Assert.That(
            async () => await failing.Node.Cache.FindCurrentAsync("photos", GrantOwner.User("42"), default),
            Throws.InstanceOf<Npgsql.PostgresException>()
        );
        await failing.AssertRecoversAsync();
    }

    /// <summary>A node whose reads fail with a SQLSTATE, and whose cached grants are stale.</summary>
    private sealed class FailingNode : IAsyncDisposable
    {
        private readonly PostgresCluster cluster;
        private readonly string schema;

        private FailingNode(PostgresCluster cluster, string schema, Node node) =>
            (this.cluster, this.schema, Node) = (cluster, schema, node);

        public Node Node { get; }

        public static async Task<FailingNode> StartAsync(string sqlState)
        {
            var database = await Cluster.RequireAsync();
            string schemaName = Node.NewSchema();
            string role = "reader_" + schemaName;
            await using (var administrator = await Node.OpenAsync(database.ConnectionString, schemaName))
                await Grants.AddAsync(administrator.Store);
            // A row security policy is evaluated for each row that a role other than the owner of the table reads.
            await Sql.RunAsync(
                database,
                $"""
                CREATE TABLE {schemaName}.fault (state text);
                CREATE FUNCTION {schemaName}.raise_fault() RETURNS boolean LANGUAGE plpgsql AS $$
                  DECLARE code text := (SELECT state FROM {schemaName}.fault);
                  BEGIN
                    IF code IS NOT NULL THEN RAISE EXCEPTION 'refused' USING ERRCODE = code; END IF;
                    RETURN true;
                  END $$;
                CREATE ROLE {role} LOGIN;
                GRANT USAGE ON SCHEMA {schemaName} TO {role};
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schemaName} TO {role};
                ALTER TABLE {schemaName}.grants_v4 ENABLE ROW LEVEL SECURITY;
                CREATE POLICY faults ON {schemaName}.grants_v4 USING ({schemaName}.raise_fault())
                """
            );
            ManualTimeProvider clock = new();
            var node = await Node.OpenAsync(
                database.ConnectionString + $";Username={role}",
                schemaName,
                clock,
                o => (o.CreateSchema, o.BehindTransactionPooler) = (false, true)
            );
            await Grants.FindSingleAsync(node.Cache);
            await Sql.RunAsync(database, $"INSERT INTO {schemaName}.fault VALUES ('{sqlState}')");
            clock.Advance(TimeSpan.FromSeconds(5));
            return new(database, schemaName, node);
        }

        /// <summary>Waits until the read in the background has failed. Until then, the cached grants are served.</summary>
        public async Task WaitForRefusalAsync()
        {
            OAuthException? refused = null;
            await Eventually.UntilAsync(
                () => refused is not null,
                async () =>
                {
                    try
                    {
                        await Node.Cache.FindAsync("photos", GrantOwner.User("42"), default);
                    }
                    catch (OAuthException exception)
                    {
                        refused = exception;
                    }
                }
            );
            Assert.That(refused!.InnerException, Is.InstanceOf<Npgsql.PostgresException>());
            Assert.That(async () => await Node.Cache.FindAsync("photos", GrantOwner.User("42"), default), Throws.TypeOf<OAuthException>());
        }

        public async Task AssertRecoversAsync()
        {
            await Sql.RunAsync(cluster, $"DELETE FROM {schema}.fault");
            Assert.That(await Node.Cache.FindCurrentAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));
            Assert.That(Node.Store.UnavailableReason, Is.Null);
        }

        public ValueTask DisposeAsync() => Node.DisposeAsync();
    }
}
