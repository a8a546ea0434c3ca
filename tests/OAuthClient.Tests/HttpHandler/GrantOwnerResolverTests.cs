using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>One user's token to another (CVE-2024-51987 class): whose token a request carries is what was said of it, or it is not sent.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantOwnerResolverTests
{
    [Test]
    [Description("Each request names its owner, also many at once")]
    public async Task The_owner_of_the_request()
    {
        await using var stage = await Stage.StartAsync(t => t.ForRequestOwner(), "alice", "bob");
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 200),
            async (i, _) =>
            {
                string owner = i % 2 == 0 ? "alice" : "bob";
                Assert.That(await stage.CallAsync(owner), Is.EqualTo(stage.TokenOf(owner)));
            }
        );
    }

    [Test]
    [Description("Life of a token 9: a request that names nobody is not sent")]
    public async Task No_owner()
    {
        await using var stage = await Stage.StartAsync(t => t.ForRequestOwner(), "alice");
        using var acting = GrantOwner.User("alice").AsCurrentUser();
        await stage.RequireNotSentAsync(owner: null, "SetGrantOwner(owner)");
    }

    [Test]
    [Description("Life of a token 9: somebody without a grant gets neither another's token nor the client's")]
    public async Task An_owner_without_a_grant()
    {
        await using var stage = await Stage.StartAsync(t => t.ForRequestOwner(), "alice");
        Assert.That(async () => await stage.CallAsync("bob"), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(stage.Sent, Is.Zero);
    }

    [Test]
    [Description("What a request says of itself is more than what its surroundings say")]
    public async Task More_than_the_current_user()
    {
        await using var stage = await Stage.StartAsync(t => t.ForCurrentUser(), "alice", "bob", "carol");
        stage.Current = "alice";
        Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("alice")));
        Assert.That(await stage.CallAsync("bob"), Is.EqualTo(stage.TokenOf("bob")));
        using (GrantOwner.User("carol").AsCurrentUser())
            Assert.That(await stage.CallAsync("bob"), Is.EqualTo(stage.TokenOf("bob")));
        Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("alice")));
    }

    [Test]
    [Description("Who always carries one owner's token, or the client's, is never talked into another's in silence")]
    public async Task A_fixed_owner_stays([Values] bool isClient)
    {
        await using var stage = await Stage.StartAsync(
            t => isClient ? t.ForClient() : t.ForOwner(GrantOwner.User("alice")),
            "alice",
            "bob"
        );
        await stage.RequireNotSentAsync("bob", "ForRequestOwner()");
        string own = await stage.CallAsync(isClient ? null : "alice");
        using (GrantOwner.User("bob").AsCurrentUser())
            Assert.That(await stage.CallAsync(null), Is.EqualTo(own), "there is no current user in this");
        Assert.That(own, Is.Not.EqualTo(stage.TokenOf("bob")));
        if (!isClient)
            Assert.That(own, Is.EqualTo(stage.TokenOf("alice")));
    }

    [Test]
    [Description("Life of a token 1: a user's request never carries the client's own token")]
    public void The_client_is_nobodys_user()
    {
        using HttpRequestMessage request = new();
        Assert.That(() => request.SetGrantOwner(GrantOwner.Client), Throws.ArgumentException.With.Message.Contain("ForClient()"));
        Assert.That(() => GrantOwner.Client.AsCurrentUser(), Throws.InvalidOperationException.With.Message.Contain("ForClient()"));
    }

    [Test]
    [Description("Work that outlives its request keeps its owner where it says so itself, whatever became of the request's user")]
    public async Task Background_work()
    {
        await using var stage = await Stage.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        stage.Current = "alice";
        var me = GrantOwner.User(stage.Current);
        TaskCompletionSource isOver = new();
        var work = Task.Run(async () =>
        {
            await isOver.Task;
            using (me.AsCurrentUser())
                return await stage.CallAsync(null);
        });
        TaskCompletionSource isDone = new();
        var careless = Task.Run(async () =>
        {
            await isDone.Task;
            await stage.RequireNotSentAsync(owner: null, "No user is signed in");
        });
        stage.Current = null;
        isOver.SetResult();
        Assert.That(await work.Promptly(), Is.EqualTo(stage.TokenOf("alice")));
        isDone.SetResult();
        await careless.Promptly();
    }

    [Test]
    [Description(
        "What is begun within and goes on after the end, such as a loop that serves everybody, does not go on for the one who happened to start it"
    )]
    public async Task What_outlives_it_is_not_sent()
    {
        await using var stage = await Stage.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        // Not even as who is signed in by then.
        stage.Current = "bob";
        TaskCompletionSource isOver = new();
        Task loop;
        using (GrantOwner.User("alice").AsCurrentUser())
        {
            loop = Task.Run(async () =>
            {
                await isOver.Task;
                await stage.RequireNotSentAsync(owner: null, "outlived it");
                using (GrantOwner.User("bob").AsCurrentUser())
                    Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("bob")));
                await stage.RequireNotSentAsync(owner: null, "outlived it");
            });
        }
        isOver.SetResult();
        await loop.Promptly();
        Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("bob")));
    }

    [Test]
    public async Task One_within_another()
    {
        await using var stage = await Stage.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        using (GrantOwner.User("alice").AsCurrentUser())
        {
            using (GrantOwner.User("bob").AsCurrentUser())
                Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("bob")));
            Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("alice")));
        }
        await stage.RequireNotSentAsync(owner: null, "No user is signed in");
    }

    [Test]
    [Description("Threat: one user's token to another. A scope that is disposed out of order, or twice, puts no other owner in force")]
    public async Task Scopes_disposed_out_of_order()
    {
        await using var stage = await Stage.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        stage.Current = "alice";
        var alice = GrantOwner.User("alice").AsCurrentUser();
        var bob = GrantOwner.User("bob").AsCurrentUser();
        alice.Dispose();
        Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("bob")));
        alice.Dispose();
        Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("bob")));
        bob.Dispose();
        await stage.RequireNotSentAsync(owner: null, "outlived it");
    }

    [Test]
    [Description("Within SuppressCurrentUser() there is no user, although one is signed in; a request that states its owner is sent")]
    public async Task As_nobody()
    {
        await using var stage = await Stage.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        stage.Current = "alice";
        using (GrantOwner.SuppressCurrentUser())
        {
            await stage.RequireNotSentAsync(owner: null, "SuppressCurrentUser()");
            Assert.That(await stage.CallAsync("bob"), Is.EqualTo(stage.TokenOf("bob")));
            using (GrantOwner.User("bob").AsCurrentUser())
                Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("bob")));
            await stage.RequireNotSentAsync(owner: null, "SuppressCurrentUser()");
        }
        Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("alice")));
        using (GrantOwner.User("bob").AsCurrentUser())
        using (GrantOwner.SuppressCurrentUser())
            await stage.RequireNotSentAsync(owner: null, "SuppressCurrentUser()");
    }

    [Test]
    [Description(
        "A loop that was started within SuppressCurrentUser() sends for the owners that its jobs state, and for no other, also after the scope"
    )]
    public async Task A_loop_that_is_started_as_nobody()
    {
        await using var stage = await Stage.StartAsync(t => t.ForCurrentUser(), "alice", "bob");
        stage.Current = "alice";
        TaskCompletionSource isOver = new();
        Task loop;
        using (GrantOwner.SuppressCurrentUser())
        {
            loop = Task.Run(async () =>
            {
                await stage.RequireNotSentAsync(owner: null, "SuppressCurrentUser()");
                await isOver.Task;
                await stage.RequireNotSentAsync(owner: null, "outlived it");
                using (GrantOwner.User("bob").AsCurrentUser())
                    Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("bob")));
                await stage.RequireNotSentAsync(owner: null, "outlived it");
            });
        }
        isOver.SetResult();
        await loop.Promptly();
    }

    [Test]
    [Description("requireExplicitOwner: the surroundings name no owner; the request, or a scope around the call, does")]
    public async Task Explicit_owner_only()
    {
        await using var stage = await Stage.StartAsync(t => t.ForCurrentUser(requireExplicitOwner: true), "alice", "bob");
        stage.Current = "alice";
        await stage.RequireNotSentAsync(owner: null, "requireExplicitOwner");
        Assert.That(await stage.CallAsync("bob"), Is.EqualTo(stage.TokenOf("bob")));
        using (GrantOwner.User("alice").AsCurrentUser())
        {
            Assert.That(await stage.CallAsync(null), Is.EqualTo(stage.TokenOf("alice")));
            using (GrantOwner.SuppressCurrentUser())
                await stage.RequireNotSentAsync(owner: null, "SuppressCurrentUser()");
        }
        await stage.RequireNotSentAsync(owner: null, "requireExplicitOwner");
    }

    [Test]
    [Description("requireExplicitOwner needs no ICurrentGrantOwner, so it works where there is no HttpContext")]
    public async Task Explicit_owner_without_a_current_user()
    {
        using Api api = new();
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

    private sealed class Stage : IAsyncDisposable, ICurrentGrantOwner
    {
        private readonly Api api = new();
        private readonly Dictionary<string, string> tokens = new(StringComparer.Ordinal);
        private ScriptedServer server = null!;

        public string? Current { get; set; }

        public int Sent => api.Sent;

        public static async Task<Stage> StartAsync(Func<AccessTokenHandlerOptions, AccessTokenHandlerOptions> whose, params string[] owners)
        {
            Stage stage = new();
            stage.server = new(register: builder =>
            {
                builder.Services.AddSingleton<ICurrentGrantOwner>(stage);
                builder
                    .Services.AddHttpClient("api", http => http.BaseAddress = new("https://api.example"))
                    .AddAccessTokenHandler(t => whose(t.To("https://api.example")))
                    .ConfigurePrimaryHttpMessageHandler(() => stage.api);
            });
            foreach (string owner in owners)
                stage.tokens[owner] = (
                    await stage.server.SignedInAsync(ScriptedServer.Tokens("at-" + owner, "rt-" + owner), owner)
                ).AccessToken!.Reveal();
            stage.server.Answers(ScriptedServer.Tokens("at-client"));
            return stage;
        }

        public string TokenOf(string owner) => tokens[owner];

        public GrantOwner? Find() => Current is { } id ? GrantOwner.User(id) : null;

        /// <returns>The token that the API got.</returns>
        public async Task<string> CallAsync(string? owner)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/me");
            if (owner is not null)
                request.SetGrantOwner(GrantOwner.User(owner));
            using var http = server.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");
            using var response = await http.SendAsync(request);
            return await response.Content.ReadAsStringAsync();
        }

        public async Task RequireNotSentAsync(string? owner, string why)
        {
            int before = Sent;
            await Assert.ThatAsync(
                () => CallAsync(owner),
                Throws.TypeOf<OAuthException>().With.Message.Contain(why).And.Message.Contain("not sent")
            );
            Assert.That(Sent, Is.EqualTo(before));
        }

        public async ValueTask DisposeAsync()
        {
            await server.DisposeAsync();
            api.Dispose();
        }
    }

    /// <summary>Says back which token it got.</summary>
    private sealed class Api : HttpMessageHandler
    {
        private int sent;

        public int Sent => Volatile.Read(ref sent);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref sent);
            return Task.FromResult(new HttpResponseMessage { Content = new StringContent(request.Headers.Authorization!.Parameter!) });
        }
    }
}
