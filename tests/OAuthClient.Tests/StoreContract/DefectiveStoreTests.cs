namespace OAuthClient.Tests;

/// <summary>Tests the contract itself: every case refuses a store that does wrong what the case is about.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class DefectiveStoreTests
{
    private static readonly Defect<IGrantStore>[] GrantStores = [.. GrantDefects.All, .. LeaseDefects.All, .. NodeDefects.All];
    private static readonly Defect<IGrantStore>[] Feeds = [.. FeedDefects.All];
    private static readonly Defect<IDynamicClientStore>[] ClientStores = [.. ClientDefects.All];

    private static IEnumerable<TestCaseData> DefectiveGrantStores => Refusals(GrantStores);

    private static IEnumerable<TestCaseData> DefectiveFeeds => Refusals(Feeds);

    private static IEnumerable<TestCaseData> DefectiveClientStores => Refusals(ClientStores);

    [TestCaseSource(nameof(DefectiveGrantStores))]
    public Task A_grant_store_with_a_defect_is_refused(string defect, string refusedBy) =>
        RefusesAsync(GrantCases(() => Create(Find(GrantStores, defect), NewGrantStore)), refusedBy);

    [TestCaseSource(nameof(DefectiveFeeds))]
    public Task A_change_feed_with_a_defect_is_refused(string defect, string refusedBy) =>
        RefusesAsync(GrantStoreContract.ChangeFeedCases(() => Create(Find(Feeds, defect), NewFeedStore)), refusedBy);

    [TestCaseSource(nameof(DefectiveClientStores))]
    public Task A_client_store_with_a_defect_is_refused(string defect, string refusedBy) =>
        RefusesAsync(
            DynamicClientStoreContract.Cases(() => Create(Find(ClientStores, defect), _ => new InMemoryDynamicClientStore())),
            refusedBy
        );

    [Test]
    public void Every_case_of_the_grant_store_refuses_a_defect() =>
        Assert.That(
            GrantCases(() => throw new NotSupportedException()).Select(one => one.Name),
            Is.EquivalentTo(GrantStores.SelectMany(defect => defect.RefusedBy).Distinct(StringComparer.Ordinal))
        );

    [Test]
    public void Every_case_of_the_change_feed_refuses_a_feed_with_a_defect() =>
        Assert.That(
            GrantStoreContract.ChangeFeedCases(() => throw new NotSupportedException()).Select(one => one.Name),
            Is.EquivalentTo(Feeds.SelectMany(defect => defect.RefusedBy).Distinct(StringComparer.Ordinal))
        );

    [Test]
    public void Every_case_of_the_client_store_refuses_a_defect() =>
        Assert.That(
            DynamicClientStoreContract.Cases(() => throw new NotSupportedException()).Select(one => one.Name),
            Is.EquivalentTo(ClientStores.SelectMany(defect => defect.RefusedBy).Distinct(StringComparer.Ordinal))
        );

    [Test]
    public void A_clock_case_without_a_clock_says_what_to_set() =>
        Assert.That(
            () =>
                GrantStoreContract
                    .ClockCases(() => new() { OpenAsync = () => new(new InMemoryGrantStore(TimeProvider.System)) })[0]
                    .RunAsync(),
            Throws.InvalidOperationException.With.Message.Contains("AdvanceTime")
        );

    [Test]
    public void A_feed_case_without_a_feed_says_what_to_return()
    {
        InMemoryGrantStore store = new(TimeProvider.System);
        foreach (var one in GrantStoreContract.ChangeFeedCases(() => new() { OpenAsync = () => new(store) }))
            Assert.That(
                () => one.RunAsync(),
                Throws.TypeOf<StoreContractException>().With.Message.Contains("does not implement IGrantChangeFeed"),
                one.Name
            );
    }

    [Test]
    public void A_feed_case_with_the_cache_in_front_of_the_store_says_what_to_return()
    {
        foreach (var one in GrantStoreContract.ChangeFeedCases(() => new() { OpenAsync = () => new(NewFeedNode().WithCache()) }))
            Assert.That(
                () => one.RunAsync(),
                Throws.TypeOf<StoreContractException>().With.Message.Contains("without the cache that AddGrantStore adds"),
                one.Name
            );
    }

    [Test]
    public void A_feed_case_with_one_object_for_two_nodes_says_what_to_return()
    {
        var store = NewFeedNode();
        foreach (var one in GrantStoreContract.ChangeFeedCases(() => new() { OpenAsync = () => new(store) }))
            Assert.That(
                () => one.RunAsync(),
                Throws.TypeOf<StoreContractException>().With.Message.Contains("Create an object for each node"),
                one.Name
            );
    }

    private static async Task RefusesAsync(IEnumerable<StoreContractCase> cases, string name)
    {
        var refusing = cases.Single(one => one.Name == name);
        try
        {
            await refusing.RunAsync().Promptly();
        }
        catch (StoreContractException refusal)
        {
            Assert.That(refusal.Message, Does.EndWith(".").And.Not.Contain("rt-").And.Not.Contain("at-g").And.Not.Contain("secret"));
            return;
        }
        Assert.Fail("The case has accepted the store.");
    }

    private static IReadOnlyList<StoreContractCase> GrantCases(Func<StoreUnderTest<IGrantStore>> create) =>
        [.. GrantStoreContract.Cases(create), .. GrantStoreContract.ClockCases(create)];

    private static IGrantStore NewGrantStore(TimeProvider time) => new InMemoryGrantStore(time);

    private static IGrantStore NewFeedStore(TimeProvider time) => new FeedStore(time);

    private static FeedStore NewFeedNode() => new FeedStore(TimeProvider.System).OpenNode(isConnected: true);

    // What must happen within the limit never happens in a defective store, so the limit is short.
    private static StoreUnderTest<TStore> Create<TStore>(Defect<TStore> defect, Func<TimeProvider, TStore> createData)
        where TStore : class
    {
        ManualTimeProvider clock = new();
        var data = createData(clock);
        return new()
        {
            OpenAsync = () => new(defect.Open(data, clock)),
            AdvanceTime = clock.Advance,
            TimeLimit = TimeSpan.FromMilliseconds(50),
        };
    }

    private static Defect<TStore> Find<TStore>(Defect<TStore>[] defects, string name) => defects.Single(defect => defect.Name == name);

    private static IEnumerable<TestCaseData> Refusals<TStore>(Defect<TStore>[] defects) =>
        defects.SelectMany(defect => defect.RefusedBy.Select(name => new TestCaseData(defect.Name, name)));
}
