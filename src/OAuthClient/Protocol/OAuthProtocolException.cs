namespace OAuthClient;

/// <summary>
/// A message broke the protocol: a wrong state, issuer, nonce or signature, or a shape the specification does not know.
/// What it carried was not used. Trying the same again does not help; beginning anew may.
/// </summary>
/// <param name="message">Which rule was broken.</param>
/// <param name="innerException">What lies beneath, when anything does.</param>
public sealed class OAuthProtocolException(string message, Exception? innerException = null) : OAuthException(message, innerException)
{
    /// <summary>Whether nothing is wrong but a clock, or a key set that lags behind: no sign of forgery.</summary>
    internal bool IsTransient { get; init; }
}
