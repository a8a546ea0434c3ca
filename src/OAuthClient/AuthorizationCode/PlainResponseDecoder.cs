namespace OAuthClient;

/// <summary>Reads a response whose parameters are not encoded further (RFC 6749 §4.1.2).</summary>
internal sealed class PlainResponseDecoder : IAuthorizationResponseDecoder
{
    public bool CanDecode(AuthorizationResponse response, ClientConfiguration configuration) => true;

    public ValueTask<AuthorizationResponse> DecodeAsync(
        AuthorizationResponse response,
        ClientConfiguration configuration,
        CancellationToken cancellationToken
    ) => new(response);
}
