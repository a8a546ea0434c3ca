namespace OAuthClient;

/// <summary>
/// Tracks whether the server may have received a request body that it must receive at most once. One object is used for all attempts of a
/// request. The handler writes a body only after the connection and TLS are established.
/// </summary>
internal sealed class SendTracker
{
    private int mayHaveBeenSent;
    private int nonceRetries;
    private volatile bool isForbidden;

    /// <summary>
    /// Gets the delegate that is called just before the body is sent. If it returns <see langword="false"/>, the body is not sent.
    /// </summary>
    public Func<bool>? CanSend { get; init; }

    /// <summary>
    /// Gets a value indicating whether the server may have processed the request.
    /// </summary>
    public bool MayHaveBeenSent => Volatile.Read(ref mayHaveBeenSent) != 0;

    /// <summary>
    /// Gets a value indicating whether the request may be sent once more because its proof lacks the server's nonce (RFC 9449 §8).
    /// </summary>
    public bool MayRetryForNonce { get; init; } = true;

    /// <summary>Gets a value indicating whether the request was sent once more because of the nonce.</summary>
    public bool HasRetriedForNonce => Volatile.Read(ref nonceRetries) != 0;

    /// <summary>Gets a value indicating whether <see cref="CanSend"/> returned <see langword="false"/>.</summary>
    public bool IsForbidden => isForbidden;

    /// <summary>Records that the request is sent once more because of the nonce.</summary>
    /// <returns><see langword="true"/> if that is allowed, which is true once.</returns>
    public bool TryRetryForNonce() => MayRetryForNonce && Interlocked.Exchange(ref nonceRetries, 1) == 0;

    /// <summary>Records that the body is sent now.</summary>
    /// <exception cref="SendCancelledException"><see cref="CanSend"/> returned <see langword="false"/>.</exception>
    /// <exception cref="InvalidOperationException">The body may have been sent before.</exception>
    public void MarkSending()
    {
        if (CanSend?.Invoke() == false)
        {
            isForbidden = true;
            throw new SendCancelledException();
        }
        if (Interlocked.Exchange(ref mayHaveBeenSent, 1) != 0)
            throw SecondSend();
    }

    /// <summary>Records that the server has responded. A handler that simulates the network can respond without reading the body.</summary>
    /// <param name="isRejectedUnprocessed">Whether the response proves that the server did not act on the request.</param>
    public void ResponseReceived(bool isRejectedUnprocessed) => Volatile.Write(ref mayHaveBeenSent, isRejectedUnprocessed ? 0 : 1);

    /// <summary>Creates the exception for a body that is sent a second time.</summary>
    public static InvalidOperationException SecondSend() =>
        new(
            "A handler of the back channel tried to send a token request a second time. Its code or refresh token can be used only once; "
                + "remove the handler that retries from the back channel of the OAuth client."
        );
}
