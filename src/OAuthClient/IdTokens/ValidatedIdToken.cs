using System.Text.Json;

namespace OAuthClient;

/// <summary>An ID Token that passed every check.</summary>
/// <param name="Token">The token, as it was signed.</param>
/// <param name="Issuer">Its issuer: with a server of many tenants the tenant's own, for two tenants' users may have the same subject.</param>
/// <param name="Subject">Who signed in.</param>
/// <param name="Claims">All it claims.</param>
internal sealed record ValidatedIdToken(IdToken Token, string Issuer, string Subject, JsonElement Claims);
