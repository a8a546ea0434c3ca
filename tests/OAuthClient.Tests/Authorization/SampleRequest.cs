namespace OAuthClient.Tests;

/// <summary>Authorization requests of a client that has sent none before.</summary>
internal static class SampleRequest
{
    public static PendingAuthorization Begin(
        ClientRegistration registration, AuthorizationServerMetadata server, AuthorizationParameters parameters, DateTimeOffset now, bool hasOtherServers = false)
    {
        UsualAddress? usual = null;
        return AuthorizationRequest.Begin(registration, server, parameters, now, hasOtherServers, ref usual);
    }
}
