using System.Net;
using Microsoft.Net.Http.Headers;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Simulates a browser at the application: stores cookies as browsers do and follows no redirects.</summary>
internal sealed class Browser(App app, HttpMessageInvoker sockets)
{
    private const string HostPrefix = "__Host-";

    private readonly Dictionary<string, SetCookieHeaderValue> jar = new(StringComparer.Ordinal);

    /// <summary>Gets or sets the id of the user who is signed in at the application, or null.</summary>
    public string? User { get; set; }

    /// <summary>Gets the cookies of the authorization server.</summary>
    public CookieContainer ServerCookies { get; } = new();

    public IReadOnlyCollection<SetCookieHeaderValue> Jar => jar.Values;

    /// <summary>Gets the Cookie header of the next same-site request.</summary>
    public string CookieHeader => string.Join("; ", jar.Values.Select(cookie => $"{cookie.Name}={cookie.Value}"));

    public void Put(SetCookieHeaderValue cookie) => jar[cookie.Name.ToString()] = cookie;

    public void Put(string name, string value) => Put(new(name, value) { SameSite = SameSiteMode.Lax });

    public void Forget(string name) => jar.Remove(name);

    public void TakeCookiesOf(Browser other)
    {
        foreach (var cookie in other.Jar)
            Put(cookie);
    }

    public Task<BrowserResponse> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, headers);

    public Task<BrowserResponse> PostAsync(string path, params (string Name, string Value)[] fields) =>
        SendAsync(
            HttpMethod.Post,
            path,
            new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))),
            []
        );

    /// <summary>
    /// Posts a form as a page of another site does: only SameSite=None cookies are sent, and the user header is not.
    /// </summary>
    public Task<BrowserResponse> PostFromAnotherSiteAsync(string path, params (string Name, string Value)[] fields) =>
        SendAsync(
            HttpMethod.Post,
            path,
            new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))),
            [],
            isCrossSite: true
        );

    public async Task<BrowserResponse> SendAsync(
        HttpMethod method,
        string path,
        HttpContent? content,
        IEnumerable<(string Name, string Value)> headers,
        bool isCrossSite = false
    )
    {
        using var request = new HttpRequestMessage(method, app.Address.GetLeftPart(UriPartial.Authority) + path) { Content = content };
        var cookies = jar
            .Values.Where(cookie => !isCrossSite || cookie.SameSite == SameSiteMode.None)
            .Select(cookie => $"{cookie.Name}={cookie.Value}")
            .ToArray();
        if (cookies.Length > 0)
            request.Headers.Add("Cookie", string.Join("; ", cookies));
        if (User is not null && !isCrossSite)
            request.Headers.Add(App.UserHeader, User);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await sockets.SendAsync(request, CancellationToken.None);
        if (response.Headers.TryGetValues("Set-Cookie", out var setCookies))
        {
            foreach (var cookie in SetCookieHeaderValue.ParseList([.. setCookies]))
                StoreCookie(cookie);
        }
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    /// <summary>Begins an authorization at the application and returns the authorization URI.</summary>
    public async Task<Uri> BeginAsync(string prefix = "", string? returnUrl = null)
    {
        var response = await GetAsync($"{prefix}/connect" + (returnUrl is null ? "" : "?returnUrl=" + Uri.EscapeDataString(returnUrl)));
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.SeeOther), response.Body);
        return new(response.Location!);
    }

    /// <summary>Signs in at the authorization server and returns the callback's path and query without requesting it.</summary>
    public async Task<string> SignInAsync(Uri authorizationUri, SignInOptions? options = null) =>
        (
            await app.Server.SignInAsync(
                authorizationUri,
                new()
                {
                    UserName = options?.UserName ?? "alice",
                    Deny = options?.Deny ?? false,
                    Cookies = ServerCookies,
                }
            )
        ).PathAndQuery;

    /// <summary>Begins an authorization, signs in at the server and returns the callback's response.</summary>
    public async Task<BrowserResponse> ConnectAsync(string prefix = "", string? returnUrl = null, SignInOptions? options = null) =>
        await GetAsync(await SignInAsync(await BeginAsync(prefix, returnUrl), options));

    /// <summary>Begins a sign-in, signs in at the server and returns the callback's response.</summary>
    public async Task<BrowserResponse> LogInAsync(string prefix = "", string? returnUrl = null, SignInOptions? options = null)
    {
        var beginResponse = await GetAsync(
            $"{prefix}/sign-in" + (returnUrl is null ? "" : "?returnUrl=" + Uri.EscapeDataString(returnUrl))
        );
        Assert.That(beginResponse.Status, Is.EqualTo(HttpStatusCode.SeeOther), beginResponse.Body);
        return await GetAsync(await SignInAsync(new(beginResponse.Location!), options));
    }

    private void StoreCookie(SetCookieHeaderValue cookie)
    {
        string name = cookie.Name.ToString();
        bool isAccepted =
            !name.StartsWith(HostPrefix, StringComparison.Ordinal) || (cookie.Secure && cookie.Path == "/" && !cookie.Domain.HasValue);
        if (!isAccepted || (cookie.SameSite == SameSiteMode.None && !cookie.Secure))
            return;
        if (cookie.MaxAge <= TimeSpan.Zero || (cookie.MaxAge is null && cookie.Expires < DateTimeOffset.UtcNow))
            jar.Remove(name);
        else
            Put(cookie);
    }
}

internal sealed class BrowserResponse(HttpStatusCode status, string body, HttpResponseMessage response)
{
    public HttpStatusCode Status => status;
    public string Body => body;
    public string? Location { get; } = response.Headers.TryGetValues("Location", out var values) ? values.Single() : null;

    public string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    /// <summary>Asserts that the developer exception page shows an exception of this type with this message.</summary>
    public void RequireException(string type, string message)
    {
        Assert.That(status, Is.EqualTo(HttpStatusCode.InternalServerError), body);
        Assert.That(body, Does.StartWith($"OAuthClient.{type}: ").And.Contains(message));
    }
}
