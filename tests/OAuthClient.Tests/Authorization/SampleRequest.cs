namespace OAuthClient.Tests;

/// <summary>Authorization requests of a client that has sent none before.</summary>
internal static class SampleRequest
{
    public static PendingAuthorization Begin(
        ClientConfiguration registration, AuthorizationServerMetadata server, AuthorizationParameters parameters, DateTimeOffset now, bool hasOtherServers = false)
    {
        UsualAddress? usual = null;
        return AuthorizationRequestBuilder.Begin(registration, server, parameters, now, hasOtherServers, ref usual);
    }
}
