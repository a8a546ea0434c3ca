namespace OAuthClient.Chaos.Nodes;

/// <summary>A clock with the right rate and a constant offset.</summary>
internal sealed class OffsetClock(TimeSpan offset) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
}
