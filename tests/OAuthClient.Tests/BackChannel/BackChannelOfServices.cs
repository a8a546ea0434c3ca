using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>The room by itself, for requests that no other room would make.</summary>
internal static class BackChannelOfServices
{
    public static BackChannel BackChannelOf(this ScriptedServer server) => new(
        "",
        server.Services.GetRequiredService<IHttpClientFactory>(),
        new CurrentRegistration(
            "", server.Services.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>(), server.Services.GetRequiredService<SharedRedirectUris>()),
        server.Clock,
        NullLogger.Instance);
}
