using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Rotation race (RFC 9700 §4.14): nodes that share a store, each with its own clock and its own way to the server.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SeveralNodesTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description(
        "Life of a token 4: while one node waits for the server's answer the other waits for it, sends nothing, and gets the same token"
    )]
    public async Task One_presents_and_the_others_wait()
    {
        await using var fleet = await Fleet.StartAsync();
        var (first, release) = await fleet.OneAsksAsync();
        var second = fleet.Two.Client.GetAccessTokenAsync(GrantOwner.User("42")).AsTask();
        release.SetResult();

        Assert.That((await first.Promptly()).Reveal(), Is.EqualTo("at-2"));
        Assert.That((await second.Promptly()).Reveal(), Is.EqualTo("at-2"));
        Assert.That(fleet.One.Requests, Has.Count.EqualTo(1));
        Assert.That(fleet.Two.Requests, Is.Empty);
    }

    [Test]
    [Description("Life of a token 7: what the server refused on one node is not presented by another")]
    public async Task A_refusal_is_known_to_all()
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.One.Answers("""{"error":"invalid_grant"}""", 400);
        Assert.That(
            async () => await fleet.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(
            async () => await fleet.Two.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(fleet.Two.Requests, Is.Empty);
    }

    [Test]
    [Description("Life of a token 8: a holder that died leaves its intent; a survivor presents the token once more, and once only")]
    public async Task A_survivor_presents_once()
    {
        await using var fleet = await Fleet.StartAsync();
        await fleet.Store.TryAcquireLeaseAsync(fleet.Grant, held: null, TimeSpan.Zero, default);
        fleet.Two.Answers("", 503);
        Assert.That(
            async () => await fleet.Two.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(fleet.Two.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description(
        "Life of a token 5: a process that was stopped past its lease finds out as the request is about to leave; it asks anew, and presents nothing that another has spent"
    )]
    public async Task Stopped_past_the_lease()
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.One.Answers(Tokens("late", "rt-late"));
        fleet.OnesStore.AfterLeasing = () =>
        {
            // A minute passes, and another node has done the work meanwhile.
            fleet.One.Clock.Advance(TimeSpan.FromMinutes(1));
            fleet.StoreClock.Advance(TimeSpan.FromMinutes(1));
            fleet.Replace("theirs", "rt-theirs");
        };

        Assert.That((await fleet.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("theirs"));
        Assert.That(fleet.One.Requests, Is.Empty);
    }

    [Test]
    [Description("Life of a token 5: stopped past its lease and nobody came: it leases again and goes on")]
    public async Task Stopped_past_the_lease_and_alone()
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.One.Answers(Tokens("at-2", "rt-2"));
        fleet.OnesStore.AfterLeasing = () => fleet.One.Clock.Advance(TimeSpan.FromSeconds(16));
        Assert.That((await fleet.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("at-2"));
        Assert.That(fleet.One.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description(
        "Life of a token 5: a store that takes longer to lease than the lease lasts is not asked for ever; nothing is sent, and the exception says what to change"
    )]
    public async Task A_lease_that_always_runs_out()
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.OnesStore.RepeatsAfterLeasing = true;
        fleet.OnesStore.AfterLeasing = () => fleet.One.Clock.Advance(TimeSpan.FromSeconds(16));
        Assert.That(
            async () => await fleet.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<OAuthException>().With.Message.Contain("RefreshLease")
        );
        Assert.That(fleet.One.Requests, Is.Empty);
        Assert.That(
            (await fleet.Store.TryAcquireLeaseAsync(fleet.Grant, held: null, Hour, default)).PreviousStatus,
            Is.EqualTo(RefreshTokenStatus.Unused),
            "given back, and nothing presented"
        );
    }

    [TestCase("""{"access_token":"at-2","token_type":"mac","refresh_token":"rt-2"}""")]
    [TestCase("""{"access_token":"at-2","token_type":"Bearer","expires_in":"soon","refresh_token":"rt-2"}""")]
    [Description(
        "Life of a token 6: an answer that cannot be used is not asked for again at once, but it may have cost the token: whoever comes next knows"
    )]
    public async Task An_answer_that_cannot_be_used(string answer)
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.One.Answers(answer);
        Assert.That(
            async () => await fleet.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<OAuthProtocolException>()
        );
        Assert.That(fleet.One.Requests, Has.Count.EqualTo(1));
        Assert.That(
            (await fleet.Store.TryAcquireLeaseAsync(fleet.Grant, held: null, Hour, default)).PreviousStatus,
            Is.EqualTo(RefreshTokenStatus.Unknown)
        );
    }

    [Test]
    [Description(
        "A store that went back (a standby that had not heard of everything) holds a refresh token that is spent: the result is saved over it"
    )]
    public async Task A_store_that_went_back()
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.Replace("at-2", "rt-2", expiresIn: TimeSpan.Zero);
        fleet.One.AnswersAsync(async _ =>
        {
            await fleet.Store.RemoveAsync(fleet.Grant, default);
            await fleet.Store.AddAsync(fleet.Grant, default);
            return Json(200, Tokens("at-3", "rt-3"));
        });

        Assert.That((await fleet.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("at-3"));
        var stored = (await fleet.Store.FindAsync("", GrantOwner.User("42"), default)).Single();
        Assert.That((stored.RefreshToken!.Reveal(), stored.AccessToken!.Reveal()), Is.EqualTo(("rt-3", "at-3")));
    }

    [Test]
    [Description("A token that an API refused is replaced, also when a clock that goes ahead dated it later than the new one")]
    public async Task A_refused_token_of_a_clock_that_goes_ahead()
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.Two.Clock.Advance(TimeSpan.FromMinutes(2));
        fleet.Two.Answers(Tokens("at-2", "rt-2"));
        var ahead = await fleet.Two.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly();
        fleet.One.Answers(Tokens("at-3", "rt-3"));

        await fleet.One.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { RejectedToken = ahead }).Promptly();

        Assert.That((await fleet.Store.FindAsync("", GrantOwner.User("42"), default)).Single().AccessToken!.Reveal(), Is.EqualTo("at-3"));
    }

    [Test]
    [Description("RFC 7009: disconnecting ends the newest login too, also when this node's memory had not heard of it")]
    public async Task Revoking_ends_what_memory_had_not_heard_of()
    {
        await using var fleet = await Fleet.StartAsync();
        await fleet.Store.RemoveAsync(fleet.Grant, default);
        await fleet.Two.SignedInAsync(Tokens("at-new", "rt-new"));
        fleet.OnesStore.RemembersOnce = [fleet.Grant];
        fleet.One.Answers("");

        await fleet.One.Client.RevokeAsync(GrantOwner.User("42"));

        Assert.That(fleet.One.Requests.Select(request => request["token"]), Does.Contain("rt-new"));
        Assert.That(await fleet.Store.FindAsync("", GrantOwner.User("42"), default), Is.Empty);
    }

    [Test]
    [Description("RFC 7009: a grant that cannot be ended is tried once, however many there are, and the caller hears of it")]
    public async Task Revoking_what_the_store_does_not_let_go()
    {
        await using var fleet = await Fleet.StartAsync();
        await fleet.Store.AddAsync(GrantOf(fleet, "another"), default);
        await fleet.Store.AddAsync(GrantOf(fleet, "a third"), default);
        fleet.OnesStore.RefusesToRemove = true;

        Assert.That(async () => await fleet.One.Client.RevokeAsync(GrantOwner.User("42")), Throws.TypeOf<IOException>());

        Assert.That(fleet.OnesStore.Removals, Is.EqualTo(3));
        Assert.That(fleet.One.Requests, Is.Empty, "what is not forgotten is not revoked");
    }

    private static Grant GrantOf(Fleet fleet, string id) =>
        new(id, fleet.Grant.ClientName, fleet.Grant.Owner, fleet.Grant.Server, fleet.Grant.ClientId)
        {
            RefreshToken = new RefreshToken("rt-" + id),
        };

    [Test]
    [Description("RFC 7009: what another node's refresh is about to bring is revoked too: it is waited for")]
    public async Task Revoking_waits_for_a_refresh_elsewhere()
    {
        await using var fleet = await Fleet.StartAsync();
        var (refresh, release) = await fleet.OneAsksAsync();
        fleet.Two.Answers("");
        var revocation = fleet.Two.Client.RevokeAsync(GrantOwner.User("42"));
        release.SetResult();
        await refresh.Promptly();
        await revocation.Promptly();

        Assert.That(fleet.Two.Requests.Select(request => request["token"]), Is.EqualTo(new[] { "rt-2", "at-2" }));
        Assert.That(await fleet.Two.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    [Test]
    [Description("RFC 7009: a node that does not come back is waited for no longer than its lease")]
    public async Task Revoking_does_not_wait_for_the_dead()
    {
        await using var fleet = await Fleet.StartAsync();
        await fleet.Store.TryAcquireLeaseAsync(fleet.Grant, held: null, TimeSpan.FromSeconds(45), default);
        fleet.Two.Answers("");
        var revocation = fleet.Two.Client.RevokeAsync(GrantOwner.User("42"));
        await fleet.StoreClock.WaitForTimerAsync().Promptly();
        fleet.StoreClock.Advance(TimeSpan.FromSeconds(45));
        await revocation.Promptly();
        Assert.That(fleet.Two.Requests.Select(request => request["token"]), Is.EqualTo(new[] { "rt-1" }));
    }

    [Test]
    [Description("A store that is away spends no refresh token; fresh tokens are served all the same")]
    public async Task Without_a_lease_nothing_is_spent()
    {
        await using var fleet = await Fleet.StartAsync();
        fleet.OnesStore.RefusesToLease = true;
        Assert.That(async () => await fleet.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(), Throws.TypeOf<IOException>());
        Assert.That(fleet.One.Requests, Is.Empty);

        fleet.Replace("at-2", "rt-2");
        Assert.That((await fleet.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("at-2"));
    }

    /// <summary>Two nodes over one store, in which one grant's access token is over.</summary>
    private sealed class Fleet : IAsyncDisposable
    {
        private Fleet()
        {
            Store = new InMemoryGrantStore(StoreClock);
            OnesStore = new FailingStore(Store);
            One = new ScriptedServer(registerFirst: services => services.AddSingleton<IGrantStore>(OnesStore));
            Two = new ScriptedServer(registerFirst: services => services.AddSingleton<IGrantStore>(new FailingStore(Store)));
        }

        public ManualTimeProvider StoreClock { get; } = new();
        public InMemoryGrantStore Store { get; }
        public FailingStore OnesStore { get; }
        public ScriptedServer One { get; }
        public ScriptedServer Two { get; }
        public Grant Grant { get; private set; } = null!;

        public static async Task<Fleet> StartAsync()
        {
            Fleet fleet = new();
            fleet.Grant = await fleet.One.SignedInAsync(Tokens("at-1", "rt-1"));
            fleet.One.Clock.Advance(Hour);
            fleet.Two.Clock.Advance(Hour);
            return fleet;
        }

        /// <summary>The first node has presented the refresh token, and gets at-2 and rt-2 when it is let.</summary>
        public async Task<(Task<AccessToken> Refresh, TaskCompletionSource Release)> OneAsksAsync()
        {
            TaskCompletionSource asked = new();
            TaskCompletionSource release = new();
            One.AnswersAsync(async _ =>
            {
                asked.SetResult();
                await release.Task;
                return Json(200, Tokens("at-2", "rt-2"));
            });
            var refresh = One.Client.GetAccessTokenAsync(GrantOwner.User("42")).AsTask();
            await asked.Task.Promptly();
            return (refresh, release);
        }

        public void Replace(string accessToken, string refreshToken, TimeSpan? expiresIn = null)
        {
            var now = One.Clock.GetUtcNow();
            TokenResponse response = new(
                new AccessToken(accessToken, now, now + (expiresIn ?? Hour), [], []),
                new RefreshToken(refreshToken),
                idToken: null,
                new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal)
            );
            var replaced = Store.TryReplaceAsync(Grant.Refreshed(response, AccessTokenKey.Default.Key, now), default);
            Assert.That(replaced is { IsCompletedSuccessfully: true, Result: true });
        }

        public async ValueTask DisposeAsync()
        {
            await One.DisposeAsync();
            await Two.DisposeAsync();
        }
    }
}
