using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OAuthClient.AspNetCore;

/// <summary>Provides an extension method that adds health checks of OAuth clients.</summary>
public static class ClientHealthCheckExtensions
{
    /// <summary>
    /// Adds a health check that fails if a client's refreshes fail repeatedly, if refreshed grants could not be saved to the store, or if
    /// the store cannot be reached. The result is derived from recent operations; the check makes no network call. Its description
    /// contains no secrets.
    /// </summary>
    /// <param name="builder">The health checks builder.</param>
    /// <param name="clientName">The client's name in <c>AddOAuthClient</c>; <see langword="null"/> for the only client.</param>
    /// <param name="failureStatus">
    /// The status of a failed check. The default is <see cref="HealthStatus.Degraded"/>, because a restart would lose grants that are only
    /// in memory.
    /// </param>
    /// <param name="tags">The tags by which health checks are filtered.</param>
    /// <returns>The same builder.</returns>
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
                services => new ClientHealthCheck(FindHealth(services, clientName)),
                failureStatus,
                tags
            )
        );
    }

    private static ClientHealth FindHealth(IServiceProvider services, string? clientName) =>
        (clientName is null ? services.GetService<ClientHealth>() : services.GetKeyedService<ClientHealth>(clientName))
        ?? throw new InvalidOperationException(
            string.IsNullOrEmpty(clientName)
                ? "The health check requires an OAuth client, but none is registered. Call AddOAuthClient on the service collection."
                : $"The health check requires the OAuth client '{clientName}', which is not registered. Call "
                    + $"AddOAuthClient(\"{clientName}\", …)."
        );
}
