namespace OAuthClient;

/// <summary>
/// The exception that is thrown when the token endpoint responds with an error, or with an invalid token response (RFC 6749 §5.2).
/// </summary>
public sealed class TokenEndpointException : EndpointException
{
    internal TokenEndpointException(EndpointFailure failure)
        : base(failure) { }
}
