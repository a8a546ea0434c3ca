using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// The paths and pages of <see cref="BrowserAuthorizationEndpointExtensions.MapBrowserAuthorization"/>. Set them in
/// <see cref="BrowserAuthorizationExtensions.AddBrowserAuthorization"/>. Paths are relative to the application's path base.
/// </summary>
public sealed class BrowserAuthorizationOptions
{
    /// <summary>
    /// Gets or sets whether users sign in to the application by this client at <see cref="SignInPath"/>. The default is
    /// <see langword="false"/>: in an application with a login of its own, every user of the server could sign in.
    /// </summary>
    public bool AllowSignIn { get; set; }

    /// <summary>
    /// Gets or sets the path that begins an authorization for the signed-in user: a POST with an antiforgery token and the optional field
    /// <c>returnUrl</c>. The default is <c>/oauth/{name}/connect</c>, or <c>/oauth/connect</c> for the unnamed client.
    /// </summary>
    public PathString ConnectPath { get; set; }

    /// <summary>
    /// Gets or sets the path that begins a login, if <see cref="AllowSignIn"/> is set: a GET with the optional parameter <c>returnUrl</c>.
    /// It can be the <c>LoginPath</c> of a cookie. The default is <c>/oauth/{name}/sign-in</c>, or <c>/oauth/sign-in</c> for the unnamed
    /// client.
    /// </summary>
    public PathString SignInPath { get; set; }

    /// <summary>
    /// Gets or sets the path that signs the user out here and at the server: a POST with an antiforgery token and the optional field
    /// <c>returnUrl</c>. The default is <c>/oauth/{name}/sign-out</c>, or <c>/oauth/sign-out</c> for the unnamed client.
    /// </summary>
    public PathString SignOutPath { get; set; }

    /// <summary>
    /// Gets or sets the path of the callback, by GET and POST. The default is the path of <see cref="OAuthClientOptions.RedirectUri"/>.
    /// Set it if the application is below a path base, which the redirect URI contains and the path of an endpoint does not.
    /// </summary>
    public PathString CallbackPath { get; set; }

    /// <summary>
    /// Gets or sets the path to which the server sends the browser after a logout. The default is the path of
    /// <see cref="OAuthClientOptions.PostLogoutRedirectUri"/>, and without that <c>/oauth/{name}/signed-out</c>.
    /// </summary>
    public PathString SignedOutPath { get; set; }

    /// <summary>
    /// Gets or sets the path of the application's own page for a denied authorization. The default is a page of the library.
    /// </summary>
    public PathString DeniedPagePath { get; set; }

    /// <summary>
    /// Gets or sets the path of the application's own page for a callback or form that was used before, is too old, or belongs to another
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
    /// Gets or sets a function that creates a page in place of the library's, for example a Razor component result. The function is called
    /// for every page, before the paths above are used. When it returns <see langword="null"/>, the path of the page is used, or else the
    /// library's own page. The status code of the response is set before the result is executed. The default is <see langword="null"/>.
    /// </summary>
    public Func<BrowserAuthorizationPage, IResult?>? CreatePage { get; set; }

    /// <summary>Fills the paths that are not set.</summary>
    internal BrowserAuthorizationOptions WithDefaults(string clientName, OAuthClientOptions client)
    {
        var root = new PathString("/oauth");
        if (clientName.Length > 0)
            root = root.Add("/" + clientName);
        return new()
        {
            AllowSignIn = AllowSignIn,
            ConnectPath = OrElse(ConnectPath, root.Add("/connect")),
            SignInPath = OrElse(SignInPath, root.Add("/sign-in")),
            SignOutPath = OrElse(SignOutPath, root.Add("/sign-out")),
            CallbackPath = OrElse(CallbackPath, PathString.FromUriComponent(client.RedirectUri!)),
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
