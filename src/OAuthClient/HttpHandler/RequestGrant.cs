namespace OAuthClient;

/// <summary>Stores which grant of its owner a request uses.</summary>
internal static class RequestGrant
{
    private static readonly HttpRequestOptionsKey<string> Key = new("OAuthClient.GrantId");

    // Reading the options of a request allocates them. An application that never chooses a grant avoids that.
    private static volatile bool wasEverSet;

    public static void Set(HttpRequestMessage request, string grantId)
    {
        request.Options.Set(Key, grantId);
        wasEverSet = true;
    }

    /// <summary>Returns the selection of the request's token.</summary>
    /// <param name="request">The request.</param>
    /// <param name="selection">The selection of the HTTP client.</param>
    public static AccessTokenKey Select(HttpRequestMessage request, AccessTokenKey selection) =>
        wasEverSet && request.Options.TryGetValue(Key, out string? grantId)
            ? new(selection.Scopes, selection.Resources, grantId, selection.AuthorizationDetails)
            : selection;
}
