namespace OAuthClient.Tests;

/// <summary>Decides the next state and effects of a refresh: the state machine, or a faulty rule that a test must detect.</summary>
internal delegate (RefreshState State, IReadOnlyList<RefreshEffect> Effects) RefreshRule(
    RefreshContext context,
    RefreshState state,
    RefreshEvent refreshEvent,
    DateTimeOffset now
);
