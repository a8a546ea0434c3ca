using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>A dynamically registered client.</summary>
/// <param name="Client">The client.</param>
/// <param name="Metadata">The registered metadata without identifier and credentials.</param>
/// <param name="AccessToken">The registration access token.</param>
/// <param name="IssuedAt">The time of the registration.</param>
/// <param name="SecretIssuedAt">The time at which the client secret was created.</param>
internal sealed record RegisteredClient(
    TestClient Client,
    JsonObject Metadata,
    string AccessToken,
    DateTimeOffset IssuedAt,
    DateTimeOffset SecretIssuedAt
);
