using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>What an application's traces show: who waited, and for what.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ActivityTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [TestCase("42")]
    [TestCase(null)]
    [Description(
        "Life of a token 4: a refresh is nobody's child, because it serves all who wait; it is linked to who was first. The wait is the caller's"
    )]
    public async Task A_refresh_and_the_wait_for_it(string? owner)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        Activity? sending = null;
        TaskCompletionSource asked = new();
        server.AnswersAsync(async _ =>
        {
            sending = Activity.Current;
            // An answer that is there before its caller looks is not waited for.
            await asked.Task;
            return Json(200, Tokens("at-2"));
        });
        using RecordedActivities recorded = new();

        var getting = server.Client.GetAccessTokenAsync(owner is null ? GrantOwner.Client : GrantOwner.User(owner));
        asked.SetResult();
        await getting;
        Assert.That(Activity.Current, Is.SameAs(recorded.Caller), "what is current is the caller's business");

        var wait = recorded.Only("oauthclient.token.wait");
        Assert.That(wait.ParentSpanId, Is.EqualTo(recorded.Caller.SpanId));
        var refresh = recorded.Only("oauthclient.token.refresh");
        Assert.That(refresh.ParentSpanId, Is.EqualTo(default(ActivitySpanId)));
        Assert.That(refresh.TraceId, Is.Not.EqualTo(recorded.Caller.TraceId));
        Assert.That(refresh.Links.Single().Context.SpanId, Is.EqualTo(recorded.Caller.SpanId));
        Assert.That(refresh.GetTagItem("oauthclient.token.refresh.outcome"), Is.EqualTo("refreshed"));
        Assert.That(refresh.Status, Is.EqualTo(ActivityStatusCode.Unset));
        Assert.That(sending!.TraceId, Is.EqualTo(refresh.TraceId), "what the refresh sends belongs to it");
    }

    [Test]
    [Description("A good token leaves no trace")]
    public async Task A_good_token()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        using RecordedActivities recorded = new();
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(recorded.All, Is.Empty);
    }

    [Test]
    [Description("RFC 6819 §4.1.6: a failure shows as one, in a word of the specifications, without the server's text")]
    public async Task A_refresh_that_fails()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers("""{"error":"invalid_grant","error_description":"hear, hear"}""", 400);
        using RecordedActivities recorded = new();
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );

        foreach (var activity in recorded.All)
        {
            Assert.That(activity.Status, Is.EqualTo(ActivityStatusCode.Error));
            Assert.That(activity.StatusDescription, Is.Null);
            Assert.That(activity.Events, Is.Empty);
            Assert.That(activity.GetTagItem("error.type"), Is.EqualTo("invalid_grant"));
        }
        Assert.That(recorded.Only("oauthclient.token.refresh").GetTagItem("oauthclient.token.refresh.outcome"), Is.EqualTo("lost"));
        Assert.That(recorded.All, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("A wait for another node's lease is part of the refresh")]
    public async Task A_wait_for_a_lease()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using ScriptedServer server = new(registerFirst: services => services.AddSingleton<IGrantStore>(store));
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers(Tokens("at-2"));
        var another = await store.TryAcquireLeaseAsync(grant, held: null, Hour, default);
        store.BeforeWaiting = () => store.ReleaseLeaseAsync(another.Lease!, RefreshTokenStatus.Unused, default).AsTask();
        using RecordedActivities recorded = new();
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly();

        Assert.That(recorded.Only("oauthclient.lease.wait").ParentSpanId, Is.EqualTo(recorded.Only("oauthclient.token.refresh").SpanId));
    }

    [Test]
    [Description("RFC 6749 §4.1.2–4.1.4: completing an authorization is part of the request that does it, and shows when it failed")]
    public async Task Completing_an_authorization([Values] bool isRefused)
    {
        await using ScriptedServer server = new();
        if (isRefused)
            server.Answers("""{"error":"invalid_grant"}""", 400);
        using RecordedActivities recorded = new();
        try
        {
            await server.SignInAsync();
        }
        catch (TokenEndpointException) when (isRefused)
        {
            // As it should.
        }

        var completing = recorded.Only("oauthclient.authorization.complete");
        Assert.That(completing.ParentSpanId, Is.EqualTo(recorded.Caller.SpanId));
        Assert.That(completing.Status, Is.EqualTo(isRefused ? ActivityStatusCode.Error : ActivityStatusCode.Unset));
        Assert.That(completing.GetTagItem("error.type"), Is.EqualTo(isRefused ? "invalid_grant" : null));
    }
}
