using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Claims about a user that somebody else vouches for (OpenID Connect Core §5.6.2); they appear in UserInfo responses.</summary>
public sealed class TestClaimSource
{
    /// <summary>The name by which <c>_claim_names</c> refers to <c>_claim_sources</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// <see langword="false"/>: aggregated, the claims come along as a signed JWT (§5.6.2.1). <see langword="true"/>: distributed, the client is told
    /// an endpoint, <see cref="TestEndpoint.Claims"/>, and an access token of its own to fetch the JWT with (§5.6.2.2).
    /// </summary>
    public bool Distributed { get; init; }

    /// <summary>The claims.</summary>
    public IDictionary<string, JsonNode?> Claims { get; init; } = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
}
