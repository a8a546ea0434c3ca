using System.Collections.Frozen;

namespace OAuthClient.Tests;

/// <summary>The store in memory: what every store must do, and that it neither drops what lives nor hoards what is dead.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class InMemoryGrantStoreTests : GrantStoreContract
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    protected override ValueTask<IGrantStore> CreateAsync() => new(new InMemoryGrantStore(new ManualTimeProvider()));

    [Test]
    [Description("A grant with a refresh token is never dropped, however many there are and however old its access token is")]
    public async Task Living_grants_are_never_dropped()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        for (int i = 0; i < 100_000; i++)
            await store.AddAsync(Sample($"g{i}", $"owner{i}", expiresAt: clock.GetUtcNow()), default);
        for (int i = 0; i < 100_000; i++)
            Assert.That((await store.FindAsync("photos", GrantOwner.User($"owner{i}"), default)).Count, Is.EqualTo(1), $"owner {i}");
    }

    [Test]
    [Description("A grant without refresh token is kept as long as one of its access tokens lives, or nobody said when it ends")]
    public async Task Grants_of_use_are_kept()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        await store.AddAsync(Sample("living", "living", refreshToken: null, expiresAt: clock.GetUtcNow() + Tick), default);
        await store.AddAsync(Endless("endless"), default);
        await FillAsync(store, 1022);
        Assert.That((await store.FindAsync("photos", GrantOwner.User("living"), default)).Count, Is.EqualTo(1));
        Assert.That((await store.FindAsync("photos", GrantOwner.User("endless"), default)).Count, Is.EqualTo(1));
    }

    [Test]
    [Description(
        "A grant by which somebody is signed in is kept until that is over, whatever became of its tokens; then it goes, and is found no more"
    )]
    public async Task Grants_of_the_signed_in_are_kept()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        var signedIn = Sample(
            "signed-in",
            "signed-in",
            refreshToken: null,
            expiresAt: clock.GetUtcNow(),
            sessionId: "s1",
            signInExpiresAt: clock.GetUtcNow() + Tick
        );
        await store.AddAsync(signedIn, default);
        await FillAsync(store, 1023);
        Assert.That((await store.FindAsync("photos", GrantOwner.User("signed-in"), default)).Count, Is.EqualTo(1));

        clock.Advance(Tick);
        await FillAsync(store, 1024, from: 2000);
        Assert.That(await store.FindAsync("photos", GrantOwner.User("signed-in"), default), Is.Empty);
        Assert.That(await store.FindByFingerprintAsync(signedIn.SessionFingerprint!, default), Is.Empty);
    }

    [TestCase(null, false), TestCase("offline_access", true)]
    [Description("A grant that ended with its sign-in is swept away with its refresh token; one for offline access is kept")]
    public async Task Grants_that_ended_with_the_sign_in_are_swept(string? scope, bool isKept)
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        var signedIn = Sample("signed-in", "signed-in", sessionId: "s1", signInExpiresAt: clock.GetUtcNow() + Tick, scope: scope);
        await store.AddAsync(signedIn, default);
        await FillAsync(store, 1023);
        Assert.That((await store.FindAsync("photos", GrantOwner.User("signed-in"), default)).Count, Is.EqualTo(1));

        clock.Advance(Tick);
        await FillAsync(store, 1024, from: 2000);
        Assert.That(await store.FindAsync("photos", GrantOwner.User("signed-in"), default), isKept ? Has.Exactly(1).Items : Is.Empty);
    }

    [Test]
    [Description("A grant without refresh token is kept as long as any one of its access tokens lives")]
    public async Task One_living_token_is_enough()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        Grant grant = new("mixed", "photos", GrantOwner.User("mixed"), "https://as.example", "client-id")
        {
            Tokens = new Dictionary<string, AccessToken>(StringComparer.Ordinal)
            {
                ["over"] = new("over", default, clock.GetUtcNow(), [], []),
                ["living"] = new("living", default, clock.GetUtcNow() + Tick, [], []),
            }.ToFrozenDictionary(StringComparer.Ordinal),
        };
        await store.AddAsync(grant, default);
        await FillAsync(store, 1023);
        Assert.That((await store.FindAsync("photos", GrantOwner.User("mixed"), default)).Count, Is.EqualTo(1));
    }

    [Test]
    [Description(
        "A grant of no use to anybody, without refresh token and with every access token over, is swept at the 1,024th owner and not before"
    )]
    public async Task Dead_grants_are_swept()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        await store.AddAsync(Sample("dead", "mixed", refreshToken: null, expiresAt: clock.GetUtcNow()), default);
        await store.AddAsync(Sample("living", "mixed"), default);
        await store.AddAsync(Sample("dead", "dead", refreshToken: null, expiresAt: clock.GetUtcNow()), default);
        await FillAsync(store, 1021);
        Assert.That((await store.FindAsync("photos", GrantOwner.User("dead"), default)).Count, Is.EqualTo(1), "before the sweep");

        await store.AddAsync(Sample("last", "last"), default);

        Assert.That(await store.FindAsync("photos", GrantOwner.User("dead"), default), Is.Empty);
        Assert.That(
            (await store.FindAsync("photos", GrantOwner.User("mixed"), default)).Select(grant => grant.Id),
            Is.EqualTo(new[] { "living" })
        );
    }

    [Test]
    [Description("Sweeping goes on: the next one comes when the owners have doubled, and a removed owner counts no longer")]
    public async Task Sweeps_again()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        await FillAsync(store, 1024);
        await store.AddAsync(Sample("dead", "dead", refreshToken: null, expiresAt: clock.GetUtcNow()), default);
        await store.RemoveAsync(Sample("fill0", "fill0"), default);
        await FillAsync(store, 1023, from: 2000);
        Assert.That((await store.FindAsync("photos", GrantOwner.User("dead"), default)).Count, Is.EqualTo(1), "2,047 owners");

        await store.AddAsync(Sample("last", "last"), default);

        Assert.That(await store.FindAsync("photos", GrantOwner.User("dead"), default), Is.Empty, "2,048 owners");
    }

    [Test]
    [Description("RFC 9700 §4.7: a used state is forgotten when it could not come again anyway")]
    public async Task Used_states_expire()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        var expiry = clock.GetUtcNow().AddMinutes(10);
        await store.TryConsumeStateAsync("state", expiry, default);
        clock.Advance(TimeSpan.FromMinutes(10) - Tick);
        Assert.That(await store.TryConsumeStateAsync("state", expiry, default), Is.False);
        clock.Advance(Tick);
        Assert.That(await store.TryConsumeStateAsync("state", expiry, default), Is.True);
    }

    private static async Task FillAsync(InMemoryGrantStore store, int count, int from = 0)
    {
        for (int i = from; i < from + count; i++)
            await store.AddAsync(Sample($"fill{i}", $"fill{i}"), default);
    }

    private static Grant Endless(string owner) =>
        new(owner, "photos", GrantOwner.User(owner), "https://as.example", "client-id")
        {
            Tokens = Grant.With(new AccessToken("at", default, expiresAt: null, [], [])),
        };
}
