using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>
/// Represents a set of claims about a user that a claims provider asserts (OpenID Connect Core §5.6.2). UserInfo responses contain or
/// reference them.
/// </summary>
public sealed class TestClaimSource
{
    /// <summary>Gets or sets the name by which <c>_claim_names</c> refers to the entry in <c>_claim_sources</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Gets or sets a value indicating whether the claims are distributed. Aggregated claims (<see langword="false"/>, the default) are
    /// included as a signed JWT (§5.6.2.1). For distributed claims (<see langword="true"/>), the response contains the address of
    /// <see cref="TestEndpoint.Claims"/> and an access token for it (§5.6.2.2).
    /// </summary>
    public bool Distributed { get; init; }

    /// <summary>Gets or sets the claims.</summary>
    public IDictionary<string, JsonNode?> Claims { get; init; } = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
}
