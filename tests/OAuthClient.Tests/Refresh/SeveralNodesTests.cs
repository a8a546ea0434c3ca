using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// Tests the rotation race (RFC 9700 §4.14) with nodes that share a store, each with its own clock and connection to the server.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SeveralNodesTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description(
        "Token lifecycle 4: while one node waits for the response, the other waits for the node, sends nothing and receives the "
            + "same token"
    )]
    public async Task One_node_presents_and_the_other_waits()
    {
        await using var nodes = await TwoNodes.StartAsync();
        var (first, release) = await nodes.RefreshOnOneAsync();
        var second = nodes.Two.Client.GetAccessTokenAsync(GrantOwner.User("42")).AsTask();
        release.SetResult();

        Assert.That((await first.Promptly()).Reveal(), Is.EqualTo("at-2"));
        Assert.That((await second.Promptly()).Reveal(), Is.EqualTo("at-2"));
        Assert.That(nodes.One.Requests, Has.Count.EqualTo(1));
        Assert.That(nodes.Two.Requests, Is.Empty);
    }

    [Test]
    [Description(
        "RFC 6750 §3: 401s without a reason to two tokens of a grant, on two nodes at once, replace one of them: the limit is exact"
    )]
    public async Task One_of_two_tokens_is_replaced_after_401s_without_a_reason()
    {
        await using var nodes = await TwoNodes.StartAsync();
        AccessTokenParameters narrow = new() { Resources = [new("https://api.example")] };
        nodes.One.Answers(Tokens("one", "rt-2"));
        var one = await nodes.One.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        nodes.Two.Answers(Tokens("two", "rt-3"));
        var two = await nodes.Two.Client.GetAccessTokenAsync(GrantOwner.User("42"), narrow);
        TaskCompletionSource asked = new();
        TaskCompletionSource release = new();
        nodes.One.AnswersAsync(async _ =>
        {
            asked.SetResult();
            await release.Task;
            return Json(200, Tokens("one-replaced", "rt-4"));
        });

        var first = GetAsync(nodes.One, AccessTokenKey.Default, one);
        await asked.Task.Promptly();
        var second = GetAsync(nodes.Two, AccessTokenKey.From(narrow), two);
        release.SetResult();

        Assert.That((await first.Promptly()).Reveal(), Is.EqualTo("one-replaced"));
        Assert.That(await second.Promptly(), Is.EqualTo(two));
        Assert.That(nodes.Two.Requests, Has.Count.EqualTo(1));

        static Task<AccessToken> GetAsync(ScriptedServer node, AccessTokenKey selection, AccessToken rejected) =>
            node
                .Services.GetRequiredKeyedService<AccessTokenProvider>("")
                .GetAsync(GrantOwner.User("42"), selection, new(rejected, IsUnexplained: true), default)
                .AsTask();
    }

    [Test]
    [Description("Token lifecycle 7: a refresh token that the server rejected on one node is not presented by another")]
    public async Task A_rejection_is_known_to_all_nodes()
    {
        await using var nodes = await TwoNodes.StartAsync();
        nodes.One.Answers("""{"error":"invalid_grant"}""", 400);
        Assert.That(
            async () => await nodes.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(
            async () => await nodes.Two.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(nodes.Two.Requests, Is.Empty);
    }

    [Test]
    [Description("Token lifecycle 8: a holder that fails leaves its intent; another node presents the token once more, and only once")]
    public async Task Another_node_presents_once()
    {
        await using var nodes = await TwoNodes.StartAsync();
        await nodes.Store.TryAcquireLeaseAsync(nodes.Grant, held: null, TimeSpan.Zero, default);
        nodes.Two.Answers("", 503);
        Assert.That(
            async () => await nodes.Two.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(nodes.Two.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description(
        "Token lifecycle 5: a process that was suspended past its lease detects it before the request is sent; it acquires a "
            + "new lease and presents no token that another node has used"
    )]
    public async Task Suspended_past_the_lease()
    {
        await using var nodes = await TwoNodes.StartAsync();
        nodes.One.Answers(Tokens("late", "rt-late"));
        nodes.StoreOfOne.AfterLeasing = () =>
        {
            // A minute passes, and another node has refreshed the grant meanwhile.
            nodes.One.Clock.Advance(TimeSpan.FromMinutes(1));
            nodes.StoreClock.Advance(TimeSpan.FromMinutes(1));
            nodes.Replace("theirs", "rt-theirs");
        };

        Assert.That((await nodes.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("theirs"));
        Assert.That(nodes.One.Requests, Is.Empty);
    }

    [Test]
    [Description("Token lifecycle 5: suspended past its lease, which no other node acquired: it acquires a new lease and continues")]
    public async Task Suspended_past_the_lease_without_other_nodes()
    {
        await using var nodes = await TwoNodes.StartAsync();
        nodes.One.Answers(Tokens("at-2", "rt-2"));
        nodes.StoreOfOne.AfterLeasing = () => nodes.One.Clock.Advance(TimeSpan.FromSeconds(16));
        Assert.That((await nodes.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("at-2"));
        Assert.That(nodes.One.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description(
        "Token lifecycle 5: a store that takes longer to lease than the lease lasts is not retried forever; nothing is sent, "
            + "and the exception says what to change"
    )]
    public async Task A_lease_that_always_expires()
    {
        await using var nodes = await TwoNodes.StartAsync();
        nodes.StoreOfOne.RepeatsAfterLeasing = true;
        nodes.StoreOfOne.AfterLeasing = () => nodes.One.Clock.Advance(TimeSpan.FromSeconds(16));
        Assert.That(
            async () => await nodes.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<OAuthException>().With.Message.Contain("RefreshLease")
        );
        Assert.That(nodes.One.Requests, Is.Empty);
        Assert.That(
            (await nodes.Store.TryAcquireLeaseAsync(nodes.Grant, held: null, Hour, default)).PreviousStatus,
            Is.EqualTo(RefreshTokenStatus.Unused),
            "released, and nothing presented"
        );
    }

    [TestCase("""{"access_token":"at-2","token_type":"mac"}""")]
    [TestCase("""{"token_type":"Bearer","expires_in":60}""")]
    [TestCase("""{"access_token":"at-2","token_type":"Bearer","refresh_token":"rt-2","refresh_token":"rt-3"}""")]
    [Description(
        "Token lifecycle 6: an unusable response is not requested again at once, but it may have used up the token: the next "
            + "holder learns that"
    )]
    public async Task An_unusable_response(string response)
    {
        await using var nodes = await TwoNodes.StartAsync();
        nodes.One.Answers(response);
        Assert.That(
            async () => await nodes.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<OAuthProtocolException>()
        );
        Assert.That(nodes.One.Requests, Has.Count.EqualTo(1));
        Assert.That(
            (await nodes.Store.TryAcquireLeaseAsync(nodes.Grant, held: null, Hour, default)).PreviousStatus,
            Is.EqualTo(RefreshTokenStatus.Unknown)
        );
    }

    [Test]
    [Description("A store that lost its latest writes (an outdated standby) holds a used refresh token: the result is saved over it")]
    public async Task A_store_that_lost_writes()
    {
        await using var nodes = await TwoNodes.StartAsync();
        nodes.Replace("at-2", "rt-2", expiresIn: TimeSpan.Zero);
        nodes.One.AnswersAsync(async _ =>
        {
            await nodes.Store.RemoveAsync(nodes.Grant, default);
            await nodes.Store.AddAsync(nodes.Grant, default);
            return Json(200, Tokens("at-3", "rt-3"));
        });

        Assert.That((await nodes.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("at-3"));
        var stored = (await nodes.Store.FindAsync("", GrantOwner.User("42"), default)).Single();
        Assert.That((stored.RefreshToken!.Reveal(), stored.AccessToken!.Reveal()), Is.EqualTo(("rt-3", "at-3")));
    }

    [Test]
    [Description("A token that an API rejected is replaced, even if a clock that is fast newer it later than the new one")]
    public async Task A_rejected_token_of_a_fast_clock()
    {
        await using var nodes = await TwoNodes.StartAsync();
        nodes.Two.Clock.Advance(TimeSpan.FromMinutes(2));
        nodes.Two.Answers(Tokens("at-2", "rt-2"));
        var newer = await nodes.Two.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly();
        nodes.One.Answers(Tokens("at-3", "rt-3"));

        await nodes.One.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { RejectedToken = newer }).Promptly();

        Assert.That((await nodes.Store.FindAsync("", GrantOwner.User("42"), default)).Single().AccessToken!.Reveal(), Is.EqualTo("at-3"));
    }

    [Test]
    [Description("RFC 7009: a revocation also ends the newest login that is not in this node's cache")]
    public async Task Revocation_ends_grants_that_are_not_cached()
    {
        await using var nodes = await TwoNodes.StartAsync();
        await nodes.Store.RemoveAsync(nodes.Grant, default);
        await nodes.Two.SignedInAsync(Tokens("at-new", "rt-new"));
        nodes.StoreOfOne.StaleResultOnce = [nodes.Grant];
        nodes.One.Answers("");

        await nodes.One.Client.RevokeAsync(GrantOwner.User("42"));

        Assert.That(nodes.One.Requests.Select(request => request["token"]), Does.Contain("rt-new"));
        Assert.That(await nodes.Store.FindAsync("", GrantOwner.User("42"), default), Is.Empty);
    }

    [Test]
    [Description("RFC 7009: a removal that fails is tried once, however many grants there are, and the caller receives the exception")]
    public async Task Revocation_while_the_store_cannot_remove()
    {
        await using var nodes = await TwoNodes.StartAsync();
        await nodes.Store.AddAsync(GrantOf(nodes, "another"), default);
        await nodes.Store.AddAsync(GrantOf(nodes, "a third"), default);
        nodes.StoreOfOne.RefusesToRemove = true;

        Assert.That(async () => await nodes.One.Client.RevokeAsync(GrantOwner.User("42")), Throws.TypeOf<IOException>());

        Assert.That(nodes.StoreOfOne.Removals, Is.EqualTo(3));
        Assert.That(nodes.One.Requests, Is.Empty, "a grant that is not removed is not revoked");
    }

    private static Grant GrantOf(TwoNodes nodes, string id) =>
        new(id, nodes.Grant.ClientName, nodes.Grant.Owner, nodes.Grant.Server, nodes.Grant.ClientId)
        {
            RefreshToken = new RefreshToken("rt-" + id),
        };

    [Test]
    [Description("RFC 7009: the result of another node's refresh is revoked too: the revocation waits for it")]
    public async Task Revocation_waits_for_a_refresh_of_another_node()
    {
        await using var nodes = await TwoNodes.StartAsync();
        var (refresh, release) = await nodes.RefreshOnOneAsync();
        nodes.Two.Answers("");
        var revocation = nodes.Two.Client.RevokeAsync(GrantOwner.User("42"));
        release.SetResult();
        await refresh.Promptly();
        await revocation.Promptly();

        Assert.That(nodes.Two.Requests.Select(request => request["token"]), Is.EqualTo(new[] { "rt-2", "at-2" }));
        Assert.That(await nodes.Two.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    [Test]
    [Description("RFC 7009: a revocation waits for a failed node no longer than its lease")]
    public async Task Revocation_does_not_wait_for_a_failed_node()
    {
        await using var nodes = await TwoNodes.StartAsync();
        await nodes.Store.TryAcquireLeaseAsync(nodes.Grant, held: null, TimeSpan.FromSeconds(45), default);
        nodes.Two.Answers("");
        var revocation = nodes.Two.Client.RevokeAsync(GrantOwner.User("42"));
        await nodes.StoreClock.WaitForTimerAsync().Promptly();
        nodes.StoreClock.Advance(TimeSpan.FromSeconds(45));
        await revocation.Promptly();
        Assert.That(nodes.Two.Requests.Select(request => request["token"]), Is.EqualTo(new[] { "rt-1" }));
    }

    [Test]
    [Description("While the store is unavailable no refresh token is presented; fresh tokens are still returned")]
    public async Task Without_a_lease_no_refresh_token_is_presented()
    {
        await using var nodes = await TwoNodes.StartAsync();
        nodes.StoreOfOne.RefusesToLease = true;
        Assert.That(async () => await nodes.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(), Throws.TypeOf<IOException>());
        Assert.That(nodes.One.Requests, Is.Empty);

        nodes.Replace("at-2", "rt-2");
        Assert.That((await nodes.One.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("at-2"));
    }
}
