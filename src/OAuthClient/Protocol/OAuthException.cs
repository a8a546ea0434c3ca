namespace OAuthClient;

/// <summary>
/// Something in the OAuth dance went wrong. The derived types say what the caller can do about it; network faults
/// and cancellation are not wrapped. No message carries a code, token, secret or verifier.
/// </summary>
public class OAuthException : Exception
{
    /// <summary>With a sentence that tells the developer what to change.</summary>
    /// <param name="message">The sentence.</param>
    /// <param name="innerException">What lies beneath, when anything does.</param>
    public OAuthException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}

/// <summary>
/// A message broke the protocol: a wrong state, issuer, nonce or signature, or a shape the specification does not know.
/// What it carried was not used. Trying the same again does not help; beginning anew may.
/// </summary>
/// <param name="message">Which rule was broken.</param>
/// <param name="innerException">What lies beneath, when anything does.</param>
public sealed class OAuthProtocolException(string message, Exception? innerException = null)
    : OAuthException(message, innerException)
{
    /// <summary>Whether nothing is wrong but a clock, or a key set that lags behind: no sign of forgery.</summary>
    internal bool IsTransient { get; init; }
}
