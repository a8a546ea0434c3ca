using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Creates the back channel client directly, for requests that no other component would send.</summary>
internal static class BackChannelOfServices
{
    public static BackChannelClient BackChannelOf(this ScriptedServer server) => BackChannelOf("", server.Services, server.Clock);

    public static BackChannelClient BackChannelOf(this OAuthTestHost host) =>
        BackChannelOf(OAuthTestHost.ClientName, host.Services, host.Clock);

    public static ClientConfiguration ConfigurationOf(this ScriptedServer server) => RegistrationOf("", server.Services).Current;

    public static ClientConfigurationProvider RegistrationOf(this OAuthTestHost host) =>
        RegistrationOf(OAuthTestHost.ClientName, host.Services);

    private static BackChannelClient BackChannelOf(string name, IServiceProvider services, TimeProvider clock) =>
        new(
            name,
            services.GetRequiredService<IHttpClientFactory>(),
            clock,
            NullLogger.Instance,
            services.GetKeyedService<ResiliencePipelineConfiguration>(name)
        );

    private static ClientConfigurationProvider RegistrationOf(string name, IServiceProvider services) =>
        new(
            name,
            services.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>(),
            services.GetRequiredService<RedirectUriConflictDetector>()
        );
}
