namespace OAuthClient.Tests;

/// <summary>The state of one node of a simulated refresh history.</summary>
internal sealed class SimulatedNode
{
    public Queue<RefreshEffect> Todo { get; } = new();
    public InterruptedRefreshes Interrupted { get; } = new();
    public bool IsBusy => Todo.Count > 0;
    public RefreshState? State { get; set; }
    public Grant? Seen { get; set; }
    public RefreshEffect.Save? Unsaved { get; set; }
    public long LeasedAt { get; set; }
    public ModelPresentation? Last { get; set; }
    public int Completions { get; set; }
    public bool HasToken { get; set; }
    public bool RequiresReauthorization { get; set; }
}
