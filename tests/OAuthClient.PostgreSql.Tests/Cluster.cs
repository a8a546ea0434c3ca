namespace OAuthClient.PostgreSql.Tests;

/// <summary>
/// The PostgreSQL server that the tests share. Each test uses its own schema. A test that stops the server starts its own.
/// </summary>
[SetUpFixture]
public sealed class Cluster
{
    private static readonly Lock StartLock = new();
    private static Task<PostgresCluster>? sharedCluster;
    private static int reportCount;

    /// <summary>Returns the shared server. If PostgreSQL is not installed, the test is ignored, or fails on a build server.</summary>
    internal static async Task<PostgresCluster> RequireAsync()
    {
        await RequireBinariesAsync();
        Task<PostgresCluster> cluster;
        lock (StartLock)
            cluster = sharedCluster ??= PostgresCluster.StartAsync();
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
        if (sharedCluster is not null)
            await (await sharedCluster).DisposeAsync();
    }

    private static async Task RequireBinariesAsync()
    {
        if (PostgresCluster.CanStart)
            return;
        if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
            Assert.Fail(PostgresCluster.Missing);
        if (Interlocked.Exchange(ref reportCount, 1) == 0)
            await TestContext.Error.WriteLineAsync(PostgresCluster.Missing);
        Assert.Ignore(PostgresCluster.Missing);
    }
}
