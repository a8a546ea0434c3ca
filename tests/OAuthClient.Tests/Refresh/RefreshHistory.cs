using System.Collections.Frozen;
using System.Text.Json;

namespace OAuthClient.Tests;

internal delegate (RefreshState State, IReadOnlyList<RefreshEffect> Effects) RefreshRule(
    RefreshContext context,
    RefreshState state,
    RefreshEvent happened,
    DateTimeOffset now
);

/// <summary>
/// Several nodes that refresh one grant, a store and a server with faults, on a virtual clock. What happens next, and to whom, is
/// read from bytes: every array of bytes is a history, and a shorter one is a simpler one.
/// </summary>
internal sealed class RefreshHistory
{
    public const int Nodes = 3;
    private static readonly TimeSpan AccessTokenExpiry = TimeSpan.FromSeconds(60);

    private readonly RefreshRule rule;
    private readonly ManualTimeProvider clock = new();
    private readonly InMemoryGrantStore store;
    private readonly List<Node> nodes = [];
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
    private readonly Queue<RefreshEffect.ReleaseLease> late = new();
    private long generation = 1;

    public RefreshHistory(RefreshRule rule, ServerKind kind)
    {
        this.rule = rule;
        store = new InMemoryGrantStore(clock);
        server = new ModelServer(kind, clock);
        for (int i = 0; i < Nodes; i++)
            nodes.Add(new Node());
        Done(store.AddAsync(Begin(), default).AsTask());
    }

    /// <summary>What was promised and not kept; <see langword="null"/> when all was kept.</summary>
    public string? Violation { get; private set; }

