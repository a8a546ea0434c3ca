using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// What a client that registers itself says of itself (RFC 7591 §2). Its redirect URIs, scopes, way of authenticating and ID Token
/// algorithm follow from <see cref="OAuthClientOptions"/>.
/// </summary>
[DebuggerDisplay("{ClientName}")]
[JsonConverter(typeof(RefusingJsonConverter<DynamicRegistrationOptions>))]
public sealed class DynamicRegistrationOptions
{
    /// <summary>What the server calls the client when it speaks to users (<c>client_name</c>).</summary>
    public string? ClientName { get; set; }

    /// <summary>What the server gave beforehand to those who may register (RFC 7591 §3); <see langword="null"/> where everybody may. Never printed.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? InitialAccessToken { get; set; }

    /// <summary>What somebody whom the server trusts has signed about this software (RFC 7591 §2.3). Never printed.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? SoftwareStatement { get; set; }

    /// <summary>Which grant types the client uses. Empty: with a redirect URI the code and the refresh token, without one client credentials.</summary>
    public IList<string> GrantTypes { get; set; } = [];

    /// <summary><c>web</c> or <c>native</c> (OpenID Connect Dynamic Client Registration §2). Unset: native where the redirect URI is a loopback address or has a scheme of its own.</summary>
    public string? ApplicationType { get; set; }

    /// <summary>Where a third party can send a user to sign in (OpenID Connect Core §4).</summary>
    public Uri? InitiateLoginUri { get; set; }

    /// <summary>Where the server sends logout tokens (OpenID Connect Back-Channel Logout §2.2).</summary>
    public Uri? BackChannelLogoutUri { get; set; }

    /// <summary>Further metadata by their names on the wire, such as <c>contacts</c>, <c>logo_uri</c> or <c>jwks</c>.</summary>
    public JsonObject Metadata { get; set; } = [];
}
