using System.Text.Json;

namespace OAuthClient;

/// <summary>A validated ID Token.</summary>
/// <param name="Token">The signed token.</param>
/// <param name="Issuer">
/// The issuer. For a multi-tenant server it is the tenant's issuer, because users of two tenants may have the same subject.
/// </param>
/// <param name="Subject">The subject that signed in.</param>
/// <param name="Claims">All claims.</param>
internal sealed record ValidatedIdToken(IdToken Token, string Issuer, string Subject, JsonElement Claims);
