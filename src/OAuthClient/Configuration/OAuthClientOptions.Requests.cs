namespace OAuthClient;

public sealed partial class OAuthClientOptions
{
    /// <summary>Gets <see cref="RedirectUri"/> and <see cref="RedirectUris"/>, the default one first.</summary>
    internal IReadOnlyList<Uri> AllRedirectUris =>
        [.. RedirectUris.Prepend(RedirectUri).OfType<Uri>().DistinctBy(uri => uri.OriginalString)];

    /// <summary>
    /// Gets or sets the redirect URI, to which the server sends the browser with the response (RFC 6749 §3.1.2). It is absolute, has no
    /// fragment, and is registered at the server in exactly these characters. It uses <c>https</c>, <c>http</c> on a loopback address, or
    /// a private scheme (RFC 8252 §7). Where the <see cref="Issuer"/> of a server is not known, each server needs a redirect URI with a
    /// path of its own (RFC 9700 §4.4). The default is <see langword="null"/>, for a client that uses client credentials only.
    /// </summary>
    public Uri? RedirectUri { get; set; }

    /// <summary>
    /// Gets or sets further redirect URIs, for an application with several host names. <see cref="AuthorizationParameters.RedirectUri"/>
    /// selects one for one authorization; in ASP.NET Core the one with the host of the request is selected. Without one, the authorization
    /// uses <see cref="RedirectUri"/>, or the first of these if that is not set. The rules of <see cref="RedirectUri"/> apply to each. The
    /// default is an empty list.
    /// </summary>
    public IList<Uri> RedirectUris { get; set; } = [];

    /// <summary>
    /// Gets or sets the address to which the server sends the browser after it has signed the user out (OpenID Connect RP-Initiated
    /// Logout §3.1). It is absolute and registered at the server in exactly these characters. The default is <see langword="null"/>: the
    /// user stays on the server's page.
    /// </summary>
    public Uri? PostLogoutRedirectUri { get; set; }

    /// <summary>
    /// Gets or sets the scopes to request, one in each item (RFC 6749 §3.3). Add <c>openid</c> to receive an ID Token, and
    /// <c>offline_access</c> to receive a refresh token where the server requires it. The default is an empty list: the server chooses
    /// the scopes.
    /// </summary>
    public IList<string> Scopes { get; set; } = [];

    /// <summary>
    /// Gets or sets the protected resources to request tokens for: absolute URIs without a fragment (RFC 8707 §2). The default is an
    /// empty list: the parameter is not sent.
    /// </summary>
    public IList<Uri> Resources { get; set; } = [];

    /// <summary>
    /// Gets or sets the authorization details to request: the text of a JSON array of objects, each with a <c>type</c> (RFC 9396 §2). In
    /// code, <see cref="OAuthClient.AuthorizationDetails.ToJson"/> creates it from objects. They are sent in each authorization request,
    /// and in the requests for the client's own access token, unless the call states others. The default is <see langword="null"/>: the
    /// parameter is not sent.
    /// </summary>
    public string? AuthorizationDetails { get; set; }

    /// <summary>
    /// Gets or sets how the server returns the authorization response: <c>query</c>, or <c>form_post</c> (OAuth 2.0 Form Post Response
    /// Mode). With <c>form_post</c> the code does not appear in an address. With <c>jwt</c>, <c>query.jwt</c> or <c>form_post.jwt</c> the
    /// server signs the response, and unsigned responses are rejected (JARM, JWT Secured Authorization Response Mode). The default is
    /// <see langword="null"/>: the parameter is not sent, and servers use <c>query</c>.
    /// </summary>
    public string? ResponseMode { get; set; }

    /// <summary>
    /// Gets or sets the time within which the user must complete an authorization. A later callback is rejected. The maximum is one hour.
    /// The default is 10 minutes.
    /// </summary>
    public TimeSpan PendingAuthorizationLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Gets or sets the further parameters of each authorization request, such as <c>access_type</c> or <c>prompt</c> (RFC 6749 §3.1). A
    /// parameter that is given for one authorization (<see cref="AuthorizationParameters"/>) replaces the one with the same name. A
    /// parameter that the library sets cannot be one of them, and neither can <c>max_age</c> and <c>login_hint</c>. The default is empty.
    /// </summary>
    public IDictionary<string, string> AuthorizationParameters { get; set; } = new Dictionary<string, string>();

    /// <summary>
    /// Gets or sets the further parameters of each token request, such as <c>audience</c>, refresh requests included (RFC 6749 §3.2). A
    /// parameter of one <see cref="TokenRequest"/> replaces the one with the same name. A parameter that the library sets cannot be one of
    /// them. The values are not treated as secrets: an error of the server that repeats them reaches the log. The default is empty.
    /// </summary>
    public IDictionary<string, string> TokenParameters { get; set; } = new Dictionary<string, string>();

    /// <summary>
    /// Gets or sets the further parameters of refresh requests (RFC 6749 §6). They supplement and replace those of
    /// <see cref="TokenParameters"/>. A parameter that the library sets cannot be one of them. The default is empty.
    /// </summary>
    public IDictionary<string, string> RefreshParameters { get; set; } = new Dictionary<string, string>();

    /// <summary>
    /// Gets or sets the further parameters of revocation requests (RFC 7009 §2.1). A parameter that the library sets cannot be one of
    /// them. The default is empty.
    /// </summary>
    public IDictionary<string, string> RevocationParameters { get; set; } = new Dictionary<string, string>();

    /// <summary>
    /// Gets or sets a value indicating whether UserInfo is requested when an authorization completes, so that <see cref="Grant.Account"/>
    /// is known at a server without ID Tokens, and the accounts of one user are told apart (OpenID Connect Core §5.3). A failed request is
    /// logged and does not affect the grant. The default is <see langword="false"/>.
    /// </summary>
    public bool FetchAccount { get; set; }
}
