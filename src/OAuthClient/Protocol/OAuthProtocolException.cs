namespace OAuthClient;

/// <summary>
/// The exception that is thrown when a message violates the protocol: a wrong state, issuer, nonce or signature, or an invalid format.
/// The content of the message was not used. The same message fails again; a new authorization may succeed.
/// </summary>
/// <param name="message">The message, which names the violated rule.</param>
/// <param name="innerException">The cause; <see langword="null"/> if there is none.</param>
public sealed class OAuthProtocolException(string message, Exception? innerException = null) : OAuthException(message, innerException)
{
    /// <summary>Gets a value indicating whether the cause is only a clock difference or an outdated key set, and not a forgery.</summary>
    internal bool IsTransient { get; init; }
}
