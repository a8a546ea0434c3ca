namespace OAuthClient;

/// <summary>
/// What is known of whether a body that is spent by being sent has left: nothing else could have spent it. One object for one
/// exchange, however many attempts that takes. A body is written only when a connection stands, TLS and all.
/// </summary>
internal sealed class SendTracker
{
    private int left;
    private volatile bool isForbidden;

    /// <summary>Asked at the very last moment; when it says no, nothing leaves.</summary>
    public Func<bool>? CanSend { get; init; }

    /// <summary>Whether the server may have seen it. Not one that answered 429: it turned the request away unread (RFC 6585 §4).</summary>
    public bool MayHaveBeenSent => Volatile.Read(ref left) != 0;

    /// <summary>Whether <see cref="CanSend"/> said no.</summary>
    public bool IsForbidden => isForbidden;

    /// <summary>The next byte that is written leaves.</summary>
    /// <exception cref="SendCancelledException"><see cref="CanSend"/> said no.</exception>
    /// <exception cref="InvalidOperationException">It has left before.</exception>
    public void MarkSending()
    {
        if (CanSend?.Invoke() == false)
        {
            isForbidden = true;
            throw new SendCancelledException();
        }
        if (Interlocked.Exchange(ref left, 1) != 0)
            throw SecondSend();
    }

    /// <summary>The server has answered. A handler that plays the network need not have read the body for that.</summary>
    /// <param name="turnedAway">Whether with 429.</param>
    public void ResponseReceived(bool turnedAway) => Volatile.Write(ref left, turnedAway ? 0 : 1);

    public static InvalidOperationException SecondSend() =>
        new(
            "A handler in the back channel tried to send a token request again. What it carries is spent by being sent once; remove the retrying handler from the OAuth client's back channel."
        );
}
