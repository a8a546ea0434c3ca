namespace OAuthClient;

/// <summary>When the back channel may send a request again of its own accord.</summary>
internal enum RetryMode
{
    /// <summary>What is spent by being sent, such as a code or a refresh token: only when it cannot have left, or was turned away with 429.</summary>
    IfNotSent,

    /// <summary>What may arrive twice without harm: after every fault that may pass.</summary>
    Idempotent,

    /// <summary>What is repeated by rules of its own, such as polling (RFC 8628 §3.5).</summary>
    Never,
}
