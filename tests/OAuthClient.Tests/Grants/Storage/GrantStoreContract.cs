using System.Collections.Frozen;

namespace OAuthClient.Tests;

/// <summary>Tests that every implementation of <see cref="IGrantStore"/> must pass; the fixture of a store derives from this.</summary>
public abstract partial class GrantStoreContract
{
    private const string Client = "photos";

    private static readonly DateTimeOffset Expiry = new(2030, 1, 1, 12, 10, 0, TimeSpan.Zero);

    /// <summary>Creates a store for one test. Its clock, if it has one, is at 12:00 on 2030-01-01.</summary>
    protected abstract ValueTask<IGrantStore> CreateAsync();

    [Test]
    public async Task An_owner_without_grants_has_an_empty_list() =>
        Assert.That(await (await CreateAsync()).FindAsync(Client, Owner("unknown"), default), Is.Empty);

    [Test]
    public async Task An_added_grant_is_found_with_all_its_values()
    {
        var store = await CreateAsync();
        var grant = Sample("g1", "42", sessionId: "s1", signInExpiresAt: Expiry);
        await store.AddAsync(grant, default);

        var found = (await store.FindAsync(Client, Owner("42"), default)).Single();

        Assert.That(found.Id, Is.EqualTo("g1"));
        Assert.That(found.ClientName, Is.EqualTo(Client));
        Assert.That(found.Owner, Is.EqualTo(Owner("42")));
        Assert.That(found.Server, Is.EqualTo(grant.Server));
        Assert.That(found.ClientId, Is.EqualTo(grant.ClientId));
        Assert.That((found.Subject, found.SessionId, found.SignInExpiresAt), Is.EqualTo(("alice", "s1", (DateTimeOffset?)Expiry)));
        Assert.That(found.FirstIdTokenIssuedAt, Is.EqualTo(grant.FirstIdTokenIssuedAt).And.Not.Null);
        Assert.That(found.EndsAt, Is.EqualTo(Expiry));
        Assert.That(found.Scopes, Is.EqualTo(new[] { "a", "b" }));
        Assert.That(found.Resources, Is.EqualTo(new[] { "https://api.example" }));
        Assert.That(found.CreatedAt, Is.EqualTo(grant.CreatedAt));
        Assert.That(found.Generation, Is.EqualTo(1));
        Assert.That(found.RefreshToken, Is.EqualTo(new RefreshToken("rt-g1")));
        Assert.That(found.AccessToken, Is.EqualTo(grant.AccessToken));
        Assert.That(found.AccessToken!.ExpiresAt, Is.EqualTo(grant.AccessToken!.ExpiresAt));
    }

    [Test]
    public async Task The_newest_grant_is_first()
    {
        var store = await CreateAsync();
        foreach (string id in new[] { "first", "second", "third" })
            await store.AddAsync(Sample(id, "42"), default);
        Assert.That(await IdsAsync(store, "42"), Is.EqualTo(new[] { "third", "second", "first" }));
    }

    [Test]
    [Description("A replaced grant keeps its position: the order is that of authorization, not of refresh")]
    public async Task Replacing_keeps_the_order()
    {
        var store = await CreateAsync();
        var older = Sample("older", "42");
        await store.AddAsync(older, default);
        await store.AddAsync(Sample("newer", "42"), default);
        await store.TryReplaceAsync(Next(older), default);
        Assert.That(await IdsAsync(store, "42"), Is.EqualTo(new[] { "newer", "older" }));
    }

    [TestCase("42", "43")]
    [TestCase("alice", "Alice")]
    [TestCase("a", "a ")]
    [Description("Threat: one user's token to another. Owners are compared ordinally")]
    public async Task Owners_are_separate(string one, string other)
    {
        var store = await CreateAsync();
        await store.AddAsync(Sample("g1", one), default);
        Assert.That(await IdsAsync(store, other), Is.Empty);
        Assert.That(await store.FindAsync(Client, GrantOwner.Client, default), Is.Empty);
    }

