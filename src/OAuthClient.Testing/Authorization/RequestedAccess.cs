using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The access that a client requests and the consent page shows.</summary>
/// <param name="Scopes">The scopes.</param>
/// <param name="Resources">The resources (RFC 8707 §2).</param>
/// <param name="AuthorizationDetails">The authorization details (RFC 9396 §2); null if there are none.</param>
internal sealed record RequestedAccess(IReadOnlyList<string> Scopes, IReadOnlyList<string> Resources, JsonArray? AuthorizationDetails);
