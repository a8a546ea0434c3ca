namespace OAuthClient;

/// <summary>Specifies when the back channel may retry a request.</summary>
internal enum RetryMode
{
    /// <summary>
    /// The server must receive the request at most once, because it contains a code or a refresh token. It is retried only if it was
    /// certainly not sent, or was rejected unprocessed (<see cref="RejectionClassifier"/>).
    /// </summary>
    IfNotSent,

    /// <summary>The server may receive the request several times. It is retried after every transient error.</summary>
    Idempotent,

    /// <summary>
    /// The back channel does not retry the request; the caller repeats it by its own rules, such as polling (RFC 8628 §3.5).
    /// </summary>
    Never,
}
