namespace OAuthClient.Testing;

/// <summary>How a <see cref="TestResourceServer"/> behaves; a change takes effect on the next request.</summary>
public sealed class TestResourceServerOptions
{
    /// <summary>The realm named in challenges (RFC 6750 §3).</summary>
    public string Realm { get; set; } = "photos";

    /// <summary>The scopes a token must have, separated by spaces; <see langword="null"/> (the default) for none.</summary>
    public string? RequiredScope { get; set; }

    /// <summary>The identifier by which a token's <c>resource</c> means this server (RFC 8707 §2); its own address when <see langword="null"/>.</summary>
    public Uri? Resource { get; set; }

    /// <summary>Whether a token given without <c>resource</c> is refused too. Off by default: such a token is good everywhere.</summary>
    public bool RequireResource { get; set; }
}
