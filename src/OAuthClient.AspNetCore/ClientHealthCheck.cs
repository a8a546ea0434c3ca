using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OAuthClient.AspNetCore;

/// <summary>Says what a client knows of itself; no server is called.</summary>
internal sealed class ClientHealthCheck(ClientHealth health) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var problems = health.GetProblems();
        return Task.FromResult(
            problems.Count == 0
                ? HealthCheckResult.Healthy()
                : new HealthCheckResult(context.Registration.FailureStatus, string.Join(' ', problems))
        );
    }
}
