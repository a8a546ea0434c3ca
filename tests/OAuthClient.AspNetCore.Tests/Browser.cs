using System.Net;
using Microsoft.Net.Http.Headers;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>A browser at the application: keeps cookies as browsers do, and follows no redirect by itself.</summary>
internal sealed class Browser(App app, HttpMessageInvoker sockets)
{
    private const string HostPrefix = "__Host-";

    private readonly Dictionary<string, SetCookieHeaderValue> jar = new(StringComparer.Ordinal);

    /// <summary>Who is signed in at the application.</summary>
    public string? User { get; set; }

    /// <summary>At the authorization server.</summary>
    public CookieContainer ServerCookies { get; } = new();

    public IReadOnlyCollection<SetCookieHeaderValue> Jar => jar.Values;

    /// <summary>What the Cookie header of the next request is.</summary>
    public string CookieHeader => string.Join("; ", jar.Values.Select(cookie => $"{cookie.Name}={cookie.Value}"));

    public void Put(SetCookieHeaderValue cookie) => jar[cookie.Name.ToString()] = cookie;

    public void Put(string name, string value) => Put(new(name, value) { SameSite = SameSiteMode.Lax });

    public void Forget(string name) => jar.Remove(name);

    public void TakeCookiesOf(Browser other)
    {
        foreach (var cookie in other.Jar)
            Put(cookie);
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, headers);

    public Task<Answer> PostAsync(string path, params (string Name, string Value)[] fields) =>
        SendAsync(
            HttpMethod.Post,
            path,
            new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))),
            []
        );

    /// <summary>
    /// As when a page of another site posts a form here: only cookies that are SameSite=None come along, and the sign-in cookie is not.
    /// </summary>
    public Task<Answer> PostFromAnotherSiteAsync(string path, params (string Name, string Value)[] fields) =>
        SendAsync(
            HttpMethod.Post,
            path,
            new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))),
            [],
            isCrossSite: true
        );

    public async Task<Answer> SendAsync(
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
                Keep(cookie);
        }
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    /// <summary>Begins a login at the application.</summary>
    public async Task<Uri> BeginAsync(string prefix = "", string? returnUrl = null)
    {
        var answer = await GetAsync($"{prefix}/connect" + (returnUrl is null ? "" : "?returnUrl=" + Uri.EscapeDataString(returnUrl)));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.SeeOther), answer.Body);
        return new(answer.Location!);
    }

    /// <summary>Signs in at the authorization server; the callback's path and query are returned, not requested.</summary>
    public async Task<string> SignInAsync(Uri authorizationUri, SignInOptions? how = null) =>
        (
            await app.Server.SignInAsync(
                authorizationUri,
                new()
                {
                    UserName = how?.UserName ?? "alice",
                    Deny = how?.Deny ?? false,
                    Cookies = ServerCookies,
                }
            )
        ).PathAndQuery;

    /// <summary>From the application to the server and back to the callback's answer.</summary>
    public async Task<Answer> ConnectAsync(string prefix = "", string? returnUrl = null, SignInOptions? how = null) =>
        await GetAsync(await SignInAsync(await BeginAsync(prefix, returnUrl), how));

    /// <summary>Signs in at the application by the server, from the beginning to the callback's answer.</summary>
    public async Task<Answer> LogInAsync(string prefix = "", string? returnUrl = null, SignInOptions? how = null)
    {
        var begun = await GetAsync($"{prefix}/sign-in" + (returnUrl is null ? "" : "?returnUrl=" + Uri.EscapeDataString(returnUrl)));
        Assert.That(begun.Status, Is.EqualTo(HttpStatusCode.SeeOther), begun.Body);
        return await GetAsync(await SignInAsync(new(begun.Location!), how));
    }

    private void Keep(SetCookieHeaderValue cookie)
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

internal sealed class Answer(HttpStatusCode status, string body, HttpResponseMessage response)
{
    public HttpStatusCode Status => status;
    public string Body => body;
    public string? Location { get; } = response.Headers.TryGetValues("Location", out var values) ? values.Single() : null;

    public string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    /// <summary>The exception that the developer exception page shows.</summary>
    public void RequireRefusal(string type, string sentence)
    {
        Assert.That(status, Is.EqualTo(HttpStatusCode.InternalServerError), body);
        Assert.That(body, Does.StartWith($"OAuthClient.{type}: ").And.Contains(sentence));
    }
}
