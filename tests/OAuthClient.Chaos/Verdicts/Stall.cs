namespace OAuthClient.Chaos.Verdicts;

/// <summary>An interval in which a process should have run and the machine did not run it.</summary>
/// <param name="Process">The process: <see cref="Rig"/>, <see cref="Database"/> or the name of a node.</param>
/// <param name="From">When it should have run.</param>
/// <param name="To">When it ran.</param>
internal sealed record Stall(string Process, DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>The process of the rig, which hosts the authorization server and the API.</summary>
    public const string Rig = "rig";

    /// <summary>The PostgreSQL server.</summary>
    public const string Database = "database";

    public TimeSpan Length => To - From;

    public override string ToString() =>
        FormattableString.Invariant($"{From:mm:ss.fff} {Process} did not run for {Length.TotalMilliseconds:F0} ms");
}
