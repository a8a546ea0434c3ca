using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Provides options for the paths and pages of <see cref="BrowserAuthorizationEndpointExtensions.MapBrowserAuthorization"/>. Set them in
/// <see cref="BrowserAuthorizationExtensions.AddBrowserAuthorization"/>. Paths are relative to the application's path base.
/// </summary>
public sealed class BrowserAuthorizationOptions
{
    /// <summary>
    /// Gets or sets a value indicating whether users can sign in to the application by this client at <see cref="SignInPath"/>. The default
    /// is <see langword="false"/>, because in an application with its own login every user of the server could otherwise sign in.
    /// </summary>
    public bool AllowSignIn { get; set; }

    /// <summary>
    /// Gets or sets the path that begins an authorization for the signed-in user. It accepts a POST with an antiforgery token and the
    /// optional field <c>returnUrl</c>. The default is <c>/oauth/{name}/connect</c>, or <c>/oauth/connect</c> for the unnamed client.
    /// </summary>
    public PathString ConnectPath { get; set; }

    /// <summary>
    /// Gets or sets the path that begins a sign-in if <see cref="AllowSignIn"/> is set. It accepts a GET with the optional parameter
    /// <c>returnUrl</c>, and can be the <c>LoginPath</c> of a cookie. The default is <c>/oauth/{name}/sign-in</c>, or <c>/oauth/sign-in</c>
    /// for the unnamed client.
    /// </summary>
    public PathString SignInPath { get; set; }

    /// <summary>
    /// Gets or sets the path that signs the user out here and at the server. It accepts a POST with an antiforgery token and the optional
    /// field <c>returnUrl</c>. The default is <c>/oauth/{name}/sign-out</c>, or <c>/oauth/sign-out</c> for the unnamed client.
    /// </summary>
    public PathString SignOutPath { get; set; }

    /// <summary>
    /// Gets or sets the path of the callback, which accepts GET and POST. The default is the path of
    /// <see cref="OAuthClientOptions.RedirectUri"/>, and that of each of <see cref="OAuthClientOptions.RedirectUris"/>. Set it if
    /// the application has a path base, because the redirect URI contains the path
    /// base and this path does not.
    /// </summary>
    public PathString CallbackPath { get; set; }

    /// <summary>
    /// Gets or sets the path to which the server sends the browser after a logout. The default is the path of
    /// <see cref="OAuthClientOptions.PostLogoutRedirectUri"/>, or <c>/oauth/{name}/signed-out</c> if that is not set.
    /// </summary>
    public PathString SignedOutPath { get; set; }

    /// <summary>
    /// Gets or sets the path of the application's own page for a denied authorization. The default is a page of the library.
    /// </summary>
    public PathString DeniedPagePath { get; set; }

    /// <summary>
    /// Gets or sets the path of the application's own page for a callback or form that was already used, has expired, or belongs to another
    /// browser or user. The default is a page of the library.
    /// </summary>
    public PathString ExpiredPagePath { get; set; }

    /// <summary>
    /// Gets or sets the path of the application's own page for an authorization that failed. The default is a page of the library.
    /// </summary>
    public PathString ErrorPagePath { get; set; }

    /// <summary>
    /// Gets or sets the path of the application's own page for a user who signed out. The default is a page of the library.
    /// </summary>
    public PathString SignedOutPagePath { get; set; }

    /// <summary>
    /// Gets or sets a function that creates a page in place of the library's, for example a Razor component result. It is called for every
    /// page. If it returns <see langword="null"/>, the browser is redirected to the page's path, or receives the library's page if no path
    /// is set. The status code of the response is set before the result is executed. The default is <see langword="null"/>.
    /// </summary>
    public Func<BrowserAuthorizationPage, IResult?>? CreatePage { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether a sign-in requests UserInfo (OpenID Connect Core §5.3) if the ID Token has no name, no
    /// e-mail address or no roles, so that the user has them in the cookie. If the request fails, the user is signed in without them, and a
    /// warning is logged. The default is <see langword="false"/>.
    /// </summary>
    public bool FetchUserInfoAtSignIn { get; set; }

    /// <summary>
    /// Gets or sets the server's claim that becomes <see cref="System.Security.Claims.ClaimTypes.NameIdentifier"/> of the user who signs
    /// in, such as <c>sub</c>, which AddOpenIdConnect uses. An application that moves from it keeps the keys of its users. The claim must
    /// identify one user of the server for ever; with users of several servers it is not unique. The default is <see langword="null"/>:
    /// the text form of the grant's owner.
    /// </summary>
    public string? NameIdentifierClaim { get; set; }

    /// <summary>
    /// Gets or sets the server's claim that becomes the name of the user who signs in. If the server does not send it, <c>name</c>,
    /// <c>preferred_username</c>, <c>email</c> and others take its place, as in <see cref="Grant.ToClaimsPrincipal"/>. The default is
    /// <c>name</c>.
    /// </summary>
    public string NameClaim { get; set; } = "name";

    /// <summary>
    /// Gets or sets the server's claim whose values become the roles of the user who signs in; a name with dots, such as
    /// <c>realm_access.roles</c>, names a member within other claims. The name is compared with regard to case, and no other claim grants
    /// a role. Set an empty text if the server must not grant roles. The default is <c>roles</c>.
    /// </summary>
    public string RoleClaim { get; set; } = "roles";

    /// <summary>Gets the paths of the callback in a copy with defaults.</summary>
    internal IReadOnlyList<PathString> CallbackPaths { get; private init; } = [];

    /// <summary>Creates a copy with defaults for the paths that are not set.</summary>
    internal BrowserAuthorizationOptions WithDefaults(string clientName, OAuthClientOptions client)
    {
        var root = new PathString("/oauth");
        if (clientName.Length > 0)
            root = root.Add("/" + clientName);
        return new()
        {
            AllowSignIn = AllowSignIn,
            CallbackPath = CallbackPath,
            ConnectPath = OrElse(ConnectPath, root.Add("/connect")),
            SignInPath = OrElse(SignInPath, root.Add("/sign-in")),
            SignOutPath = OrElse(SignOutPath, root.Add("/sign-out")),
            CallbackPaths = CallbackPath.HasValue ? [CallbackPath] : RedirectUris.Paths(client),
            SignedOutPath = OrElse(
                SignedOutPath,
                client.PostLogoutRedirectUri is { } uri ? PathString.FromUriComponent(uri) : root.Add("/signed-out")
            ),
            DeniedPagePath = DeniedPagePath,
            ExpiredPagePath = ExpiredPagePath,
            ErrorPagePath = ErrorPagePath,
            SignedOutPagePath = SignedOutPagePath,
            CreatePage = CreatePage,
        };
    }

    private static PathString OrElse(PathString path, PathString other) => path.HasValue ? path : other;
}
