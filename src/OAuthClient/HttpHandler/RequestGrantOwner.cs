namespace OAuthClient;

/// <summary>The owner that <c>request.SetGrantOwner(owner)</c> sets on a request.</summary>
internal static class RequestGrantOwner
{
    private static readonly HttpRequestOptionsKey<GrantOwner> Key = new("OAuthClient.GrantOwner");

    // Reading the options of a request allocates them. An application that never calls SetGrantOwner avoids that.
    private static volatile bool wasEverSet;

    public static void Set(HttpRequestMessage request, GrantOwner owner)
    {
        request.Options.Set(Key, owner);
        wasEverSet = true;
    }

    public static GrantOwner? Find(HttpRequestMessage request) =>
        wasEverSet && request.Options.TryGetValue(Key, out var owner) ? owner : null;
}