    [Test]
    [Description("Threat: one user's token to another. Registrations are separate, and no concatenation of names makes two keys equal")]
    public async Task Registrations_are_separate()
    {
        var store = await CreateAsync();
        await store.AddAsync(Sample("g1", "42", clientName: "photos"), default);
        await store.AddAsync(Sample("g2", "s42", clientName: "photo"), default);
        Assert.That(await store.FindAsync("Photos", Owner("42"), default), Is.Empty);
        Assert.That((await store.FindAsync("photos", Owner("42"), default)).Single().Id, Is.EqualTo("g1"));
        Assert.That((await store.FindAsync("photo", Owner("s42"), default)).Single().Id, Is.EqualTo("g2"));
    }

    [Test]
    public async Task A_grant_is_replaced_by_the_next_generation()
    {
        var store = await CreateAsync();
        var first = Sample("g1", "42");
        await store.AddAsync(first, default);
        var second = Next(first);

        Assert.That(await store.TryReplaceAsync(second, default), Is.True);
        Assert.That((await store.FindAsync(Client, Owner("42"), default)).Single().Generation, Is.EqualTo(2));
        Assert.That(await store.TryReplaceAsync(Next(second), default), Is.True);
        Assert.That((await store.FindAsync(Client, Owner("42"), default)).Single().Generation, Is.EqualTo(3));
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(0)]
    [Description("Rotation race: compare-and-set accepts exactly the generation after the stored one, and changes nothing otherwise")]
    public async Task Any_other_generation_is_rejected(long generation)
    {
        var store = await CreateAsync();
        var first = Sample("g1", "42");
        await store.AddAsync(first, default);

        Assert.That(await store.TryReplaceAsync(Sample("g1", "42", generation: generation, refreshToken: "another"), default), Is.False);

        var stored = (await store.FindAsync(Client, Owner("42"), default)).Single();
        Assert.That(stored.Generation, Is.EqualTo(1));
        Assert.That(stored.RefreshToken, Is.EqualTo(first.RefreshToken));
    }

    [Test]
    [Description("Rotation race: a removed grant is not restored by a refresh that was in progress")]
    public async Task A_removed_grant_is_not_replaced()
    {
        var store = await CreateAsync();
        var first = Sample("g1", "42");
        await store.AddAsync(first, default);
        await store.RemoveAsync(first, default);
        Assert.That(await store.TryReplaceAsync(Next(first), default), Is.False);
        Assert.That(await IdsAsync(store, "42"), Is.Empty);
    }

    [Test]
    public async Task The_generation_of_another_grant_is_not_replaced()
    {
        var store = await CreateAsync();
        await store.AddAsync(Sample("g1", "42"), default);
        Assert.That(await store.TryReplaceAsync(Sample("g2", "42", generation: 2), default), Is.False);
        Assert.That(await store.TryReplaceAsync(Sample("g1", "43", generation: 2), default), Is.False);
    }

    [Test]
    [Description("Rotation race: of concurrent replacements exactly one succeeds, and it is the one that is stored")]
    public async Task One_concurrent_replacement_succeeds()
    {
        var store = await CreateAsync();
        var first = Sample("g1", "42");
        await store.AddAsync(first, default);
        var candidates = Enumerable.Range(0, 32).Select(i => Sample("g1", "42", generation: 2, refreshToken: $"rt-{i}")).ToList();

        var replaced = await Task.WhenAll(
            candidates.Select(candidate => Task.Run(async () => await store.TryReplaceAsync(candidate, default)))
        );

        Assert.That(replaced.Count(succeeded => succeeded), Is.EqualTo(1));
        var stored = (await store.FindAsync(Client, Owner("42"), default)).Single();
        Assert.That(stored.RefreshToken, Is.EqualTo(candidates[Array.IndexOf(replaced, true)].RefreshToken));
    }

