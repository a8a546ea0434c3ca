namespace OAuthClient.Tests;

/// <summary>Forwards each call to another store with a change feed, but those that a defect replaces.</summary>
internal sealed class ForwardingFeedStore(FeedStore inner) : ForwardingGrantStore(inner), IGrantChangeFeed
{
    public Action<Action<string>, Action, Action<TimeSpan>>? OnSubscribe { get; init; }
    public Func<string, GrantOwner, string>? OnKey { get; init; }
    public Func<IReadOnlyDictionary<string, IReadOnlyList<Grant>>, IReadOnlyCollection<string>>? OnFindOutdated { get; init; }
    public bool IsAlwaysOutage { get; init; }

    public void Subscribe(Action<string> changed, Action connected, Action<TimeSpan> disconnected) =>
        (OnSubscribe ?? inner.Subscribe)(changed, connected, disconnected);

    public ValueTask<string> GetKeyAsync(string clientName, GrantOwner owner, CancellationToken cancellationToken) =>
        OnKey is { } key ? new(key(clientName, owner)) : inner.GetKeyAsync(clientName, owner, cancellationToken);

    public ValueTask<IReadOnlyCollection<string>> FindOutdatedAsync(
        IReadOnlyDictionary<string, IReadOnlyList<Grant>> cached,
        CancellationToken cancellationToken
    ) => OnFindOutdated is { } find ? new(find(cached)) : inner.FindOutdatedAsync(cached, cancellationToken);

    public bool IsOutage(Exception exception) => IsAlwaysOutage || inner.IsOutage(exception);
}
