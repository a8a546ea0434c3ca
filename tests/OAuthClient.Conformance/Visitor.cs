using System.Net;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Somebody with a browser, at web applications and at the server where they sign in.</summary>
internal sealed class Visitor(TestAuthorizationServer server) : IDisposable
{
    // Applications are told apart by port here, which cookies are not: a jar for each.
    private readonly Dictionary<WebApp, CookieContainer> jars = [];
    private readonly HttpMessageInvoker sockets = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        }
    );

    /// <summary>At the server.</summary>
    public CookieContainer ServerCookies { get; } = new();

    public async Task<Page> GetAsync(WebApp app, string path) => await SendAsync(app, HttpMethod.Get, path, content: null);

    public async Task<Page> PostAsync(WebApp app, string path, string form = "") =>
        await SendAsync(
            app,
            HttpMethod.Post,
            path,
            new StringContent(form, new System.Net.Http.Headers.MediaTypeHeaderValue("application/x-www-form-urlencoded"))
        );

    /// <summary>Who the application thinks sits there.</summary>
    public async Task<string> WhoAsync(WebApp app) => (await GetAsync(app, "/who")).Body;

    /// <summary>Signs in at the application, by way of the server.</summary>
    public async Task SignInAsync(WebApp app)
    {
        var begun = await GetAsync(app, "/sign-in");
        await ComeBackAsync(app, begun.Location);
        Assert.That(await WhoAsync(app), Is.EqualTo("alice"));
        Assert.That((await GetAsync(app, "/me")).Body, Does.Contain("\"sub\":\"alice\""));
    }

    /// <summary>From the application's redirect to the server and back.</summary>
    public async Task<Page> ComeBackAsync(WebApp app, Uri authorizationUri) =>
        await GetAsync(app, (await server.SignInAsync(authorizationUri, new() { Cookies = ServerCookies })).PathAndQuery);

    /// <summary>Signs out at the application (OpenID Connect RP-Initiated Logout §2), at the server, and comes back.</summary>
    public async Task SignOutAsync(WebApp app)
    {
        var begun = await PostAsync(app, "/sign-out?returnUrl=/bye");
        var back = await server.SignOutAsync(begun.Location, ServerCookies);
        Assert.That((await GetAsync(app, back!.PathAndQuery)).Location.OriginalString, Is.EqualTo("/bye"));
    }

    /// <summary>Signed out is: nobody, no grant, and nothing that could be called for the user.</summary>
    public async Task IsSignedOutAsync(WebApp app)
    {
        Assert.That(await app.StoredAsync(server.Issuer.OriginalString), Is.Empty);
        Assert.That(await WhoAsync(app), Is.EqualTo("nobody"));
        Assert.That((await GetAsync(app, "/me")).Status, Is.Not.EqualTo(HttpStatusCode.OK));
    }

    /// <summary>So that pages of the server which frame the application's find its session cookie, as a browser would that sends cookies into frames.</summary>
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

    /// <summary>What came back.</summary>
    internal sealed class Page(HttpStatusCode status, string body, Uri? location)
    {
        public HttpStatusCode Status => status;

        public string Body => body;

        public Uri Location => location ?? throw new AssertionException($"{(int)status}, and no redirect: {body}");
    }
}
