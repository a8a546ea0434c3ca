namespace OAuthClient.StoreContract;

/// <summary>The contract of <see cref="IGrantStore"/>.</summary>
public static class GrantStoreContract
{
    /// <summary>Returns the cases that every store must pass, whatever clock it reads.</summary>
    /// <param name="create">Creates the store of one case, with empty data.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<StoreContractCase> Cases(Func<StoreUnderTest<IGrantStore>> create) =>
        [
            .. CaseRun<IGrantStore>.Bind(
                create,
                [
                    .. FindCases.All,
                    .. OwnerCases.All,
                    .. ReplaceCases.All,
                    .. FingerprintCases.All,
                    .. StateCases.All,
                    .. LeaseCases.All,
                    .. LeaseRenewalCases.All,
                    .. TokenStatusCases.All,
                    .. WaitCases.All,
                    .. NodeCases.All,
                ]
            ),
        ];

    /// <summary>
    /// Returns the cases in which time passes, for a store whose clock can be controlled
    /// (<see cref="StoreUnderTest{TStore}.AdvanceTime"/>).
    /// </summary>
    /// <param name="create">Creates the store of one case, with empty data.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<StoreContractCase> ClockCases(Func<StoreUnderTest<IGrantStore>> create) =>
        [.. CaseRun<IGrantStore>.Bind(create, TimeCases.All)];

    /// <summary>
    /// Returns the cases of a store that implements <see cref="IGrantChangeFeed"/>: each member, and two nodes with the cache that
    /// <c>AddGrantStore</c> adds. The cases add it: <see cref="StoreUnderTest{TStore}.OpenAsync"/> returns the store itself, a new object
    /// at each call.
    /// </summary>
    /// <param name="create">Creates the store of one case, with empty data.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<StoreContractCase> ChangeFeedCases(Func<StoreUnderTest<IGrantStore>> create) =>
        [.. CaseRun<IGrantStore>.Bind(create, FeedCases.All)];
}
