namespace OAuthClient.Tests;

/// <summary>
/// Simulates several nodes that refresh one grant, with a faulty store and server, on a virtual clock. Bytes determine which node
/// acts next and which fault occurs: every array of bytes is a history, and a shorter one is simpler.
/// </summary>
internal sealed partial class RefreshHistory
{
    public const int Nodes = 3;
    private static readonly TimeSpan AccessTokenExpiry = TimeSpan.FromSeconds(60);

    private readonly RefreshRule rule;
    private readonly ManualTimeProvider clock = new();
    private readonly InMemoryGrantStore store;
    private readonly List<SimulatedNode> nodes = [];
    private readonly ClientConfiguration configuration = new(
        "photos",
        new OAuthClientOptions
        {
            ClientId = "client-id",
            Issuer = new Uri("https://as.example"),
            TokenEndpoint = new Uri("https://as.example/token"),
        }
    );

    private readonly ModelServer server;
    private readonly List<ModelPresentation> presentations = [];
    private readonly Queue<RefreshEffect.ReleaseLease> delayedReleases = new();
    private long generation = 1;
    private bool isEnded;
    private TokenResponse? foreign;

    public RefreshHistory(RefreshRule rule, ServerKind kind)
    {
        this.rule = rule;
        store = new InMemoryGrantStore(clock);
        server = new ModelServer(kind, clock);
        for (int i = 0; i < Nodes; i++)
            nodes.Add(new SimulatedNode());
        CompletedTask.Require(store.AddAsync(InitialGrant(), default).AsTask());
    }

    /// <summary>Gets the first invariant that was violated; <see langword="null"/> if there is none.</summary>
    public string? Violation { get; private set; }

    /// <summary>Runs a history, completes all refreshes without further faults, and checks that the grant still works.</summary>
    public string? Play(byte[] choices)
    {
        foreach (byte choice in choices)
        {
            var node = nodes[choice % Nodes];
            int action = choice / Nodes;
            // A delayed release can arrive now.
            if (action % 5 == 4 && delayedReleases.TryDequeue(out var end))
                CompletedTask.Require(store.ReleaseLeaseAsync(end.Lease, end.Known, default).AsTask());
            if (action % 7 == 6)
                clock.Advance(TimeSpan.FromSeconds(action % 3 == 0 ? 20 : 3));
            else if (action % 29 == 28)
                Crash(node);
            else
                Step(node, action);
            if (isEnded)
                return Violation ?? CheckEnd();
            CheckGeneration();
            if (Violation is not null)
                return Violation;
        }
        Settle();
        return Violation;
    }

    private void Settle()
    {
        foreach (var node in nodes)
        {
            for (int i = 0; i < 50 && node.IsBusy; i++)
            {
                Step(node, 0);
                if (isEnded)
                {
                    Violation ??= CheckEnd();
                    return;
                }
                CheckGeneration();
            }
        }
        // All leases of failed and suspended nodes, and all access tokens, expire.
        clock.Advance(TimeSpan.FromMinutes(5));
        foreach (var node in nodes)
            SaveOver(node);
        var last = nodes[0];
        last.Completions = 0;
        for (int i = 0; i < 50 && last.Completions == 0; i++)
            Step(last, 0);
        CheckGeneration();
        if (Violation is null && !last.HasToken && !server.IsUnavoidablyLost)
            Violation = "the grant was lost although no response was";
        if (Violation is null && !last.HasToken && !last.RequiresReauthorization)
            Violation = "a node did not complete its refresh";
    }

