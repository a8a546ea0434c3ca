using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>One client that registered itself.</summary>
/// <param name="Client">As the rest of the server knows it.</param>
/// <param name="Metadata">The metadata as registered, without identifier and credentials.</param>
/// <param name="AccessToken">The registration access token.</param>
/// <param name="IssuedAt">When the client was registered.</param>
/// <param name="SecretIssuedAt">When its secret was made.</param>
internal sealed record RegisteredClient(
    TestClient Client,
    JsonObject Metadata,
    string AccessToken,
    DateTimeOffset IssuedAt,
    DateTimeOffset SecretIssuedAt
);
