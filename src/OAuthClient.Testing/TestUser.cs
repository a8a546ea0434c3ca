using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Represents a resource owner who can sign in at a <see cref="TestAuthorizationServer"/>.</summary>
public sealed class TestUser
{
    /// <summary>Gets or sets the subject identifier, <c>sub</c> (OpenID Connect Core §2). It is not shown on any page.</summary>
    public required string Subject { get; init; }

    /// <summary>Gets or sets the user name for the login form.</summary>
    public required string UserName { get; init; }

    /// <summary>Gets or sets the password; <see langword="null"/> to use <see cref="UserName"/> as the password.</summary>
    public string? Password { get; init; }

    /// <summary>
    /// Gets or sets the claims for the UserInfo endpoint, such as <c>name</c> and <c>email</c>. The claims of OpenID Connect Core §5.4
    /// require the scope <c>profile</c>, <c>email</c>, <c>address</c> or <c>phone</c>; every other claim requires only <c>openid</c>.
    /// </summary>
    public IDictionary<string, JsonNode?> Claims { get; init; } = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);

    /// <summary>Gets or sets the aggregated and distributed claims. The list is empty by default.</summary>
    public IList<TestClaimSource> ClaimSources { get; init; } = [];

    /// <summary>
    /// Gets or sets the tenant of the user. It is used when <see cref="TestAuthorizationServerOptions.IssuerTemplate"/> is set.
    /// </summary>
    public string Tenant { get; init; } = "tenant-one";

    internal string EffectivePassword => Password ?? UserName;
}
