namespace OAuthClient.Tests;

/// <summary>Creates authorization requests of a client without a cached request.</summary>
internal static class SampleRequest
{
    public static PendingAuthorization Begin(
        Action<OAuthClientOptions>? options = null,
        AuthorizationParameters? parameters = null,
        AuthorizationServerMetadata? server = null
    ) =>
        Begin(
            SampleConfiguration.Create(options),
            server ?? SampleConfiguration.Server,
            parameters ?? AuthorizationParameters.None,
            SampleConfiguration.Now
        );

    public static PendingAuthorization Begin(
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        AuthorizationParameters parameters,
        DateTimeOffset now
    )
    {
        var request = AuthorizationRequestBuilder.Create(configuration, server, parameters, key: null, now);
        request.Pending.Address = QueryRequestTransport.CreateAddress(request, configuration.Adaptation);
        return request.Pending;
    }
}
