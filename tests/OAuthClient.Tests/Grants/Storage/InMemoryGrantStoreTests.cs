using System.Collections.Frozen;

namespace OAuthClient.Tests;

/// <summary>Tests the in-memory store: the contract of every store, and the removal of grants that are no longer usable.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class InMemoryGrantStoreTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private static IEnumerable<StoreContractCase> ContractCases =>
        [.. GrantStoreContract.Cases(Create), .. GrantStoreContract.ClockCases(Create)];

    [TestCaseSource(nameof(ContractCases))]
    public Task The_store_fulfills_the_contract(StoreContractCase one) => one.RunAsync();

    [Test]
    [Description("A grant with a refresh token is never removed, regardless of the number of grants and the age of its access token")]
    public async Task Grants_with_a_refresh_token_are_never_removed()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        for (int i = 0; i < 100_000; i++)
            await store.AddAsync(SampleGrants.Create($"g{i}", $"owner{i}", expiresAt: clock.GetUtcNow()), default);
        for (int i = 0; i < 100_000; i++)
            Assert.That((await store.FindAsync("photos", GrantOwner.User($"owner{i}"), default)).Count, Is.EqualTo(1), $"owner {i}");
    }

    [Test]
    [Description("A grant without a refresh token is kept while one of its access tokens is valid or has no stated expiry")]
    public async Task Usable_grants_are_kept()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        await store.AddAsync(SampleGrants.Create("valid", "valid", refreshToken: null, expiresAt: clock.GetUtcNow() + Tick), default);
        await store.AddAsync(Endless("endless"), default);
        await FillAsync(store, 1022);
        Assert.That((await store.FindAsync("photos", GrantOwner.User("valid"), default)).Count, Is.EqualTo(1));
        Assert.That((await store.FindAsync("photos", GrantOwner.User("endless"), default)).Count, Is.EqualTo(1));
    }

    [Test]
    [Description(
        "A grant of a sign-in is kept until the sign-in expires, regardless of its tokens; then it is removed and no longer found"
    )]
    public async Task Grants_of_a_sign_in_are_kept()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        var signedIn = SampleGrants.Create(
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
    [Description("A grant that ended with its sign-in is removed with its refresh token; a grant for offline access is kept")]
    public async Task Grants_that_ended_with_the_sign_in_are_removed(string? scope, bool isKept)
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        var signedIn = SampleGrants.Create(
            "signed-in",
            "signed-in",
            sessionId: "s1",
            signInExpiresAt: clock.GetUtcNow() + Tick,
            scope: scope
        );
        await store.AddAsync(signedIn, default);
        await FillAsync(store, 1023);
        Assert.That((await store.FindAsync("photos", GrantOwner.User("signed-in"), default)).Count, Is.EqualTo(1));

        clock.Advance(Tick);
        await FillAsync(store, 1024, from: 2000);
        Assert.That(await store.FindAsync("photos", GrantOwner.User("signed-in"), default), isKept ? Has.Exactly(1).Items : Is.Empty);
    }

    [Test]
    [Description("A grant without a refresh token is kept while any of its access tokens is valid")]
    public async Task One_valid_access_token_is_enough()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        Grant grant = new("mixed", "photos", GrantOwner.User("mixed"), "https://as.example", "client-id")
        {
            Tokens = new Dictionary<string, AccessToken>(StringComparer.Ordinal)
            {
                ["expired"] = new("expired", default, clock.GetUtcNow(), [], []),
                ["valid"] = new("valid", default, clock.GetUtcNow() + Tick, [], []),
            }.ToFrozenDictionary(StringComparer.Ordinal),
        };
        await store.AddAsync(grant, default);
        await FillAsync(store, 1023);
        Assert.That((await store.FindAsync("photos", GrantOwner.User("mixed"), default)).Count, Is.EqualTo(1));
    }

    [Test]
    [Description(
        "An unusable grant, without refresh token and with every access token expired, is removed at the 1,024th owner and not before"
    )]
    public async Task Unusable_grants_are_removed()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        await store.AddAsync(SampleGrants.Create("expired", "mixed", refreshToken: null, expiresAt: clock.GetUtcNow()), default);
        await store.AddAsync(SampleGrants.Create("valid", "mixed"), default);
        await store.AddAsync(SampleGrants.Create("expired", "expired", refreshToken: null, expiresAt: clock.GetUtcNow()), default);
        await FillAsync(store, 1021);
        Assert.That((await store.FindAsync("photos", GrantOwner.User("expired"), default)).Count, Is.EqualTo(1), "before the removal");

        await store.AddAsync(SampleGrants.Create("last", "last"), default);

        Assert.That(await store.FindAsync("photos", GrantOwner.User("expired"), default), Is.Empty);
        Assert.That(
            (await store.FindAsync("photos", GrantOwner.User("mixed"), default)).Select(grant => grant.Id),
            Is.EqualTo(new[] { "valid" })
        );
    }

    [Test]
    [Description("The next removal happens when the number of owners has doubled; a removed owner no longer counts")]
    public async Task Unusable_grants_are_removed_again()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        await FillAsync(store, 1024);
        await store.AddAsync(SampleGrants.Create("expired", "expired", refreshToken: null, expiresAt: clock.GetUtcNow()), default);
        await store.RemoveAsync(SampleGrants.Create("fill0", "fill0"), default);
        await FillAsync(store, 1023, from: 2000);
        Assert.That((await store.FindAsync("photos", GrantOwner.User("expired"), default)).Count, Is.EqualTo(1), "2,047 owners");

        await store.AddAsync(SampleGrants.Create("last", "last"), default);

        Assert.That(await store.FindAsync("photos", GrantOwner.User("expired"), default), Is.Empty, "2,048 owners");
    }

    [Test]
    [Description("RFC 9700 §4.7: a used state is removed once its own lifetime has passed")]
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

    // All nodes of the contract are this process.
    private static StoreUnderTest<IGrantStore> Create()
    {
        ManualTimeProvider clock = new();
        InMemoryGrantStore store = new(clock);
        return new() { OpenAsync = () => new(store), AdvanceTime = clock.Advance };
    }

    private static async Task FillAsync(InMemoryGrantStore store, int count, int from = 0)
    {
        for (int i = from; i < from + count; i++)
            await store.AddAsync(SampleGrants.Create($"fill{i}", $"fill{i}"), default);
    }

    private static Grant Endless(string owner) =>
        new(owner, "photos", GrantOwner.User(owner), "https://as.example", "client-id")
        {
            Tokens = Grant.With(new AccessToken("at", default, expiresAt: null, [], [])),
        };
}
