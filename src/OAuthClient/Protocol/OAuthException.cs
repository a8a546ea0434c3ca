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
    public OAuthException(string message, Exception? innerException = null)
        : base(message, innerException) { }
}
