using System.Collections.Frozen;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// A node whose lease the store does not answer for has not lost it: as soon as the store is back, it goes on where it was, instead of
/// waiting for its own lease to run out while the server's grace period does.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class HeldLeaseTests
{
    // The request leaves within 15 s of the lease (45 s, less the 30 s that an answer may take), or asks for it again.
    private static readonly TimeSpan TooLate = TimeSpan.FromSeconds(16);

    [Test]
    [Description(
        "Life of a token 5, 6: the store was away when what is in doubt was to be presented once more: it is as soon as the store is back, and counts as the second time"
    )]
    public async Task In_doubt()
    {
        await using Desk desk = await Desk.SignedInAsync();
        desk.LosesAnswer(store => store.RefusesToLease = true);
        desk.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(
            async () => await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<IOException>(),
            "the store is still away"
        );
        Assert.That(desk.Presented, Is.EqualTo(1), "and no refresh token is spent meanwhile");

        desk.Store.RefusesToLease = false;
        desk.Server.Answers("", status: 503);
        desk.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(
            async () => await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(desk.Presented, Is.EqualTo(2), "it was presented once more, and not twice");

        desk.Server.Answers(Tokens("at-2", "rt-2"));
        desk.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That((await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
    }

    [Test]
    [Description("Life of a token 5, 6: the same when the lease was renewed, and the answer lost")]
    public async Task Renewed_unheard()
    {
        await using Desk desk = await Desk.SignedInAsync();
        desk.LosesAnswer(store => store.LosesAnswerToRenewal = true);

        desk.Store.LosesAnswerToRenewal = false;
        desk.Server.Answers(Tokens("at-2", "rt-2"));
        desk.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That((await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
        Assert.That(desk.Presented, Is.EqualTo(2));
    }

    [Test]
    [Description("Life of a token 5, 6: the same when the lease could not be given back after the second time")]
    public async Task Not_given_back()
    {
        await using Desk desk = await Desk.SignedInAsync();
        desk.Store.RefusesToEndLeases = true;
        desk.Server.Answers("", status: 503);
        Assert.That(
            async () => await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(desk.Presented, Is.EqualTo(2));

        desk.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(
            async () => await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(desk.Presented, Is.EqualTo(3), "in doubt already, it is presented once with each later refresh");

        desk.Store.RefusesToEndLeases = false;
        desk.Server.Answers(Tokens("at-2", "rt-2"));
        desk.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That((await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
    }

    [Test]
    [Description(
        "Rotation race (RFC 9700 §4.14): a lease that another node has taken over since is not its old holder's any more, whatever that one remembers"
    )]
    public async Task Taken_over()
    {
        await using Desk desk = await Desk.SignedInAsync();
        desk.LosesAnswer(store => store.RefusesToLease = true);

        desk.Store.RefusesToLease = false;
        desk.Server.Clock.Advance(TimeSpan.FromSeconds(45));
        var seen = (await desk.Server.Client.FindGrantAsync(GrantOwner.User("42")))!;
        var another = await desk.Inner.TryAcquireLeaseAsync(seen, held: null, TimeSpan.FromSeconds(45), default);
        Assert.That(another.Lease, Is.Not.Null);
        bool waited = false;
        desk.Store.BeforeWaiting = async () =>
        {
            waited = true;
            Assert.That(desk.Presented, Is.EqualTo(1));
            await desk.Inner.ReleaseLeaseAsync(another.Lease!, RefreshTokenStatus.Unknown, default);
        };
        desk.Server.Answers(Tokens("at-2", "rt-2"));

        Assert.That((await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
        Assert.That(waited, Is.True);
    }

    [Test]
    [Description(
        "Life of a token 6: a lease that could not be given back after a definite answer puts nothing in doubt: what is unknown later is presented once more"
    )]
    public async Task Not_given_back_and_nothing_in_doubt()
    {
        await using Desk desk = await Desk.SignedInAsync();
        desk.Store.RefusesToEndLeases = true;
        desk.Server.Answers("""{"error":"invalid_client"}""", status: 401);
        Assert.That(
            async () => await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<TokenEndpointException>()
        );
        int before = desk.Presented;

        desk.Store.RefusesToEndLeases = false;
        desk.Server.Answers("", status: 503);
        desk.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(
            async () => await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(desk.Presented, Is.EqualTo(before + 2));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Description(
        "RFC 6749 §5.2: refused while the store was away: when it is back, what another node rotated meanwhile is taken, and otherwise the user asked; nothing is presented again"
    )]
    public async Task Refused_while_the_store_was_away(bool isRotated)
    {
        await using Desk desk = await Desk.SignedInAsync();
        var seen = (await desk.Server.Client.FindGrantAsync(GrantOwner.User("42")))!;
        desk.Server.Answers(_ =>
        {
            desk.Store.RefusesToLease = true;
            return Json(400, """{"error":"invalid_grant"}""");
        });
        Assert.That(async () => await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.TypeOf<IOException>());

        desk.Store.RefusesToLease = false;
        desk.Server.Clock.Advance(RefreshBackoff.Pause);
        var now = desk.Server.Clock.GetUtcNow();
        if (isRotated)
        {
            var rotated = new TokenResponse(
                new AccessToken("at-9", now, now.AddHours(1), [], []),
                new RefreshToken("rt-9"),
                idToken: null,
                FrozenDictionary<string, JsonElement>.Empty
            );
            Assert.That(
                await desk.Inner.TryReplaceAsync(seen.Refreshed(rotated, "", now).AfterGeneration(seen.Generation), default),
                Is.True
            );
            Assert.That((await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-9"));
        }
        else
        {
            Assert.That(
                async () => await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
                Throws.TypeOf<ReauthorizationRequiredException>()
            );
        }
        Assert.That(desk.Presented, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 7009 §2: a user who disconnects waits for other nodes' leases, and not for one that this node could not give back")]
    public async Task Disconnecting([Values] bool isRefused)
    {
        await using Desk desk = await Desk.SignedInAsync();
        desk.Store.RefusesToEndLeases = true;
        desk.Server.Answers(isRefused ? """{"error":"invalid_grant"}""" : "", status: isRefused ? 400 : 503);
        Assert.That(async () => await desk.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.InstanceOf<OAuthException>());

        desk.Server.Answers("");
        desk.Store.RefusesToRemove = true;
        Assert.That(async () => await desk.Server.Client.RevokeAsync(GrantOwner.User("42")), Throws.InstanceOf<Exception>());
        desk.Store.RefusesToRemove = false;
        await desk.Server.Client.RevokeAsync(GrantOwner.User("42"));

        Assert.That(await desk.Server.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
        Assert.That(desk.Server.Requests[^1].Uri.AbsolutePath, Is.EqualTo("/revoke"));
    }

    private sealed class Desk : IAsyncDisposable
    {
        private Desk()
        {
            Server = new(registerFirst: services =>
                services.AddSingleton<IGrantStore>(provider =>
                {
                    Inner = new InMemoryGrantStore(provider.GetRequiredService<TimeProvider>());
                    return Store = new FailingStore(Inner)
                    {
                        BeforeWaiting = () => throw new InvalidOperationException("It waits for its own lease."),
                    };
                })
            );
        }

        public ScriptedServer Server { get; }
        public FailingStore Store { get; private set; } = null!;
        public InMemoryGrantStore Inner { get; private set; } = null!;
        public int Presented => Server.Requests.Count;

        /// <summary>Somebody has signed in, and the access token is over.</summary>
        public static async Task<Desk> SignedInAsync()
        {
            Desk desk = new();
            await desk.Server.SignedInAsync(Tokens("at-1", "rt-1"));
            desk.Server.Clock.Advance(TimeSpan.FromHours(1));
            return desk;
        }

        /// <summary>The server's answer is lost, so late that the lease must be renewed first; by then the store is in trouble too.</summary>
        public void LosesAnswer(Action<FailingStore> trouble)
        {
            Server.AnswersAsync(async _ =>
            {
                Server.Clock.Advance(TooLate);
                trouble(Store);
                throw await Task.FromResult(new HttpRequestException("The answer was lost."));
            });
            Assert.That(async () => await Server.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.TypeOf<IOException>());
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
