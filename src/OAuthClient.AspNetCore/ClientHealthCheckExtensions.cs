using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OAuthClient.AspNetCore;

/// <summary>Joins OAuth clients to health checks.</summary>
public static class ClientHealthCheckExtensions
{
    /// <summary>
    /// Reports a client whose refreshes keep failing, whose refreshed grants are in memory only, or whose store cannot be reached. It
    /// says which in words, without secrets. It goes by what the client has lived through, and calls no server.
    /// </summary>
    /// <param name="builder">The application's health checks.</param>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; the only one's unless given.</param>
    /// <param name="failureStatus">What is reported then. Degraded unless given: the application works, and restarting it would lose what is in memory only.</param>
    /// <param name="tags">To choose health checks by.</param>
    public static IHealthChecksBuilder AddOAuthClient(
        this IHealthChecksBuilder builder,
        string? clientName = null,
        HealthStatus failureStatus = HealthStatus.Degraded,
        IEnumerable<string>? tags = null
    )
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(
            new HealthCheckRegistration(
                string.IsNullOrEmpty(clientName) ? "oauthclient" : "oauthclient:" + clientName,
                services => new ClientHealthCheck(Condition(services, clientName)),
                failureStatus,
                tags
            )
        );
    }

    private static ClientHealth Condition(IServiceProvider services, string? clientName) =>
        (clientName is null ? services.GetService<ClientHealth>() : services.GetKeyedService<ClientHealth>(clientName))
        ?? throw new InvalidOperationException(
            clientName is null
                ? "The health check wants to know how an OAuth client is doing, but none is registered; call AddOAuthClient on the service collection."
                : $"The health check wants to know how the OAuth client '{clientName}' is doing, which is not registered; call AddOAuthClient(\"{clientName}\", …)."
        );
}
