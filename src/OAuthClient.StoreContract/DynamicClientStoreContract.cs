namespace OAuthClient.StoreContract;

/// <summary>The contract of <see cref="IDynamicClientStore"/>.</summary>
public static class DynamicClientStoreContract
{
    /// <summary>Returns the cases that every store must pass.</summary>
    /// <param name="create">Creates the store of one case, with empty data.</param>
    /// <returns>The cases.</returns>
    public static IReadOnlyList<StoreContractCase> Cases(Func<StoreUnderTest<IDynamicClientStore>> create) =>
        [.. CaseRun<IDynamicClientStore>.Bind(create, ClientCases.All)];
}
