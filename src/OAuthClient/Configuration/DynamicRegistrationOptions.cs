using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Client metadata for a client that registers itself (RFC 7591 §2). Its redirect URIs, scopes, types of authorization
/// details, authentication method, ID Token algorithm and public keys for encryption are taken from <see cref="OAuthClientOptions"/>.
/// </summary>
[DebuggerDisplay("{ClientName}")]
[JsonConverter(typeof(NonSerializableJsonConverter<DynamicRegistrationOptions>))]
public sealed class DynamicRegistrationOptions
{
    /// <summary>
    /// Gets or sets the name of the client that the server shows to users (<c>client_name</c>). The default is <see langword="null"/>.
    /// </summary>
    public string? ClientName { get; set; }

    /// <summary>
    /// Gets or sets the initial access token, which the server issued in advance to authorize the registration (RFC 7591 §3). It is never
    /// written to a log or a message. The default is <see langword="null"/>, for a server with open registration.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? InitialAccessToken { get; set; }

    /// <summary>
    /// Gets or sets the software statement: a JWT about this software, signed by an issuer that the server trusts (RFC 7591 §2.3). It is
    /// never written to a log or a message. The default is <see langword="null"/>.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? SoftwareStatement { get; set; }

    /// <summary>
    /// Gets or sets the grant types that the client uses. The default is an empty list: <c>authorization_code</c> and
    /// <c>refresh_token</c> with a redirect URI, <c>client_credentials</c> without one.
    /// </summary>
    public IList<string> GrantTypes { get; set; } = [];

    /// <summary>
    /// Gets or sets the application type, <c>web</c> or <c>native</c> (OpenID Connect Dynamic Client Registration §2). It is sent with a
    /// redirect URI only. The default is <see langword="null"/>: <c>web</c> if the redirect URI uses <c>https</c>, and <c>native</c> if
    /// it uses a private scheme or <c>http</c> on a loopback address.
    /// </summary>
    public string? ApplicationType { get; set; }

    /// <summary>
    /// Gets or sets the address to which a third party can send a user to sign in (<c>initiate_login_uri</c>, OpenID Connect Core §4).
    /// The default is <see langword="null"/>.
    /// </summary>
    public Uri? InitiateLoginUri { get; set; }

    /// <summary>
    /// Gets or sets the address to which the server sends logout tokens (OpenID Connect Back-Channel Logout §2.2). Each token is required
    /// to name the session that ended. The default is <see langword="null"/>.
    /// </summary>
    public Uri? BackChannelLogoutUri { get; set; }

    /// <summary>
    /// Gets or sets the address that the server's page loads in a frame when a user signs out there (OpenID Connect Front-Channel Logout
    /// §2). The server is required to add the issuer and the session. The default is <see langword="null"/>.
    /// </summary>
    public Uri? FrontChannelLogoutUri { get; set; }

    /// <summary>
    /// Gets or sets further client metadata by its registered names, such as <c>contacts</c>, <c>logo_uri</c> or
    /// <c>userinfo_encrypted_response_alg</c>. It overrides metadata that is derived from the options, such as <c>jwks</c> and
    /// <c>id_token_encrypted_response_alg</c> from <see cref="OAuthClientOptions.DecryptionKeys"/>. The default is an empty object.
    /// </summary>
    public JsonObject Metadata { get; set; } = [];
}
