namespace OAuthClient.Tests.Grants;

/// <summary>The copy that nearly every request reads: never another's, never an older one than the store has given since, and said with until when it is good.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class TokensAtHandTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly long Later = Now.AddHours(1).UtcTicks;

    [Test]
    [Description("Threat: one user's token to another, among 10,000 whose places lie side by side and are moved as they grow more")]
    public void Each_finds_their_own()
    {
        TokensAtHand atHand = new(registration: null);
        var owners = Enumerable.Range(0, 10_000).Select(i => GrantOwner.ResourceOwner($"user-{i}")).ToList();
        foreach (var owner in owners)
            atHand.Keep(owner, Token(owner.Id!), Later, atHand.Mark);

        foreach (var owner in owners)
        {
            // Another object of the same name is the same owner.
            Assert.That(atHand.Find(owner.Id!, out string? header, out long goodUntil)?.Reveal(), Is.EqualTo(owner.Id));
            Assert.That((header, goodUntil), Is.EqualTo(("Bearer " + owner.Id, Later)));
        }
        Assert.That(atHand.Find("user-10000", out _, out _), Is.Null);
    }

    [Test]
    [Description("Life of a token 7: what the store changes is gone, and what was read before the change is not kept after it")]
    public void Nothing_older_than_the_store()
    {
        TokensAtHand atHand = new(registration: null);
        atHand.Keep("42", Token("old"), Later, atHand.Mark);
        long before = atHand.Mark;

        atHand.Drop("42");
        Assert.That(atHand.Find("42", out _, out _), Is.Null);

        atHand.Keep("42", Token("old"), Later, before);
        Assert.That(atHand.Find("42", out _, out _), Is.Null);

        atHand.Keep("42", Token("new"), Later, atHand.Mark);
        Assert.That(atHand.Find("42", out _, out _)?.Reveal(), Is.EqualTo("new"));
    }

    [Test]
    [Description("State flooding: a million owners who are gone leave no places behind, and who is still there is still found")]
    public void Places_of_the_gone_are_given_away()
    {
        TokensAtHand atHand = new(registration: null);
        atHand.Keep("42", Token("at"), Later, atHand.Mark);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000_000; i++)
        {
            GrantOwner owner = $"user-{i}";
            atHand.Keep(owner, Expiring, Now.UtcTicks, atHand.Mark);
            if (i % 2 == 0)
                atHand.Drop(owner);
        }

        Assert.That(atHand.Find("42", out _, out _), Is.Not.Null);
        // Grown with them, the places alone would have been more than 64 MB at the end, and as much again on the way there.
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(350_000_000));
    }

    [Test]
    [Description("Threat: one user's token to another. Readers beside writers see a token with its own header, or none")]
    public async Task Never_half_of_each()
    {
        TokensAtHand atHand = new(registration: null);
        AccessToken[] both = [Token("one"), Token("another")];
        using CancellationTokenSource over = new();
        var readers = Enumerable.Range(0, 2).Select(reader => Task.Run(() =>
        {
            int found = 0;
            while (!over.IsCancellationRequested)
            {
                if (atHand.Find("42", out string? header, out _) is not { } token)
                    continue;
                found++;
                if (header != "Bearer " + token.Reveal())
                    return -1;
            }
            return found;
        })).ToList();
        for (int i = 0; i < 300_000; i++)
        {
            atHand.Keep("42", both[i % 2], Later, atHand.Mark);
            if (i % 3 == 0)
                atHand.Drop("42");
            if (i % 5 == 0)
                atHand.Keep($"user-{i}", both[0], Later, atHand.Mark);
        }
        await over.CancelAsync();

        Assert.That(await Task.WhenAll(readers), Has.All.GreaterThanOrEqualTo(0));
    }

    private static AccessToken Expiring { get; } = Token("at");

    private static AccessToken Token(string value) => new(value, Now, expiresAt: null, [], []);
}
