using System.Net;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>A user with a browser, at web applications and at the server where the user signs in.</summary>
internal sealed class Visitor(TestAuthorizationServer server) : IDisposable
{
    // The applications differ only by port, which cookies ignore, so each has its own cookie container.
    private readonly Dictionary<WebApp, CookieContainer> jars = [];
    private readonly HttpMessageInvoker sockets = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        }
    );

    /// <summary>Gets the cookies of the server.</summary>
    public CookieContainer ServerCookies { get; } = new();

    public async Task<Page> GetAsync(WebApp app, string path) => await SendAsync(app, HttpMethod.Get, path, content: null);

    public async Task<Page> PostAsync(WebApp app, string path, string form = "") =>
        await SendAsync(
            app,
            HttpMethod.Post,
            path,
            new StringContent(form, new System.Net.Http.Headers.MediaTypeHeaderValue("application/x-www-form-urlencoded"))
        );

    /// <summary>Returns the user whom the application considers signed in.</summary>
    public async Task<string> GetUserAsync(WebApp app) => (await GetAsync(app, "/who")).Body;

    /// <summary>Signs in at the application, by way of the server.</summary>
    public async Task SignInAsync(WebApp app)
    {
        var begun = await GetAsync(app, "/sign-in");
        await CompleteLoginAsync(app, begun.Location);
        Assert.That(await GetUserAsync(app), Is.EqualTo("alice"));
        Assert.That((await GetAsync(app, "/me")).Body, Does.Contain("\"sub\":\"alice\""));
    }

    /// <summary>Follows the redirect of the application to the server and back.</summary>
    public async Task<Page> CompleteLoginAsync(WebApp app, Uri authorizationUri) =>
        await GetAsync(app, (await server.SignInAsync(authorizationUri, new() { Cookies = ServerCookies })).PathAndQuery);

    /// <summary>
    /// Signs out at the application (OpenID Connect RP-Initiated Logout §2) and at the server, and returns to the application.
    /// </summary>
    public async Task SignOutAsync(WebApp app)
    {
        var begun = await PostAsync(app, "/sign-out?returnUrl=/after-sign-out");
        var back = await server.SignOutAsync(begun.Location, ServerCookies);
        Assert.That((await GetAsync(app, back!.PathAndQuery)).Location.OriginalString, Is.EqualTo("/after-sign-out"));
    }

    /// <summary>Requires that no user is signed in, no grant is stored and the API cannot be called for the user.</summary>
    public async Task RequireSignedOutAsync(WebApp app)
    {
        Assert.That(await app.StoredAsync(server.Issuer.OriginalString), Is.Empty);
        Assert.That(await GetUserAsync(app), Is.EqualTo("(none)"));
        Assert.That((await GetAsync(app, "/me")).Status, Is.Not.EqualTo(HttpStatusCode.OK));
    }

    /// <summary>
    /// Adds the application's session cookie to those of the server's pages, as a browser that sends cookies in frames would.
    /// </summary>
    public void SendIntoFrames(WebApp app) =>
        ServerCookies.Add(app.Address, new Cookie(app.SessionCookie, jars[app].GetCookies(new(WebApp.Public))[app.SessionCookie]!.Value));

    public void Dispose() => sockets.Dispose();

    private async Task<Page> SendAsync(WebApp app, HttpMethod method, string path, HttpContent? content)
    {
        Uri shown = new(WebApp.Public + path);
        if (!jars.TryGetValue(app, out var jar))
            jars[app] = jar = new();
        using HttpRequestMessage request = new(method, new Uri(app.Address, path)) { Content = content };
        if (jar.GetCookieHeader(shown) is { Length: > 0 } cookies)
            request.Headers.Add("Cookie", cookies);
        using var response = await sockets.SendAsync(request, CancellationToken.None);
        if (response.Headers.TryGetValues("Set-Cookie", out var setCookies))
        {
            foreach (string setCookie in setCookies)
                jar.SetCookies(shown, setCookie);
        }
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.Location);
    }

    /// <summary>The response that the browser received.</summary>
    internal sealed class Page(HttpStatusCode status, string body, Uri? location)
    {
        public HttpStatusCode Status => status;

        public string Body => body;

        public Uri Location => location ?? throw new AssertionException($"{(int)status}, and no redirect: {body}");
    }
}
