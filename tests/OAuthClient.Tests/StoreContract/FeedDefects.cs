namespace OAuthClient.Tests;

/// <summary>Defects of a change feed.</summary>
internal static class FeedDefects
{
    private const string Copy = "A change by one node replaces the cached copy of another";
    private const string Others = "A change of one owner leaves the copies of others valid";
    private const string Connected = "A feed that is connected says so to its subscriber";
    private const string Reported = "A change by one node is reported to another when it is visible there";
    private const string Keys = "Each owner of each client has its own key";
    private const string Outdated = "Exactly the owners with outdated grants are found";
    private const string Outage = "A contract violation is not an outage";

    public static IEnumerable<Defect<IGrantStore>> All { get; } =
    [
        new(
            "reports nothing",
            static (store, _) =>
            {
                var node = Node(store);
                return new ForwardingFeedStore(node)
                {
                    OnSubscribe = (_, connected, disconnected) => node.Subscribe(static _ => { }, connected, disconnected),
                };
            },
            Copy,
            Others,
            Reported
        ),
        new(
            "reports nothing, and waits only for changes of its own node",
            static (store, time) =>
            {
                var node = Node(store);
                return new ForwardingFeedStore(node)
                {
                    OnSubscribe = (_, connected, disconnected) => node.Subscribe(static _ => { }, connected, disconnected),
                    OnWait = (_, atMost, cancel) => new(Task.Delay(atMost, time, cancel)),
                };
            },
            "A save by one node is announced to a waiting node",
            "A release by one node is announced to a waiting node",
            "A removal by one node is announced to a waiting node"
        ),
        new(
            "reports a new grant before it is visible",
            static (store, _) =>
            {
                var node = Node(store);
                return new ForwardingFeedStore(node)
                {
                    OnAdd = async grant =>
                    {
                        node.ReportToOthers(grant);
                        await node.Shared.AddAsync(grant, default);
                    },
                };
            },
            Reported
        ),
        new(
            "does not say that it is connected",
            static (store, _) => new ForwardingFeedStore(((FeedStore)store).OpenNode(isConnected: false)),
            Connected
        ),
        new(
            "has one key for all owners",
            static (store, _) => new ForwardingFeedStore(Node(store)) { OnKey = (_, _) => "key" },
            Others,
            Keys
        ),
        new(
            "has one key for owners of different kinds",
            static (store, _) => new ForwardingFeedStore(Node(store)) { OnKey = (client, owner) => $"{client}:{owner.Id}" },
            Keys
        ),
        new(
            "has one key for all clients",
            static (store, _) => new ForwardingFeedStore(Node(store)) { OnKey = (_, owner) => owner.ToString() },
            Keys
        ),
        new(
            "has a new key for each call",
            static (store, _) => new ForwardingFeedStore(Node(store)) { OnKey = (_, _) => Guid.NewGuid().ToString() },
            Reported,
            Keys
        ),
        new("finds nothing outdated", static (store, _) => new ForwardingFeedStore(Node(store)) { OnFindOutdated = _ => [] }, Outdated),
        new(
            "finds every owner outdated",
            static (store, _) => new ForwardingFeedStore(Node(store)) { OnFindOutdated = cached => [.. cached.Keys] },
            Outdated
        ),
        new(
            "takes every exception for an outage",
            static (store, _) => new ForwardingFeedStore(Node(store)) { IsAlwaysOutage = true },
            Outage
        ),
    ];

    private static FeedStore Node(IGrantStore data) => ((FeedStore)data).OpenNode(isConnected: true);
}
