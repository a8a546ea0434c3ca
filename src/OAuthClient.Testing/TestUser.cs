using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>A resource owner who can sign in at a <see cref="TestAuthorizationServer"/>.</summary>
public sealed class TestUser
{
    /// <summary>The subject identifier, <c>sub</c> (OpenID Connect Core §2); never reused, never shown on a page.</summary>
    public required string Subject { get; init; }

    /// <summary>What the user types to sign in.</summary>
    public required string UserName { get; init; }

    /// <summary>The password; the same as <see cref="UserName"/> when <see langword="null"/>.</summary>
    public string? Password { get; init; }

    /// <summary>
    /// Claims for the UserInfo endpoint, such as <c>name</c> and <c>email</c>. Those of OpenID Connect Core §5.4 need the scope
    /// <c>profile</c>, <c>email</c>, <c>address</c> or <c>phone</c> named there; any other needs only <c>openid</c>.
    /// </summary>
    public IDictionary<string, JsonNode?> Claims { get; init; } = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);

    /// <summary>Claims that others vouch for, aggregated or distributed. None by default.</summary>
    public IList<TestClaimSource> ClaimSources { get; init; } = [];

    /// <summary>Which tenant the user belongs to, where <see cref="TestAuthorizationServerOptions.IssuerTemplate"/> makes the server one of many.</summary>
    public string Tenant { get; init; } = "tenant-one";

    internal string EffectivePassword => Password ?? UserName;
}
