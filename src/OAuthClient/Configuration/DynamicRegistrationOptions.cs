using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// What a client that registers itself says of itself (RFC 7591 §2). Its redirect URIs, scopes, way of authenticating, ID Token
/// algorithm and public keys for encryption follow from <see cref="OAuthClientOptions"/>.
/// </summary>
[DebuggerDisplay("{ClientName}")]
[JsonConverter(typeof(NonSerializableJsonConverter<DynamicRegistrationOptions>))]
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

    /// <summary><c>web</c> or <c>native</c> (OpenID Connect Dynamic Client Registration §2). Unset: native where the redirect URI has a scheme of its own or is <c>http</c>, which only a loopback address may be; web where it is <c>https</c>.</summary>
    public string? ApplicationType { get; set; }

    /// <summary>Where a third party can send a user to sign in (OpenID Connect Core §4).</summary>
    public Uri? InitiateLoginUri { get; set; }

    /// <summary>Where the server sends logout tokens (OpenID Connect Back-Channel Logout §2.2); each is to name the session that ended.</summary>
    public Uri? BackChannelLogoutUri { get; set; }

    /// <summary>What the server's page loads in a frame when a user signs out there (OpenID Connect Front-Channel Logout §2), with issuer and session.</summary>
    public Uri? FrontChannelLogoutUri { get; set; }

    /// <summary>
    /// Further metadata by their names on the wire, such as <c>contacts</c>, <c>logo_uri</c> or <c>userinfo_encrypted_response_alg</c>. They take the
    /// place of what follows from the options, such as <c>jwks</c> and <c>id_token_encrypted_response_alg</c> from <see cref="OAuthClientOptions.DecryptionKeys"/>.
    /// </summary>
    public JsonObject Metadata { get; set; } = [];
}
