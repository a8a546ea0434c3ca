namespace OAuthClient;

/// <summary>Specifies how a cached value may be used.</summary>
internal enum Freshness
{
    /// <summary>The value is used.</summary>
    Fresh,

    /// <summary>The value is used, and it is fetched again in the background.</summary>
    Stale,

    /// <summary>The value is fetched again first. It is used only if its source is unavailable.</summary>
    Fallback,

    /// <summary>The value is not used.</summary>
    Expired,
}
