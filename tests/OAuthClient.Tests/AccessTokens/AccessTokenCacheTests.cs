namespace OAuthClient.Tests;

/// <summary>
/// Tests the in-memory cache of access tokens: tokens are not mixed between owners, are not older than the store, and carry their expiry.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AccessTokenCacheTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly long Later = Now.AddHours(1).UtcTicks;

    [Test]
    [Description("Every one of 10,000 owners gets their own token and header after the table has grown and moved its entries")]
    public void Each_owner_gets_their_own_token()
    {
        AccessTokenCache cache = new(configuration: null);
        var owners = Enumerable.Range(0, 10_000).Select(i => GrantOwner.User($"user-{i}")).ToList();
        foreach (var owner in owners)
            cache.Set(owner, Token(owner.Id!), Later, cache.Mark, Now.UtcTicks);

        foreach (var owner in owners)
        {
            // An equal owner in another object finds the same entry.
            Assert.That(cache.Find(GrantOwner.User(owner.Id!), out string? header, out long freshUntil)?.Reveal(), Is.EqualTo(owner.Id));
            Assert.That((header, freshUntil), Is.EqualTo(("Bearer " + owner.Id, Later)));
        }
        Assert.That(cache.Find(GrantOwner.User("user-10000"), out _, out _), Is.Null);
    }

    [Test]
    [Description("A change in the store removes the entry; a token that was read before the change is not cached after it")]
    public void A_token_older_than_the_store_is_not_cached()
    {
        AccessTokenCache cache = new(configuration: null);
        cache.Set(GrantOwner.User("42"), Token("old"), Later, cache.Mark, Now.UtcTicks);
        long before = cache.Mark;

        cache.Drop(GrantOwner.User("42"));
        Assert.That(cache.Find(GrantOwner.User("42"), out _, out _), Is.Null);

        cache.Set(GrantOwner.User("42"), Token("old"), Later, before, Now.UtcTicks);
        Assert.That(cache.Find(GrantOwner.User("42"), out _, out _), Is.Null);

        cache.Set(GrantOwner.User("42"), Token("new"), Later, cache.Mark, Now.UtcTicks);
        Assert.That(cache.Find(GrantOwner.User("42"), out _, out _)?.Reveal(), Is.EqualTo("new"));
    }

    [Test]
    [Description("Caching a token that is already cached writes nothing, so that concurrent readers need not read again")]
    public void A_cached_token_is_not_written_again()
    {
        AccessTokenCache cache = new(configuration: null);
        var token = Token("at");
        cache.Set(GrantOwner.User("42"), token, Later, cache.Mark, Now.UtcTicks);
        int written = cache.Version;

        cache.Set(GrantOwner.User("42"), token, Later, cache.Mark, Now.UtcTicks);
        Assert.That(cache.Version, Is.EqualTo(written));

        cache.Set(GrantOwner.User("42"), token, Later - 1, cache.Mark, Now.UtcTicks);
        Assert.That(cache.Version, Is.EqualTo(written + 2));
    }

    [Test]
    [Description("Entries of 100,000 removed owners or expired tokens are reused; a valid entry is still found")]
    public void Entries_of_removed_owners_and_expired_tokens_are_reused()
    {
        AccessTokenCache cache = new(configuration: null);
        cache.Set(GrantOwner.User("42"), Token("at"), Later, cache.Mark, Now.UtcTicks);
        var token = Token("another");
        long now = Now.UtcTicks;
        for (int i = 0; i < 100_000; i++)
        {
            GrantOwner owner = GrantOwner.User($"user-{i}");
            // Every second owner is removed. The token of every other owner expires before the next one is added.
            cache.Set(owner, token, ++now, cache.Mark, now - 1);
            if (i % 2 == 0)
                cache.Drop(owner);
        }

        Assert.That(cache.Find(GrantOwner.User("42"), out _, out _), Is.Not.Null);
        Assert.That(cache.Capacity, Is.LessThanOrEqualTo(128));
    }

    [Test]
    [Description("Readers concurrent with writers get a token with its own header, or none")]
    public async Task A_concurrent_reader_never_gets_another_tokens_header()
    {
        AccessTokenCache cache = new(configuration: null);
        AccessToken[] both = [Token("one"), Token("another")];
        cache.Set(GrantOwner.User("42"), both[0], Later, cache.Mark, Now.UtcTicks);
        using CancellationTokenSource stop = new();
        using CountdownEvent reading = new(2);
        var readers = Enumerable
            .Range(0, 2)
            .Select(reader =>
                Task.Run(() =>
                {
                    int found = 0;
                    while (!stop.IsCancellationRequested)
                    {
                        if (cache.Find(GrantOwner.User("42"), out string? header, out _) is not { } token)
                            continue;
                        if (++found == 1)
                            reading.Signal();
                        if (header != "Bearer " + token.Reveal())
                            return -1;
                    }
                    return found;
                })
            )
            .ToList();
        reading.Wait();
        for (int i = 0; i < 300_000; i++)
        {
            cache.Set(GrantOwner.User("42"), both[i % 2], Later, cache.Mark, Now.UtcTicks);
            if (i % 3 == 0)
                cache.Drop(GrantOwner.User("42"));
            if (i % 5 == 0)
                cache.Set(GrantOwner.User($"user-{i}"), both[0], Later, cache.Mark, Now.UtcTicks);
        }
        await stop.CancelAsync();

        Assert.That(await Task.WhenAll(readers), Has.All.GreaterThan(0));
    }

    private static AccessToken Token(string value) => new(value, Now, expiresAt: null, [], []);
}
