namespace OAuthClient;

/// <summary>
/// Describes how a client binds its tokens to a key (DPoP, RFC 9449), so that a token that was stolen cannot be used without the key.
/// </summary>
public sealed class DPoPOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether tokens are bound to a key. Each request with a token, a code or a refresh token, to the
    /// server or to an API, then proves the possession of the key; a bearer token in place of a bound one is rejected. The default is
    /// <see langword="false"/>.
    /// </summary>
    public bool Enabled { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether each grant has a key of its own, so that APIs cannot recognize by the key that two grants
    /// belong to the same client. The default is <see langword="false"/>: the grants of one process share a key until it has reached
    /// <see cref="KeyLifetime"/>.
    /// </summary>
    public bool KeyPerGrant { get; set; }

    /// <summary>
    /// Gets or sets the time after which new grants, and new tokens of the client itself, are bound to a new key. A grant keeps its key,
    /// because servers bind refresh tokens to it (RFC 9449 §5). The minimum is 1 minute. The default is 1 day.
    /// </summary>
    public TimeSpan KeyLifetime { get; set; } = TimeSpan.FromDays(1);
}