    /// <summary>Plays a history, lets everybody finish without further faults, and looks whether the grant still works.</summary>
    public string? Play(byte[] choices)
    {
        foreach (byte choice in choices)
        {
            var node = nodes[choice % Nodes];
            int action = choice / Nodes;
            // What somebody told the store long ago may arrive only now.
            if (action % 5 == 4 && late.TryDequeue(out var end))
                Done(store.ReleaseLeaseAsync(end.Lease, end.Known, default).AsTask());
            if (action % 7 == 6)
                clock.Advance(TimeSpan.FromSeconds(action % 3 == 0 ? 20 : 3));
            else if (action % 29 == 28)
                Crash(node);
            else
                Step(node, action);
            Observe();
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
                Observe();
            }
        }
        // Whoever died or stopped is past its lease now, and every access token over.
        clock.Advance(TimeSpan.FromMinutes(5));
        foreach (var node in nodes)
            Offer(node);
        var last = nodes[0];
        last.Ends = 0;
        for (int i = 0; i < 50 && last.Ends == 0; i++)
            Step(last, 0);
        Observe();
        if (Violation is null && !last.WasGiven && !server.IsLostForGood)
            Violation = "the grant was lost although no answer was";
        if (Violation is null && !last.WasGiven && !last.WasGivenUp)
            Violation = "a node never came to an end";
    }

    private void Step(Node node, int action)
    {
        if (!node.IsBusy)
        {
            node.Ends = 0;
            (node.WasGiven, node.WasGivenUp) = (false, false);
            Offer(node);
            // Some begin with what they remember.
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
                    // The store is away, or its answer is lost.
                    if (action % 11 == 9)
                        Done(store.TryAcquireLeaseAsync(ask.Seen, ask.Held, configuration.RefreshLease, default).AsTask());
                    node.Interrupted.Record(node.State!);
                    node.Todo.Clear();
                }
                else
                {
                    Advance(
                        node,
                        new RefreshEvent.LeaseResultReceived(
                            Done(store.TryAcquireLeaseAsync(ask.Seen, ask.Held, configuration.RefreshLease, default).AsTask())
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
                Present(node, sendRefreshRequest, action % 8);
                break;
            case RefreshEffect.Save save:
                Save(node, save, isStoreAway: action % 6 == 5);
                break;
            case RefreshEffect.ReleaseLease end:
                if (action % 9 == 8)
                {
                    node.Interrupted.RecordUnreleased(node.State!, end);
                    late.Enqueue(end);
                    break;
                }
                Done(store.ReleaseLeaseAsync(end.Lease, end.Known, default).AsTask());
                if (node.Last is { WasRefused: true } last && clock.GetElapsedTime(last.LeasedAt) < configuration.RefreshLease)
                    last.IsTold = true;
                break;
            default:
                node.Ends++;
                node.WasGiven = effect is RefreshEffect.ReturnToken;
                node.WasGivenUp = effect is RefreshEffect.RequireReauthorization;
                break;
        }
    }

    private void Advance(Node node, RefreshEvent happened)
    {
        (node.State, var effects) = rule(
            new RefreshContext(configuration, GrantOwner.User("42"), AccessTokenKey.Default, Rejected: null),
            node.State!,
            happened,
            clock.GetUtcNow()
        );
        foreach (var effect in effects)
            node.Todo.Enqueue(effect);
    }

    private void Present(Node node, RefreshEffect.SendRefreshRequest sendRefreshRequest, int fate)
    {
        if (clock.GetElapsedTime(node.LeasedAt) > configuration.RefreshLease - configuration.RefreshDeadline)
        {
            Advance(node, new RefreshEvent.LeaseExpired());
            return;
        }
        if (fate == 1)
        {
            Advance(node, new RefreshEvent.RequestFailed(RefreshTokenOutcome.NotSent, new HttpRequestException("connection refused")));
            return;
        }
        var mine = new ModelPresentation(sendRefreshRequest.RefreshToken.Reveal(), node.LeasedAt);
        foreach (var earlier in presentations.Where(earlier => earlier.Token == mine.Token && !earlier.IsExcused))
        {
            // Whoever did not tell within its lease is taken for dead.
            if (earlier.IsTold || (server.Rotates && clock.GetElapsedTime(earlier.LeasedAt) < configuration.RefreshLease))
                Violation = $"the refresh token {mine.Token} was presented again without need";
            // It was stopped with the answer in its hands, for longer than anybody can wait.
            server.AnswerLost();
        }
        presentations.Add(mine);
        node.Last = mine;
        // A node that was stopped past its lease came back with an answer and has refreshed once more, all between this one's lease
        // and its POST: no check of a fence can be made at the very moment at which a request arrives elsewhere.
        if (node.State!.Lease!.Generation != Stored().Generation)
            server.PresentedLate();
        if (fate == 2)
        {
            mine.IsExcused = true;
            Advance(node, new RefreshEvent.RequestFailed(RefreshTokenOutcome.Ambiguous, new HttpRequestException("reset before")));
            return;
        }
        if (fate == 3)
        {
            mine.IsExcused = true;
            Advance(node, new RefreshEvent.RequestFailed(RefreshTokenOutcome.OtherError, new OAuthException("invalid_client")));
            return;
        }
        if (server.Present(mine.Token) is not { } next)
        {
            mine.WasRefused = true;
            Advance(node, new RefreshEvent.RequestFailed(RefreshTokenOutcome.InvalidGrant, new OAuthException("invalid_grant")));
            return;
        }
        if (fate == 4)
        {
            mine.IsExcused = true;
            server.AnswerLost();
            Advance(node, new RefreshEvent.RequestFailed(RefreshTokenOutcome.Ambiguous, new HttpRequestException("reset after")));
            return;
        }
        var now = clock.GetUtcNow();
        Advance(
            node,
            new RefreshEvent.TokenReceived(
                new TokenResponse(
                    new AccessToken($"at-{presentations.Count}", now, now + AccessTokenExpiry, [], []),
                    new RefreshToken(next),
                    idToken: null,
                    FrozenDictionary<string, JsonElement>.Empty
                )
            )
        );
    }

    private void Save(Node node, RefreshEffect.Save save, bool isStoreAway)
    {
        node.Unsaved = save;
        if (!isStoreAway)
            Offer(node);
        Advance(node, new RefreshEvent.GrantSaved(IsKept: true));
    }

    /// <summary>As GrantWriteQueue does it: on top of whatever is stored, unless another's result is.</summary>
    private void Offer(Node node)
    {
        while (node.Unsaved is { } save)
        {
            var stored = Stored();
            if (
                !save.Spent.Equals(stored.RefreshToken)
                || Done(
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

    private void Crash(Node node)
    {
        if (node.Unsaved is not null || node.Todo.Any(effect => effect is RefreshEffect.Save))
            server.AnswerLost();
        nodes[nodes.IndexOf(node)] = new Node();
    }

    private void Observe()
    {
        var stored = Stored();
        if (stored.Generation < generation)
            Violation = "the stored generation went back";
        generation = stored.Generation;
    }

    private Grant Stored() => Done(store.FindAsync("photos", GrantOwner.User("42"), default).AsTask()).Single();

    private Grant Begin() =>
        new("g1", "photos", GrantOwner.User("42"), "https://as.example", "client-id")
        {
            RefreshToken = new RefreshToken(server.Current),
            Tokens = Grant.With(new AccessToken("at-0", clock.GetUtcNow() - AccessTokenExpiry, clock.GetUtcNow(), [], [])),
        };

    // Nothing here waits: the store is in memory.
#pragma warning disable VSTHRD002
    private static T Done<T>(Task<T> task) =>
        task.IsCompletedSuccessfully ? task.Result : throw new InvalidOperationException("It did not complete at once.");
#pragma warning restore VSTHRD002

    private static void Done(Task task)
    {
        if (!task.IsCompletedSuccessfully)
            throw new InvalidOperationException("It did not complete at once.");
    }

    private sealed class Node
    {
        public Queue<RefreshEffect> Todo { get; } = new();
        public InterruptedRefreshes Interrupted { get; } = new();
        public bool IsBusy => Todo.Count > 0;
        public RefreshState? State { get; set; }
        public Grant? Seen { get; set; }
        public RefreshEffect.Save? Unsaved { get; set; }
        public long LeasedAt { get; set; }
        public ModelPresentation? Last { get; set; }
        public int Ends { get; set; }
        public bool WasGiven { get; set; }
        public bool WasGivenUp { get; set; }
    }
}
