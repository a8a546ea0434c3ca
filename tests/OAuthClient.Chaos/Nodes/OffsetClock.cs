namespace OAuthClient.Chaos.Nodes;

/// <summary>A clock that goes right and shows the wrong time.</summary>
internal sealed class OffsetClock(TimeSpan offset) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
}
