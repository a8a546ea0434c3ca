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
    /// Returns the cases of a store with a change feed: a change by one node reaches the other nodes without any of them asking for it.
    /// </summary>
    /// <param name="create">Creates the store of one case, with empty data.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<StoreContractCase> ChangeFeedCases(Func<StoreUnderTest<IGrantStore>> create) =>
        [.. CaseRun<IGrantStore>.Bind(create, FeedCases.All)];
}
