namespace OAuthClient;

/// <summary>Why an access token is renewed.</summary>
internal static class RefreshCause
{
    /// <summary>It ends soon; nobody waits.</summary>
    public const string Early = "early";

    public const string Expired = "expired";

    /// <summary>There was none with these scopes for these resources.</summary>
    public const string Missing = "missing";

    /// <summary>An API refused it.</summary>
    public const string Rejected = "rejected";
}
