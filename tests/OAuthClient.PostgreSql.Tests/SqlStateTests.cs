namespace OAuthClient.PostgreSql.Tests;

/// <summary>Only an outage permits that a copy in memory stands in for the database, and the SQLSTATE says what is one.</summary>
[TestFixture]
public sealed class SqlStateTests
{
    [TestCase("22000")]
    [TestCase("22021")]
    [TestCase("23514")]
    [TestCase("44000")]
    [TestCase("54000")]
    [Description("The database refuses a value: the call fails, no copy is served in its place, and the health check is silent")]
    public async Task An_error_of_the_data(string sqlState)
    {
        await using var bed = await Bed.StartAsync(sqlState);

        await bed.UntilRefusedAsync();

        Assert.That(bed.Node.Store.UnavailableReason, Is.Null);
        await bed.AssertRecoversAsync();
    }

    [TestCase("42501")]
    [TestCase("42P01")]
    [TestCase("28000")]
    [TestCase("0A000")]
    [Description("The database refuses the statement: no copy is served in its place, and health check and log say what to check")]
    public async Task An_error_of_the_configuration(string sqlState)
    {
        await using var bed = await Bed.StartAsync(sqlState);

        await bed.UntilRefusedAsync();

        Assert.That(
            bed.Node.Store.UnavailableReason,
            Does.Contain($"refuses the grant store (SQLSTATE {sqlState})").And.Contain("SchemaScript")
        );
        Assert.That(
            bed.Node.Log.Entries.Count(entry => entry.Message.Contains($"SQLSTATE {sqlState}", StringComparison.Ordinal)),
            Is.EqualTo(1),
            "logged once"
        );
        await bed.AssertRecoversAsync();
    }

    [TestCase("08006")]
    [TestCase("25006")]
    [TestCase("40001")]
    [TestCase("53300")]
    [TestCase("55000")]
    [TestCase("57014")]
    [TestCase("58030")]
    [TestCase("XX000")]
    [Description(
        "The database cannot work: a copy that may have missed a change is served for access tokens, and the health check says so"
    )]
    public async Task An_outage(string sqlState)
    {
        await using var bed = await Bed.StartAsync(sqlState);

        for (int i = 0; i < 10; i++)
            await Grants.OnlyAsync(bed.Node.Store);
        await Eventually.UntilAsync(() =>
            bed.Node.Store.UnavailableReason?.Contains($"SQLSTATE {sqlState}", StringComparison.Ordinal) == true
        );
        await Grants.OnlyAsync(bed.Node.Store);

        Assert.That(
            async () => await bed.Node.Store.FindCurrentAsync("photos", GrantOwner.User("42"), default),
            Throws.InstanceOf<Npgsql.PostgresException>()
        );
        await bed.AssertRecoversAsync();
    }

    /// <summary>A node whose reads end with a SQLSTATE, and whose copy of the owner's grants is a few seconds old.</summary>
    private sealed class Bed : IAsyncDisposable
    {
        private readonly PostgresCluster cluster;
        private readonly string schema;

        private Bed(PostgresCluster cluster, string schema, Node node) => (this.cluster, this.schema, Node) = (cluster, schema, node);

        public Node Node { get; }

        public static async Task<Bed> StartAsync(string sqlState)
        {
            var database = await Cluster.RequireAsync();
            string tables = Node.NewSchema();
            string role = "reader_" + tables;
            await using (var administrator = await Node.OpenAsync(database.ConnectionString, tables))
                await Grants.AddedAsync(administrator.Store);
            // A policy for the rows of a table is asked for each row that a role other than its owner reads.
            await Sql.RunAsync(
                database,
                $"""
                CREATE TABLE {tables}.fault (state text);
                CREATE FUNCTION {tables}.raise_fault() RETURNS boolean LANGUAGE plpgsql AS $$
                  DECLARE code text := (SELECT state FROM {tables}.fault);
                  BEGIN
                    IF code IS NOT NULL THEN RAISE EXCEPTION 'refused' USING ERRCODE = code; END IF;
                    RETURN true;
                  END $$;
                CREATE ROLE {role} LOGIN;
                GRANT USAGE ON SCHEMA {tables} TO {role};
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {tables} TO {role};
                ALTER TABLE {tables}.grants_v4 ENABLE ROW LEVEL SECURITY;
                CREATE POLICY faults ON {tables}.grants_v4 USING ({tables}.raise_fault())
                """
            );
            ManualTimeProvider clock = new();
            var node = await Node.OpenAsync(
                database.ConnectionString + $";Username={role}",
                tables,
                clock,
                o => (o.CreateSchema, o.BehindTransactionPooler) = (false, true)
            );
            await Grants.OnlyAsync(node.Store);
            await Sql.RunAsync(database, $"INSERT INTO {tables}.fault VALUES ('{sqlState}')");
            clock.Advance(TimeSpan.FromSeconds(5));
            return new(database, tables, node);
        }

        /// <summary>The copy is served until the first read has ended, which goes on in the background.</summary>
        public async Task UntilRefusedAsync()
        {
            OAuthException? refused = null;
            await Eventually.UntilAsync(
                () => refused is not null,
                async () =>
                {
                    try
                    {
                        await Node.Store.FindAsync("photos", GrantOwner.User("42"), default);
                    }
                    catch (OAuthException exception)
                    {
                        refused = exception;
                    }
                }
            );
            Assert.That(refused!.InnerException, Is.InstanceOf<Npgsql.PostgresException>());
            Assert.That(async () => await Node.Store.FindAsync("photos", GrantOwner.User("42"), default), Throws.TypeOf<OAuthException>());
        }

        public async Task AssertRecoversAsync()
        {
            await Sql.RunAsync(cluster, $"DELETE FROM {schema}.fault");
            Assert.That(await Node.Store.FindCurrentAsync("photos", GrantOwner.User("42"), default), Has.Count.EqualTo(1));
            Assert.That(Node.Store.UnavailableReason, Is.Null);
        }

        public ValueTask DisposeAsync() => Node.DisposeAsync();
    }
}
