using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <content>When the server issues refresh tokens, and what it requires at a refresh.</content>
public sealed partial class TestAuthorizationServerOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether the server issues a refresh token for the scope <c>openid</c> also if
    /// <c>offline_access</c> was not requested or not granted, as some servers do. The default is <see langword="false"/> (OpenID Connect
    /// Core §11). Without <c>openid</c>, <see cref="IssueRefreshTokens"/> alone decides.
    /// </summary>
    public bool RefreshTokenWithoutOfflineAccess { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether a refresh that requests fewer scopes narrows the grant: the following refreshes return these
    /// scopes at most, also without <c>scope</c>. RFC 6749 §6 narrows the access token only. The default is <see langword="false"/>.
    /// </summary>
    public bool NarrowGrantAtRefresh { get; set; }

    /// <summary>
    /// Gets the claims that a refresh requires, by scope. A refresh for one of these scopes fails with <c>interaction_required</c> and the
    /// member <c>claims</c>, until the user authorizes with these <c>claims</c> (OpenID Connect Core §3.1.2.6, §5.5). The refresh token
    /// stays valid. Only the refresh checks the claims; a code is redeemed without them. The dictionary is empty by default.
    /// </summary>
    public IDictionary<string, JsonObject> ClaimsRequiredAtRefresh { get; } = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
}
