namespace OAuthClient.PostgreSql.Tests;

/// <summary>The PostgreSQL server that the tests share. Each works in a schema of its own; who stops a server has one of its own.</summary>
[SetUpFixture]
public sealed class Cluster
{
    private static readonly Lock Starting = new();
    private static Task<PostgresCluster>? started;
    private static int said;

    /// <summary>Skips the test where there is none, with a line that says what to do; where every test must run, fails it.</summary>
    internal static async Task<PostgresCluster> RequireAsync()
    {
        await RequireBinariesAsync();
        Task<PostgresCluster> cluster;
        lock (Starting)
            cluster = started ??= PostgresCluster.StartAsync();
        return await cluster;
    }

    internal static async Task<PostgresCluster> StartOwnAsync()
    {
        await RequireBinariesAsync();
        return await PostgresCluster.StartAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (started is not null)
            await (await started).DisposeAsync();
    }

    private static async Task RequireBinariesAsync()
    {
        if (PostgresCluster.CanStart)
            return;
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            Assert.Fail(PostgresCluster.Missing);
        if (Interlocked.Exchange(ref said, 1) == 0)
            await TestContext.Error.WriteLineAsync(PostgresCluster.Missing);
        Assert.Ignore(PostgresCluster.Missing);
    }
}
