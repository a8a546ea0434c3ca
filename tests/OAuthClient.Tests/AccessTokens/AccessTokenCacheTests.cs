namespace OAuthClient.Tests;

/// <summary>The copy that nearly every request reads: never another's, never an older one than the store has given since, and said with until when it is good.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AccessTokenCacheTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly long Later = Now.AddHours(1).UtcTicks;

    [Test]
    [Description("Threat: one user's token to another, among 10,000 whose places lie side by side and are moved as they grow more")]
    public void Each_finds_their_own()
    {
        AccessTokenCache cache = new(configuration: null);
        var owners = Enumerable.Range(0, 10_000).Select(i => GrantOwner.User($"user-{i}")).ToList();
        foreach (var owner in owners)
            cache.Keep(owner, Token(owner.Id!), Later, cache.Mark, Now.UtcTicks);

        foreach (var owner in owners)
        {
            // Another object of the same name is the same owner.
            Assert.That(cache.Find(GrantOwner.User(owner.Id!), out string? header, out long goodUntil)?.Reveal(), Is.EqualTo(owner.Id));
            Assert.That((header, goodUntil), Is.EqualTo(("Bearer " + owner.Id, Later)));
        }
        Assert.That(cache.Find(GrantOwner.User("user-10000"), out _, out _), Is.Null);
    }

    [Test]
    [Description("Life of a token 7: what the store changes is gone, and what was read before the change is not kept after it")]
    public void Nothing_older_than_the_store()
    {
        AccessTokenCache cache = new(configuration: null);
        cache.Keep(GrantOwner.User("42"), Token("old"), Later, cache.Mark, Now.UtcTicks);
        long before = cache.Mark;

        cache.Drop(GrantOwner.User("42"));
        Assert.That(cache.Find(GrantOwner.User("42"), out _, out _), Is.Null);

        cache.Keep(GrantOwner.User("42"), Token("old"), Later, before, Now.UtcTicks);
        Assert.That(cache.Find(GrantOwner.User("42"), out _, out _), Is.Null);

        cache.Keep(GrantOwner.User("42"), Token("new"), Later, cache.Mark, Now.UtcTicks);
        Assert.That(cache.Find(GrantOwner.User("42"), out _, out _)?.Reveal(), Is.EqualTo("new"));
    }

    [Test]
    [Description("Life of a token 2: who finds a token there already writes nothing, so that nobody else has to look twice")]
    public void What_lies_there_already_is_not_written_again()
    {
        AccessTokenCache cache = new(configuration: null);
        var token = Token("at");
        cache.Keep(GrantOwner.User("42"), token, Later, cache.Mark, Now.UtcTicks);
        int written = cache.Version;

        cache.Keep(GrantOwner.User("42"), token, Later, cache.Mark, Now.UtcTicks);
        Assert.That(cache.Version, Is.EqualTo(written));

        cache.Keep(GrantOwner.User("42"), token, Later - 1, cache.Mark, Now.UtcTicks);
        Assert.That(cache.Version, Is.EqualTo(written + 2));
    }

    [Test]
    [Description(
        "State flooding: 100,000 owners who are gone, or whose tokens are over, leave no places behind; who is still there is still found"
    )]
    public void Places_of_the_gone_are_given_away()
    {
        AccessTokenCache cache = new(configuration: null);
        cache.Keep(GrantOwner.User("42"), Token("at"), Later, cache.Mark, Now.UtcTicks);
        var token = Token("another");
        long now = Now.UtcTicks;
        for (int i = 0; i < 100_000; i++)
        {
            GrantOwner owner = GrantOwner.User($"user-{i}");
            // One in two is dropped, one in two over with the next one's.
            cache.Keep(owner, token, ++now, cache.Mark, now - 1);
            if (i % 2 == 0)
                cache.Drop(owner);
        }

        Assert.That(cache.Find(GrantOwner.User("42"), out _, out _), Is.Not.Null);
        Assert.That(cache.Capacity, Is.LessThanOrEqualTo(128));
    }

    [Test]
    [Description("Threat: one user's token to another. Readers beside writers see a token with its own header, or none")]
    public async Task Never_half_of_each()
    {
        AccessTokenCache cache = new(configuration: null);
        AccessToken[] both = [Token("one"), Token("another")];
        cache.Keep(GrantOwner.User("42"), both[0], Later, cache.Mark, Now.UtcTicks);
        using CancellationTokenSource over = new();
        using CountdownEvent reading = new(2);
        var readers = Enumerable
            .Range(0, 2)
            .Select(reader =>
                Task.Run(() =>
                {
                    int found = 0;
                    while (!over.IsCancellationRequested)
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
            cache.Keep(GrantOwner.User("42"), both[i % 2], Later, cache.Mark, Now.UtcTicks);
            if (i % 3 == 0)
                cache.Drop(GrantOwner.User("42"));
            if (i % 5 == 0)
                cache.Keep(GrantOwner.User($"user-{i}"), both[0], Later, cache.Mark, Now.UtcTicks);
        }
        await over.CancelAsync();

        Assert.That(await Task.WhenAll(readers), Has.All.GreaterThan(0));
    }

    private static AccessToken Token(string value) => new(value, Now, expiresAt: null, [], []);
}
