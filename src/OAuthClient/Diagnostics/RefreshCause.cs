namespace OAuthClient;

/// <summary>The causes of a refresh.</summary>
internal static class RefreshCause
{
    /// <summary>The access token expires soon; it is refreshed in the background.</summary>
    public const string Early = "early";

    /// <summary>The access token has expired.</summary>
    public const string Expired = "expired";

    /// <summary>There is no access token with these scopes for these resources.</summary>
    public const string Missing = "missing";

    /// <summary>An API rejected the access token.</summary>
    public const string Rejected = "rejected";
}
