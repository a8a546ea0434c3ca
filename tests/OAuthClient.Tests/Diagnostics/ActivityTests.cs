using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests the activities of the library.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ActivityTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [TestCase("42")]
    [TestCase(null)]
    [Description("A refresh has no parent and is linked to the first caller; the wait is a child of the caller's activity")]
    public async Task A_refresh_is_linked_and_the_wait_is_a_child(string? owner)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        Activity? sending = null;
        TaskCompletionSource release = new();
        server.AnswersAsync(async _ =>
        {
            sending = Activity.Current;
            // A response that completes before the caller awaits it causes no wait.
            await release.Task;
            return Json(200, Tokens("at-2"));
        });
        using RecordedActivities recorded = new();

        var getting = server.Client.GetAccessTokenAsync(owner is null ? GrantOwner.Client : GrantOwner.User(owner));
        release.SetResult();
        await getting;
        Assert.That(Activity.Current, Is.SameAs(recorded.Caller), "the current activity is unchanged");

        var wait = recorded.Only("oauthclient.token.wait");
        Assert.That(wait.ParentSpanId, Is.EqualTo(recorded.Caller.SpanId));
        var refresh = recorded.Only("oauthclient.token.refresh");
        Assert.That(refresh.ParentSpanId, Is.EqualTo(default(ActivitySpanId)));
        Assert.That(refresh.TraceId, Is.Not.EqualTo(recorded.Caller.TraceId));
        Assert.That(refresh.Links.Single().Context.SpanId, Is.EqualTo(recorded.Caller.SpanId));
        Assert.That(refresh.GetTagItem("oauthclient.token.refresh.outcome"), Is.EqualTo("refreshed"));
        Assert.That(refresh.Status, Is.EqualTo(ActivityStatusCode.Unset));
        Assert.That(sending!.TraceId, Is.EqualTo(refresh.TraceId), "the request belongs to the refresh");
    }

    [Test]
    [Description("A fresh token starts no activity")]
    public async Task A_fresh_token_starts_no_activity()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        using RecordedActivities recorded = new();
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(recorded.All, Is.Empty);
    }

    [Test]
    [Description("RFC 6819 §4.1.6: a failure has an error code of the specification and no text from the server")]
    public async Task A_failed_refresh_has_an_error_status()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers("""{"error":"invalid_grant","error_description":"text of the server"}""", 400);
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
    [Description("The wait for the lease of another node is a child of the refresh")]
    public async Task A_wait_for_a_lease_is_a_child_of_the_refresh()
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
    [Description("RFC 6749 §4.1.2–4.1.4: completing an authorization is a child of the request and has an error status when it fails")]
    public async Task Completing_an_authorization_starts_an_activity([Values] bool isRejected)
    {
        await using ScriptedServer server = new();
        if (isRejected)
            server.Answers("""{"error":"invalid_grant"}""", 400);
        using RecordedActivities recorded = new();
        try
        {
            await server.SignInAsync();
        }
        catch (TokenEndpointException) when (isRejected)
        {
            // The server rejects the code.
        }

        var completing = recorded.Only("oauthclient.authorization.complete");
        Assert.That(completing.ParentSpanId, Is.EqualTo(recorded.Caller.SpanId));
        Assert.That(completing.Status, Is.EqualTo(isRejected ? ActivityStatusCode.Error : ActivityStatusCode.Unset));
        Assert.That(completing.GetTagItem("error.type"), Is.EqualTo(isRejected ? "invalid_grant" : null));
    }
}
