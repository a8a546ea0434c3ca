using System.Buffers;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// The issuer of a server with many tenants, with <c>{tenantid}</c> in the tenant's place. Each tenant is an issuer of its own: a template that were
/// compared as loosely as it is written would let any of them speak for any other.
/// </summary>
internal sealed class IssuerTemplate
{
    public const string Placeholder = "{tenantid}";

    private const int LongestTenant = 128;

    private static readonly SearchValues<char> TenantCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    );

    private readonly IReadOnlyList<string> allowedTenants;

    /// <param name="text">The template, which holds the placeholder once.</param>
    /// <param name="allowedTenants">Whose users may sign in; anybody's when empty.</param>
    public IssuerTemplate(string text, IReadOnlyList<string> allowedTenants) => (Text, this.allowedTenants) = (text, allowedTenants);

    public string Text { get; }

    /// <summary>Whether it can stand in an issuer without becoming something else there: one segment of a path.</summary>
    public static bool IsTenant(string? tenant) =>
        tenant is { Length: > 0 and <= LongestTenant }
        && !tenant.AsSpan().ContainsAnyExcept(TenantCharacters)
        && tenant is not ("." or "..");

    /// <summary>Whether an issuer is the expected one, or, where that is a template, one of its tenants.</summary>
    public static bool Matches(string expected, string issuer) =>
        expected.Contains(Placeholder, StringComparison.Ordinal)
            ? TenantOf(expected, issuer) is not null
            : string.Equals(expected, issuer, StringComparison.Ordinal);

    /// <summary>Whether it is the issuer of an allowed tenant.</summary>
    public bool Allows(string issuer) => TenantOf(Text, issuer) is { } tenant && IsAllowed(tenant);

    /// <summary>The issuer that a token must have that says which tenant it is of (<c>tid</c>).</summary>
    /// <exception cref="OAuthProtocolException">It does not say so, or the tenant may not sign in here.</exception>
    /// <param name="claims">The token's claims.</param>
    /// <param name="kind">What the token is called in messages.</param>
    /// <param name="mayBeOfAnyTenant">Whether a tenant that may not sign in is accepted.</param>
    public string RequireFor(JsonElement claims, string kind, bool mayBeOfAnyTenant = false)
    {
        string? tenant = claims.TextIfAny("tid");
        if (!IsTenant(tenant))
            throw new OAuthProtocolException($"The {kind} names no tenant (tid), so which issuer of '{Text}' it is from cannot be told.");
        return mayBeOfAnyTenant || IsAllowed(tenant!)
            ? Text.Replace(Placeholder, tenant, StringComparison.Ordinal)
            : throw new OAuthProtocolException($"The {kind} is of the tenant '{tenant}', which is not among AllowedTenants.");
    }

    // Tenants are compared as they are written: some servers' differ in case alone.
    private bool IsAllowed(string tenant) => allowedTenants.Count == 0 || allowedTenants.Contains(tenant, StringComparer.Ordinal);

    private static string? TenantOf(string template, string issuer)
    {
        int at = template.IndexOf(Placeholder, StringComparison.Ordinal);
        string rest = template[(at + Placeholder.Length)..];
        if (
            issuer.Length <= at + rest.Length
            || !issuer.AsSpan().StartsWith(template.AsSpan(0, at), StringComparison.Ordinal)
            || !issuer.EndsWith(rest, StringComparison.Ordinal)
        )
            return null;
        string tenant = issuer[at..^rest.Length];
        return IsTenant(tenant) ? tenant : null;
    }
}