    private void Step(SimulatedNode node, int action)
    {
        if (!node.IsBusy)
        {
            node.Completions = 0;
            (node.HasToken, node.RequiresReauthorization) = (false, false);
            SaveOver(node);
            // Some nodes begin with an outdated grant.
            if (node.Seen is null || action % 2 == 0)
                node.Seen = Stored();
            node.State = node.Interrupted.Resume(node.Seen);
            Advance(node, new RefreshEvent.Started());
            return;
        }
        var effect = node.Todo.Dequeue();
        switch (effect)
        {
            case RefreshEffect.AcquireLease ask:
                node.LeasedAt = clock.GetTimestamp();
                if (action % 11 >= 9)
                {
                    // The store is unavailable, or its response is lost.
                    if (action % 11 == 9)
                        CompletedTask.Require(store.TryAcquireLeaseAsync(ask.Seen, ask.Held, configuration.RefreshLease, default).AsTask());
                    node.Interrupted.Record(node.State!);
                    node.Todo.Clear();
                }
                else
                {
                    Advance(
                        node,
                        new RefreshEvent.LeaseResultReceived(
                            CompletedTask.Require(
                                store.TryAcquireLeaseAsync(ask.Seen, ask.Held, configuration.RefreshLease, default).AsTask()
                            )
                        )
                    );
                }
                break;
            case RefreshEffect.WaitForLease when action % 11 == 10:
                node.Interrupted.Record(node.State!);
                node.Todo.Clear();
                break;
            case RefreshEffect.WaitForLease:
                Advance(node, new RefreshEvent.WaitCompleted());
                break;
            case RefreshEffect.SendRefreshRequest sendRefreshRequest:
                Present(node, sendRefreshRequest, action % 8, isOtherIdentity: action % 64 == 7);
                break;
            case RefreshEffect.Save save:
                Save(node, save, isStoreUnavailable: action % 6 == 5);
                break;
            case RefreshEffect.RemoveGrant remove:
                CompletedTask.Require(store.RemoveAsync(remove.Grant, default).AsTask());
                isEnded = true;
                break;
            case RefreshEffect.ReleaseLease end:
                if (action % 9 == 8)
                {
                    node.Interrupted.RecordUnreleased(node.State!, end);
                    delayedReleases.Enqueue(end);
                    break;
                }
                CompletedTask.Require(store.ReleaseLeaseAsync(end.Lease, end.Known, default).AsTask());
                if (node.Last is { WasRejected: true } last && clock.GetElapsedTime(last.LeasedAt) < configuration.RefreshLease)
                    last.IsReported = true;
                break;
            default:
                node.Completions++;
                node.HasToken = effect is RefreshEffect.ReturnToken;
                node.RequiresReauthorization = effect is RefreshEffect.RequireReauthorization;
                break;
        }
    }

    private void Advance(SimulatedNode node, RefreshEvent refreshEvent)
    {
        (node.State, var effects) = rule(
            new RefreshContext(configuration, GrantOwner.User("42"), AccessTokenKey.Default, Rejection: null),
            node.State!,
            refreshEvent,
            clock.GetUtcNow()
        );
        foreach (var effect in effects)
            node.Todo.Enqueue(effect);
    }

    /// <summary>Checks that a grant that ended stays so, also if a node saves an earlier result late.</summary>
    private string? CheckEnd()
    {
        foreach (var node in nodes)
        {
            if (node.Unsaved is { } save)
                _ = CompletedTask.Require(
                    store.TryReplaceAsync(save.Grant.Refreshed(save.Response, "", clock.GetUtcNow()), default).AsTask()
                );
        }
        return CompletedTask.Require(store.FindAsync("photos", GrantOwner.User("42"), default).AsTask()).Count == 0
            ? null
            : "the grant did not end with the tokens of another identity";
    }

    private void Save(SimulatedNode node, RefreshEffect.Save save, bool isStoreUnavailable)
    {
        if (ReferenceEquals(save.Response, foreign))
            Violation = "the tokens of another identity were saved";
        node.Unsaved = save;
        if (!isStoreUnavailable)
            SaveOver(node);
        Advance(node, new RefreshEvent.GrantSaved(IsKept: true));
    }

    /// <summary>Saves over the stored grant as GrantWriteQueue does, unless another node's result is stored.</summary>
    private void SaveOver(SimulatedNode node)
    {
        while (node.Unsaved is { } save)
        {
            var stored = Stored();
            if (
                !save.Spent.Equals(stored.RefreshToken)
                || CompletedTask.Require(
                    store
                        .TryReplaceAsync(stored.Refreshed(save.Response, "", clock.GetUtcNow()).AfterGeneration(stored.Generation), default)
                        .AsTask()
                )
            )
            {
                node.Unsaved = null;
            }
        }
    }

    private void Crash(SimulatedNode node)
    {
        if (node.Unsaved is not null || node.Todo.Any(effect => effect is RefreshEffect.Save))
            server.LoseResponse();
        nodes[nodes.IndexOf(node)] = new SimulatedNode();
    }

    private void CheckGeneration()
    {
        var stored = Stored();
        if (stored.Generation < generation)
            Violation = "the stored generation decreased";
        generation = stored.Generation;
    }

    private Grant Stored() => CompletedTask.Require(store.FindAsync("photos", GrantOwner.User("42"), default).AsTask()).Single();

    private Grant InitialGrant() =>
        new("g1", "photos", GrantOwner.User("42"), "https://as.example", "client-id")
        {
            RefreshToken = new RefreshToken(server.Current),
            Tokens = Grant.With(new AccessToken("at-0", clock.GetUtcNow() - AccessTokenExpiry, clock.GetUtcNow(), [], [])),
        };
}
