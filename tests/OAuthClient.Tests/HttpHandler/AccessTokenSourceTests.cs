using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests that a request carries the token of the stated owner or is not sent (CVE-2024-51987 class).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AccessTokenSourceTests
{
    [Test]
    [Description("Each request states its own owner, also in parallel")]
    public async Task The_owner_of_the_request()
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(t => t.ForRequestOwner(), "alice", "bob");
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 200),
            async (i, _) =>
            {
                string owner = i % 2 == 0 ? "alice" : "bob";
                Assert.That(await pipeline.CallAsync(owner), Is.EqualTo(pipeline.TokenOf(owner)));
            }
        );
    }

    [Test]
    [Description("Token lifecycle 9: a request without an owner is not sent")]
    public async Task No_owner()
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(t => t.ForRequestOwner(), "alice");
        using var acting = GrantOwner.User("alice").AsCurrentUser();
        await pipeline.RequireNotSentAsync(owner: null, "SetGrantOwner(owner)");
    }

    [Test]
    [Description("Token lifecycle 9: an owner without a grant receives neither another owner's token nor the client's")]
    public async Task An_owner_without_a_grant()
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(t => t.ForRequestOwner(), "alice");
        Assert.That(async () => await pipeline.CallAsync("bob"), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(pipeline.Sent, Is.Zero);
    }

    [Test]
    [Description("The owner stated by the request takes precedence over the current user")]
    public async Task The_request_takes_precedence_over_the_current_user()
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(t => t.ForCurrentUser(), "alice", "bob", "carol");
        pipeline.Current = "alice";
        Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("alice")));
        Assert.That(await pipeline.CallAsync("bob"), Is.EqualTo(pipeline.TokenOf("bob")));
        using (GrantOwner.User("carol").AsCurrentUser())
            Assert.That(await pipeline.CallAsync("bob"), Is.EqualTo(pipeline.TokenOf("bob")));
        Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("alice")));
    }

    [Test]
    [Description("An HTTP client with a fixed owner, or for the client itself, never silently sends another owner's token")]
    public async Task A_fixed_owner_stays([Values] bool isClient)
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(
            t => isClient ? t.ForClient() : t.ForOwner(GrantOwner.User("alice")),
            "alice",
            "bob"
        );
        await pipeline.RequireNotSentAsync("bob", "ForRequestOwner()");
        string own = await pipeline.CallAsync(isClient ? null : "alice");
        using (GrantOwner.User("bob").AsCurrentUser())
            Assert.That(await pipeline.CallAsync(null), Is.EqualTo(own), "the current user is ignored");
        Assert.That(own, Is.Not.EqualTo(pipeline.TokenOf("bob")));
        if (!isClient)
            Assert.That(own, Is.EqualTo(pipeline.TokenOf("alice")));
    }

    [Test]
    [Description("Token lifecycle 1: a user's request never carries the client's own token")]
    public void The_client_is_not_the_owner_of_a_users_request()
    {
        using HttpRequestMessage request = new();
        Assert.That(() => request.SetGrantOwner(GrantOwner.Client), Throws.ArgumentException.With.Message.Contain("ForClient()"));
        Assert.That(() => GrantOwner.Client.AsCurrentUser(), Throws.InvalidOperationException.With.Message.Contain("ForClient()"));
    }

    [Test]
    [Description("Work that outlives its request keeps the owner that it states itself, regardless of the request's user")]
    public async Task Background_work()
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        pipeline.Current = "alice";
        var user = GrantOwner.User(pipeline.Current);
        TaskCompletionSource requestEnded = new();
        var work = Task.Run(async () =>
        {
            await requestEnded.Task;
            using (user.AsCurrentUser())
                return await pipeline.CallAsync(null);
        });
        TaskCompletionSource workEnded = new();
        var withoutOwner = Task.Run(async () =>
        {
            await workEnded.Task;
            await pipeline.RequireNotSentAsync(owner: null, "No user is signed in");
        });
        pipeline.Current = null;
        requestEnded.SetResult();
        Assert.That(await work.Promptly(), Is.EqualTo(pipeline.TokenOf("alice")));
        workEnded.SetResult();
        await withoutOwner.Promptly();
    }

    [Test]
    [Description(
        "Work that is started within a scope and continues after it, such as a loop that serves many owners, does not keep the "
            + "owner of the scope"
    )]
    public async Task Work_that_outlives_its_scope_is_not_sent()
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        // Nor with the token of the user who is signed in by then.
        pipeline.Current = "bob";
        TaskCompletionSource scopeEnded = new();
        Task loop;
        using (GrantOwner.User("alice").AsCurrentUser())
        {
            loop = Task.Run(async () =>
            {
                await scopeEnded.Task;
                await pipeline.RequireNotSentAsync(owner: null, "outlived it");
                using (GrantOwner.User("bob").AsCurrentUser())
                    Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("bob")));
                await pipeline.RequireNotSentAsync(owner: null, "outlived it");
            });
        }
        scopeEnded.SetResult();
        await loop.Promptly();
        Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("bob")));
    }

    [Test]
    public async Task Nested_scopes()
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        using (GrantOwner.User("alice").AsCurrentUser())
        {
            using (GrantOwner.User("bob").AsCurrentUser())
                Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("bob")));
            Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("alice")));
        }
        await pipeline.RequireNotSentAsync(owner: null, "No user is signed in");
    }

    [Test]
    [Description("Threat: one user's token to another. A scope that is disposed out of order, or twice, activates no other owner")]
    public async Task Scopes_disposed_out_of_order()
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        pipeline.Current = "alice";
        var alice = GrantOwner.User("alice").AsCurrentUser();
        var bob = GrantOwner.User("bob").AsCurrentUser();
        alice.Dispose();
        Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("bob")));
        alice.Dispose();
        Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("bob")));
        bob.Dispose();
        await pipeline.RequireNotSentAsync(owner: null, "outlived it");
    }

    [Test]
    [Description("Within SuppressCurrentUser() there is no user, although one is signed in; a request that states its owner is sent")]
    public async Task The_current_user_is_suppressed()
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        pipeline.Current = "alice";
        using (GrantOwner.SuppressCurrentUser())
        {
            await pipeline.RequireNotSentAsync(owner: null, "SuppressCurrentUser()");
            Assert.That(await pipeline.CallAsync("bob"), Is.EqualTo(pipeline.TokenOf("bob")));
            using (GrantOwner.User("bob").AsCurrentUser())
                Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("bob")));
            await pipeline.RequireNotSentAsync(owner: null, "SuppressCurrentUser()");
        }
        Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("alice")));
        using (GrantOwner.User("bob").AsCurrentUser())
        using (GrantOwner.SuppressCurrentUser())
            await pipeline.RequireNotSentAsync(owner: null, "SuppressCurrentUser()");
    }

    [Test]
    [Description(
        "A loop that was started within SuppressCurrentUser() sends for the owners that its jobs state, and for no other, also "
            + "after the scope"
    )]
    public async Task A_loop_that_is_started_without_a_current_user()
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        pipeline.Current = "alice";
        TaskCompletionSource scopeEnded = new();
        Task loop;
        using (GrantOwner.SuppressCurrentUser())
        {
            loop = Task.Run(async () =>
            {
                await pipeline.RequireNotSentAsync(owner: null, "SuppressCurrentUser()");
                await scopeEnded.Task;
                await pipeline.RequireNotSentAsync(owner: null, "outlived it");
                using (GrantOwner.User("bob").AsCurrentUser())
                    Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("bob")));
                await pipeline.RequireNotSentAsync(owner: null, "outlived it");
            });
        }
        scopeEnded.SetResult();
        await loop.Promptly();
    }

    [Test]
    [Description("requireExplicitOwner: only the request, or a scope around the call, states the owner; the current user does not")]
    public async Task Explicit_owner_only()
    {
        await using var pipeline = await CurrentUserPipeline.StartAsync(t => t.ForCurrentUser(requireExplicitOwner: true), "alice", "bob");
        pipeline.Current = "alice";
        await pipeline.RequireNotSentAsync(owner: null, "requireExplicitOwner");
        Assert.That(await pipeline.CallAsync("bob"), Is.EqualTo(pipeline.TokenOf("bob")));
        using (GrantOwner.User("alice").AsCurrentUser())
        {
            Assert.That(await pipeline.CallAsync(null), Is.EqualTo(pipeline.TokenOf("alice")));
            using (GrantOwner.SuppressCurrentUser())
                await pipeline.RequireNotSentAsync(owner: null, "SuppressCurrentUser()");
        }
        await pipeline.RequireNotSentAsync(owner: null, "requireExplicitOwner");
    }

    [Test]
    [Description("requireExplicitOwner needs no ICurrentGrantOwner, so it works where there is no HttpContext")]
    public async Task Explicit_owner_without_a_current_user()
    {
        using TokenEchoApi api = new();
        await using ScriptedServer server = new(register: builder =>
            builder
                .Services.AddHttpClient("api")
                .AddAccessTokenHandler(t => t.ForCurrentUser(requireExplicitOwner: true).To("https://api.example"))
                .ConfigurePrimaryHttpMessageHandler(() => api)
        );
        await server.SignedInAsync(ScriptedServer.Tokens("at-alice"), "alice");
        using var http = server.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        using (GrantOwner.User("alice").AsCurrentUser())
            Assert.That(await http.GetStringAsync(new Uri("https://api.example/me")), Is.EqualTo("at-alice"));
    }
}