    [Test]
    [Description("A grant is removed regardless of its generation, and no other grant is removed")]
    public async Task A_grant_is_removed_regardless_of_its_generation()
    {
        var store = await CreateAsync();
        var first = Sample("g1", "42");
        await store.AddAsync(first, default);
        await store.AddAsync(Sample("g2", "42"), default);
        await store.AddAsync(Sample("g1-of-another", "43"), default);
        await store.TryReplaceAsync(Next(first), default);

        await store.RemoveAsync(first, default);
        Assert.That(await IdsAsync(store, "42"), Is.EqualTo(new[] { "g2" }));
        Assert.That(await IdsAsync(store, "43"), Is.EqualTo(new[] { "g1-of-another" }));

        Assert.That(async () => await store.RemoveAsync(first, default), Throws.Nothing, "a second time");
    }

    [Test]
    [Description("A returned list is a snapshot and does not change afterwards")]
    public async Task A_returned_list_is_a_snapshot()
    {
        var store = await CreateAsync();
        var first = Sample("g1", "42");
        await store.AddAsync(first, default);
        var found = await store.FindAsync(Client, Owner("42"), default);
        await store.TryReplaceAsync(Next(first), default);
        await store.AddAsync(Sample("g2", "42"), default);
        Assert.That(found.Single().Generation, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 9700 §4.7: a state can be consumed once")]
    public async Task A_state_is_consumed_once()
    {
        var store = await CreateAsync();
        Assert.That(await store.TryConsumeStateAsync("one", Expiry, default), Is.True);
        Assert.That(await store.TryConsumeStateAsync("one", Expiry, default), Is.False);
        Assert.That(await store.TryConsumeStateAsync("One", Expiry, default), Is.True);
        Assert.That(await store.TryConsumeStateAsync("two", Expiry, default), Is.True);
    }

    [Test]
    [Description("RFC 9700 §4.7: of concurrent attempts to consume a state exactly one succeeds")]
    public async Task A_state_is_consumed_once_in_parallel()
    {
        var store = await CreateAsync();
        var used = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(_ => Task.Run(async () => await store.TryConsumeStateAsync("state", Expiry, default)))
        );
        Assert.That(used.Count(one => one), Is.EqualTo(1));
    }

    internal static Grant Sample(
        string id,
        string owner,
        string clientName = Client,
        long generation = 1,
        string? refreshToken = "",
        DateTimeOffset? expiresAt = null,
        string? subject = "alice",
        string? sessionId = null,
        DateTimeOffset? signInExpiresAt = null,
        string? scope = null
    ) =>
        new(id, clientName, Owner(owner), "https://as.example", "client-id")
        {
            Subject = subject,
            SessionId = sessionId,
            SignInExpiresAt = signInExpiresAt,
            FirstIdTokenIssuedAt = Expiry.AddMinutes(-11),
            Scopes = scope is null ? ["a", "b"] : ["a", "b", scope],
            Resources = ["https://api.example"],
            CreatedAt = Expiry.AddMinutes(-10),
            Generation = generation,
            RefreshToken = refreshToken is null ? null : new RefreshToken(refreshToken.Length > 0 ? refreshToken : "rt-" + id),
            Tokens = Grant.With(
                new AccessToken("at-" + id, Expiry.AddMinutes(-10), expiresAt ?? Expiry.AddHours(1), ["a", "b"], ["https://api.example"])
            ),
        };

    internal static Grant Next(Grant grant) =>
        grant.Refreshed(
            new TokenResponse(
                new AccessToken($"at-{grant.Id}-{grant.Generation + 1}", Expiry, Expiry.AddHours(2), grant.Scopes, grant.Resources),
                new RefreshToken($"rt-{grant.Id}-{grant.Generation + 1}"),
                idToken: null,
                FrozenDictionary<string, System.Text.Json.JsonElement>.Empty
            ),
            AccessTokenKey.Default.Key,
            Expiry
        );

    private static GrantOwner Owner(string id) => GrantOwner.User(id);

    private static async Task<IEnumerable<string>> IdsAsync(IGrantStore store, string owner) =>
        (await store.FindAsync(Client, Owner(owner), default)).Select(grant => grant.Id);
}
