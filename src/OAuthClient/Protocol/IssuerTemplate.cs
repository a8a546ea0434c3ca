using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// The issuer of a server with many tenants, with <c>{tenantid}</c> in the place of the tenant. Each tenant is a separate issuer, so a
/// token is accepted only if its <c>iss</c> is the issuer of the tenant in its <c>tid</c>; a match with the template alone would let one
/// tenant issue tokens for another.
/// </summary>
/// <param name="text">The template, which contains the placeholder once.</param>
/// <param name="allowedTenants">The tenants whose users may sign in; empty for all tenants.</param>
internal sealed class IssuerTemplate(string text, IReadOnlyList<string> allowedTenants)
{
    public const string Placeholder = "{tenantid}";

    private const int LongestTenant = 128;

    public string Text => text;

    /// <summary>
    /// Determines whether a text is a tenant identifier: one path segment of letters, digits, hyphens, underscores and dots.
    /// </summary>
    public static bool IsTenant(string? tenant) =>
        tenant is { Length: > 0 and <= LongestTenant } and not ("." or "..") && UrlSafeText.IsValid(tenant);

    /// <summary>Determines whether an issuer is the expected one or, if that is a template, the issuer of a tenant.</summary>
    public static bool Matches(string expected, string issuer) =>
        expected.Contains(Placeholder, StringComparison.Ordinal) ? TenantOf(expected, issuer) is not null : expected == issuer;

    /// <summary>Determines whether an issuer is that of an allowed tenant.</summary>
    public bool Allows(string issuer) => TenantOf(Text, issuer) is { } tenant && IsAllowed(tenant);

    /// <summary>Gets the issuer that a token must have, from the tenant in its <c>tid</c>.</summary>
    /// <param name="claims">The token's claims.</param>
    /// <param name="kind">The name of the token in messages.</param>
    /// <param name="mayBeOfAnyTenant"><see langword="true"/> to accept tenants that are not allowed to sign in.</param>
    /// <returns>The issuer.</returns>
    /// <exception cref="OAuthProtocolException">The token states no tenant, or a tenant that is not allowed.</exception>
    public string Validate(JsonElement claims, string kind, bool mayBeOfAnyTenant = false)
    {
        string? tenant = claims.TextIfAny("tid");
        if (!IsTenant(tenant))
            throw new OAuthProtocolException($"The {kind} states no tenant (tid), so its issuer cannot be derived from '{Text}'.");
        return mayBeOfAnyTenant || IsAllowed(tenant!)
            ? Text.Replace(Placeholder, tenant, StringComparison.Ordinal)
            : throw new OAuthProtocolException($"The {kind} is of the tenant '{tenant}', which is not in AllowedTenants.");
    }

    // The comparison is case-sensitive: at some servers two tenants differ only in case.
    private bool IsAllowed(string tenant) => allowedTenants.Count == 0 || allowedTenants.Contains(tenant);

    private static string? TenantOf(string template, string issuer)
    {
        int start = template.IndexOf(Placeholder, StringComparison.Ordinal);
        string suffix = template[(start + Placeholder.Length)..];
        if (
            issuer.Length <= start + suffix.Length
            || !issuer.AsSpan().StartsWith(template.AsSpan(0, start), StringComparison.Ordinal)
            || !issuer.EndsWith(suffix, StringComparison.Ordinal)
        )
            return null;
        string tenant = issuer[start..^suffix.Length];
        return IsTenant(tenant) ? tenant : null;
    }
}
