namespace OAuthClient;

/// <summary>The token endpoint refused, or answered with something that is no token response (RFC 6749 §5.2).</summary>
public sealed class TokenEndpointException : EndpointException
{
    internal TokenEndpointException(EndpointFailure failure)
        : base(failure) { }
}
