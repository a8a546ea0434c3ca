namespace OAuthClient;

/// <summary>Decodes an authorization response before it is compared with its pending authorization.</summary>
internal interface IAuthorizationResponseDecoder
{
    /// <summary>Determines whether the response has the form that this decoder reads. The first decoder that reads it is used.</summary>
    bool CanDecode(AuthorizationResponse response, ClientConfiguration configuration);

    /// <summary>Decodes a response.</summary>
    /// <param name="response">The parsed callback.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The response with its parameters in plain form.</returns>
    ValueTask<AuthorizationResponse> DecodeAsync(
        AuthorizationResponse response,
        ClientConfiguration configuration,
        CancellationToken cancellationToken
    );
}
