using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OAuthClient.AspNetCore;

/// <summary>Reports the problems of a client's recent operations. Makes no network call.</summary>
internal sealed class ClientHealthCheck(ClientHealth health) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var problems = health.GetProblems();
        IReadOnlyDictionary<string, object>? data = health.NextRefreshTokenExpiry is { } expiry
            ? new Dictionary<string, object>(StringComparer.Ordinal) { ["nextRefreshTokenExpiry"] = expiry }
            : null;
        return Task.FromResult(
            problems.Count == 0
                ? HealthCheckResult.Healthy(data: data)
                : new HealthCheckResult(context.Registration.FailureStatus, string.Join(' ', problems), data: data)
        );
    }
}
