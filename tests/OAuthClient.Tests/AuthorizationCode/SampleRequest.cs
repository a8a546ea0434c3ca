namespace OAuthClient.Tests;

/// <summary>Authorization requests of a client that has sent none before.</summary>
internal static class SampleRequest
{
    public static PendingAuthorization Begin(
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        AuthorizationParameters parameters,
        DateTimeOffset now,
        bool hasOtherServers = false
    )
    {
        UsualAddress? usual = null;
        return AuthorizationRequestBuilder.Begin(configuration, server, parameters, now, hasOtherServers, ref usual);
    }
}
