namespace OAuthClient;

/// <summary>
/// Describes how one server deviates from the specifications. Each member names what the server does; the defaults describe a server that
/// conforms. What a member relaxes is relaxed for this client only.
/// </summary>
/// <example>
/// A server that separates scopes by commas and names the client identifier <c>client_key</c>:
/// <code language="csharp"><![CDATA[
/// using Microsoft.Extensions.DependencyInjection;
/// using OAuthClient;
///
/// var services = new ServiceCollection();
/// services.AddOAuthClient("videos", o =>
/// {
///     o.AuthorizationEndpoint = new Uri("https://videos.example.com/authorize");
///     o.TokenEndpoint = new Uri("https://api.videos.example.com/token");
///     o.ClientId = "12345";
///     o.ClientSecret = Environment.GetEnvironmentVariable("CLIENT_SECRET");
///     o.RedirectUri = new Uri("https://client-app.example.com/callback");
///     o.Scopes = ["user.info.basic", "video.list"];
///     o.Adaptation.ScopeSeparator = ",";
///     o.Adaptation.ParameterNames["client_id"] = "client_key";
/// });
/// ]]></code>
/// </example>
public sealed partial class ServerAdaptationOptions
{
    /// <summary>
    /// Gets or sets the server's names of request parameters, by their standard names, such as <c>client_key</c> for <c>client_id</c>. The
    /// default is empty: the standard names.
    /// </summary>
    public IDictionary<string, string> ParameterNames { get; set; } = new Dictionary<string, string>();

    /// <summary>
    /// Gets or sets the character between scopes in requests, and in responses that do not use spaces (RFC 6749 §3.3). The default is a
    /// space.
    /// </summary>
    public string ScopeSeparator { get; set; } = " ";

    /// <summary>
    /// Gets or sets the further words for <c>token_type</c> by which the server names a bearer token, such as <c>bot</c> (RFC 6749 §7.1).
    /// They are compared without regard to case. The default is an empty list: <c>Bearer</c> only. A response without <c>token_type</c>
    /// is always read as a bearer token.
    /// </summary>
    public IList<string> BearerTokenTypes { get; set; } = [];

    /// <summary>
    /// Gets or sets the standard error codes, by the words that the server uses in their place, such as <c>invalid_grant</c> for
    /// <c>token_revoked</c> (RFC 6749 §4.1.2.1, §5.2). They supplement the words of well-known servers that the library knows. The
    /// default is empty.
    /// </summary>
    public IDictionary<string, string> ErrorCodes { get; set; } = new Dictionary<string, string>();

    /// <summary>
    /// Gets or sets the names of the members that lead to the tokens in a token response, such as <c>authed_user</c>. The response to a
    /// refresh request may have the tokens at its top; another response without the path is refused, because the tokens at its top can
    /// belong to another account. The default is an empty list: the tokens are members of the response itself (RFC 6749 §5.1).
    /// </summary>
    public IList<string> TokenPath { get; set; } = [];

    /// <summary>
    /// Gets or sets the names of the members that lead to the user's claims in a UserInfo response, such as <c>data</c>. The default is an
    /// empty list: the claims are members of the response itself (OpenID Connect Core §5.3.2).
    /// </summary>
    public IList<string> UserInfoPath { get; set; } = [];

    /// <summary>
    /// Gets or sets the member of a UserInfo response that identifies the user where there is no <c>sub</c>, such as <c>id</c> (OpenID
    /// Connect Core §5.3.2). Its values must be unique at the server and never be reassigned. The default is <see langword="null"/>: a
    /// response without <c>sub</c> is refused.
    /// </summary>
    public string? UserIdMember { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether the client signs out without <c>id_token_hint</c> (OpenID Connect RP-Initiated Logout §2),
    /// for a server that rejects long addresses. The hint is also left out if the address would have more than 4,000 characters. The
    /// default is <see langword="false"/>.
    /// </summary>
    public bool OmitIdTokenHint { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether requests are sent without PKCE (RFC 7636), for a server that rejects
    /// <c>code_verifier</c>. Only a client with a secret or a certificate can do so, and only <c>state</c> and the nonce of an ID Token
    /// then prevent that an attacker injects a code; without the scope <c>openid</c> there is no nonce. A warning is logged once when it is
    /// set. The default is <see langword="false"/>.
    /// </summary>
    public bool DangerouslyDisablePkce { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether an ID Token without the requested nonce is accepted (OpenID Connect Core §3.1.3.7). A
    /// nonce that differs is always rejected. PKCE then has to prevent that an attacker injects a code. A warning is logged once when it is
    /// set. The default is <see langword="false"/>.
    /// </summary>
    public bool DangerouslyAcceptMissingNonce { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether <see cref="DangerouslyDisablePkce"/> and <see cref="DangerouslyAcceptMissingNonce"/> may be
    /// combined. An attacker who obtains a code of another user can then sign in as this user (RFC 9700 §4.5). A warning is logged once
    /// when it is set. The default is <see langword="false"/>.
    /// </summary>
    public bool DangerouslyAllowCodeInjection { get; set; }
}
