using System.Collections.Frozen;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that a node keeps a lease that the store could not renew or release: as soon as the store is available, the node continues with
/// it, instead of waiting for its own lease to expire while the grace period of the server passes.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class HeldLeaseTests
{
    // The request is sent within 15 s of acquiring the lease (45 s minus the 30 s that a response may take); later the lease is renewed
    // first.
    private static readonly TimeSpan TooLate = TimeSpan.FromSeconds(16);

    [Test]
    [Description(
        "Token lifecycle 5 and 6: the store is unavailable when an ambiguous refresh is to be repeated: it is repeated as soon "
            + "as the store is available, and counts as the second presentation"
    )]
    public async Task Ambiguous_refresh_while_the_store_is_unavailable()
    {
        await using Fixture fixture = await Fixture.SignedInAsync();
        fixture.LosesResponse(store => store.RefusesToLease = true);
        fixture.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(
            async () => await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<IOException>(),
            "the store is still unavailable"
        );
        Assert.That(fixture.Presented, Is.EqualTo(1), "no refresh token is presented meanwhile");

        fixture.Store.RefusesToLease = false;
        fixture.Server.Answers("", status: 503);
        fixture.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(
            async () => await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(fixture.Presented, Is.EqualTo(2), "presented once more, and not twice");

        fixture.Server.Answers(Tokens("at-2", "rt-2"));
        fixture.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That((await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
    }

    [Test]
    [Description("Token lifecycle 5 and 6: the same if the lease was renewed and the response was lost")]
    public async Task Lease_renewed_and_response_lost()
    {
        await using Fixture fixture = await Fixture.SignedInAsync();
        fixture.LosesResponse(store => store.LosesResponseToRenewal = true);

        fixture.Store.LosesResponseToRenewal = false;
        fixture.Server.Answers(Tokens("at-2", "rt-2"));
        fixture.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That((await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
        Assert.That(fixture.Presented, Is.EqualTo(2));
    }

    [Test]
    [Description("Token lifecycle 5 and 6: the same if the lease could not be released after the second presentation")]
    public async Task Lease_not_released()
    {
        await using Fixture fixture = await Fixture.SignedInAsync();
        fixture.Store.RefusesToEndLeases = true;
        fixture.Server.Answers("", status: 503);
        Assert.That(
            async () => await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(fixture.Presented, Is.EqualTo(2));

        fixture.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(
            async () => await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(fixture.Presented, Is.EqualTo(3), "the outcome is already unknown, so it is presented once with each later refresh");

        fixture.Store.RefusesToEndLeases = false;
        fixture.Server.Answers(Tokens("at-2", "rt-2"));
        fixture.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That((await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
    }

    [Test]
    [Description("Rotation race (RFC 9700 §4.14): a lease that another node has acquired since no longer belongs to its former holder")]
    public async Task Lease_acquired_by_another_node()
    {
        await using Fixture fixture = await Fixture.SignedInAsync();
        fixture.LosesResponse(store => store.RefusesToLease = true);

        fixture.Store.RefusesToLease = false;
        fixture.Server.Clock.Advance(TimeSpan.FromSeconds(45));
        var seen = (await fixture.Server.Client.FindGrantAsync(GrantOwner.User("42")))!;
        var another = await fixture.Inner.TryAcquireLeaseAsync(seen, held: null, TimeSpan.FromSeconds(45), default);
        Assert.That(another.Lease, Is.Not.Null);
        bool waited = false;
        fixture.Store.BeforeWaiting = async () =>
        {
            waited = true;
            Assert.That(fixture.Presented, Is.EqualTo(1));
            await fixture.Inner.ReleaseLeaseAsync(another.Lease!, RefreshTokenStatus.Unknown, default);
        };
        fixture.Server.Answers(Tokens("at-2", "rt-2"));

        Assert.That((await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-2"));
        Assert.That(waited, Is.True);
    }

    [Test]
    [Description(
        "Token lifecycle 6: a lease that could not be released after a definite outcome leaves no doubt: a later ambiguous "
            + "refresh is presented once more"
    )]
    public async Task Lease_not_released_after_a_definite_outcome()
    {
        await using Fixture fixture = await Fixture.SignedInAsync();
        fixture.Store.RefusesToEndLeases = true;
        fixture.Server.Answers("""{"error":"invalid_client"}""", status: 401);
        Assert.That(
            async () => await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<TokenEndpointException>()
        );
        int before = fixture.Presented;

        fixture.Store.RefusesToEndLeases = false;
        fixture.Server.Answers("", status: 503);
        fixture.Server.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(
            async () => await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<TokenEndpointException>()
        );
        Assert.That(fixture.Presented, Is.EqualTo(before + 2));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Description(
        "RFC 6749 §5.2: rejected while the store was unavailable: afterwards the grant that another node stored meanwhile is "
            + "adopted, or else the user must authorize again; the token is not presented again"
    )]
    public async Task Rejected_while_the_store_was_unavailable(bool isRotated)
    {
        await using Fixture fixture = await Fixture.SignedInAsync();
        var seen = (await fixture.Server.Client.FindGrantAsync(GrantOwner.User("42")))!;
        fixture.Server.Answers(_ =>
        {
            fixture.Store.RefusesToLease = true;
            return Json(400, """{"error":"invalid_grant"}""");
        });
        Assert.That(async () => await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.TypeOf<IOException>());

        fixture.Store.RefusesToLease = false;
        fixture.Server.Clock.Advance(RefreshBackoff.Pause);
        var now = fixture.Server.Clock.GetUtcNow();
        if (isRotated)
        {
            var rotated = new TokenResponse(
                new AccessToken("at-9", now, now.AddHours(1), [], []),
                new RefreshToken("rt-9"),
                idToken: null,
                FrozenDictionary<string, JsonElement>.Empty
            );
            Assert.That(
                await fixture.Inner.TryReplaceAsync(seen.Refreshed(rotated, "", now).AfterGeneration(seen.Generation), default),
                Is.True
            );
            Assert.That((await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("at-9"));
        }
        else
        {
            Assert.That(
                async () => await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
                Throws.TypeOf<ReauthorizationRequiredException>()
            );
        }
        Assert.That(fixture.Presented, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 7009 §2: a revocation waits for leases of other nodes, and not for one that this node could not release")]
    public async Task Revocation_with_an_unreleased_lease([Values] bool isRefused)
    {
        await using Fixture fixture = await Fixture.SignedInAsync();
        fixture.Store.RefusesToEndLeases = true;
        fixture.Server.Answers(isRefused ? """{"error":"invalid_grant"}""" : "", status: isRefused ? 400 : 503);
        Assert.That(
            async () => await fixture.Server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.InstanceOf<OAuthException>()
        );

        fixture.Server.Answers("");
        fixture.Store.RefusesToRemove = true;
        Assert.That(async () => await fixture.Server.Client.RevokeAsync(GrantOwner.User("42")), Throws.InstanceOf<Exception>());
        fixture.Store.RefusesToRemove = false;
        await fixture.Server.Client.RevokeAsync(GrantOwner.User("42"));

        Assert.That(await fixture.Server.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
        Assert.That(fixture.Server.Requests[^1].Uri.AbsolutePath, Is.EqualTo("/revoke"));
    }

    private sealed class Fixture : IAsyncDisposable
    {
        private Fixture()
        {
            Server = new(registerFirst: services =>
                services.AddSingleton<IGrantStore>(provider =>
                {
                    Inner = new InMemoryGrantStore(provider.GetRequiredService<TimeProvider>());
                    return Store = new FailingStore(Inner)
                    {
                        BeforeWaiting = () => throw new InvalidOperationException("The node waited for its own lease."),
                    };
                })
            );
        }

        public ScriptedServer Server { get; }
        public FailingStore Store { get; private set; } = null!;
        public InMemoryGrantStore Inner { get; private set; } = null!;
        public int Presented => Server.Requests.Count;

        /// <summary>Creates a signed-in user whose access token has expired.</summary>
        public static async Task<Fixture> SignedInAsync()
        {
            Fixture fixture = new();
            await fixture.Server.SignedInAsync(Tokens("at-1", "rt-1"));
            fixture.Server.Clock.Advance(TimeSpan.FromHours(1));
            return fixture;
        }

        /// <summary>Loses the server's response, so late that the lease must be renewed first, while the store fails too.</summary>
        public void LosesResponse(Action<FailingStore> failStore)
        {
            Server.AnswersAsync(async _ =>
            {
                Server.Clock.Advance(TooLate);
                failStore(Store);
                throw await Task.FromResult(new HttpRequestException("The response was lost."));
            });
            Assert.That(async () => await Server.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.TypeOf<IOException>());
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
