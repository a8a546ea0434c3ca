namespace OAuthClient;

/// <summary>
/// The base class of the exceptions of this library. The derived types say what the caller can do. Network errors
/// (<see cref="HttpRequestException"/>) and cancellation are not wrapped. No message contains a code, token, secret or verifier.
/// </summary>
public class OAuthException : Exception
{
    /// <summary>Initializes a new instance with a message and, optionally, a cause.</summary>
    /// <param name="message">The message, which says what the developer must change.</param>
    /// <param name="innerException">The cause; <see langword="null"/> if there is none.</param>
    public OAuthException(string message, Exception? innerException = null)
        : base(message, innerException) { }
}
