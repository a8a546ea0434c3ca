namespace OAuthClient.Sqlite.Tests;

/// <summary>Tests the polling of changes by other processes.</summary>
[TestFixture]
public sealed class ChangeFeedTests
{
    private readonly ManualTimeProvider clock = new();

    [Test]
    public async Task A_change_is_reported_within_250_milliseconds_and_polling_ends_when_the_store_is_idle()
    {
        await using StoreFolder folder = new() { Time = clock };
        var other = await folder.OpenAsync();
        var store = folder.Create();
        List<string> reports = [];
        store.Subscribe(
            key =>
            {
                lock (reports)
                    reports.Add(key);
            },
            () =>
            {
                lock (reports)
                    reports.Add("connected");
            },
            _ =>
            {
                lock (reports)
                    reports.Add("disconnected");
            }
        );
        string key = await store.GetKeyAsync("photos", GrantOwner.User("42"), default);
        Assert.That(Reports(), Is.EqualTo(["connected"]));

        await other.AddAsync(SampleGrants.Create("g1", "42"), default);
        Assert.That(await NextPollAsync(), Is.LessThanOrEqualTo(TimeSpan.FromMilliseconds(250)));
        clock.Advance(ChangeFeed.Interval);
        await Eventually.UntilAsync(() => Reports().Count == 2);
        Assert.That(Reports(), Is.EqualTo(["connected", key]));

        await NextPollAsync();
        clock.Advance(ChangeFeed.IdleAfter);
        await Eventually.UntilAsync(() => Reports().Count == 3);
        Assert.That(Reports(), Is.EqualTo(["connected", key, "disconnected"]));

        await store.GetKeyAsync("photos", GrantOwner.User("42"), default);
        Assert.That(Reports()[^1], Is.EqualTo("connected"));

        List<string> Reports()
        {
            lock (reports)
                return [.. reports];
        }
    }

    [Test]
    public async Task More_changes_than_are_kept_count_as_a_new_connection()
    {
        await using StoreFolder folder = new() { Time = clock };
        var other = await folder.OpenAsync();
        var store = folder.Create();
        int connections = 0;
        store.Subscribe(_ => { }, () => Interlocked.Increment(ref connections), _ => { });
        await store.GetKeyAsync("photos", GrantOwner.User("42"), default);
        ChangeTable changes = new("another process");
        await other.Database.WriteAsync(
            connection =>
            {
                for (int number = 0; number < 1500; number++)
                    changes.Add(connection, "photos", "user:42");
                return true;
            },
            default
        );
        Assert.That(folder.Sql<long>("SELECT count(*) FROM changes"), Is.EqualTo(1000));
        await NextPollAsync();
        clock.Advance(ChangeFeed.Interval);
        await Eventually.UntilAsync(() => Volatile.Read(ref connections) == 2);
    }

    // The hourly deletion of expired rows has a timer too.
    private async Task<TimeSpan> NextPollAsync()
    {
        TimeSpan due;
        do
        {
            due = await clock.WaitForTimerAsync().Promptly();
        } while (due > TimeSpan.FromMinutes(1));
        return due;
    }
}
