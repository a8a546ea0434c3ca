using System.Net;

namespace OAuthClient.Conventions.Tests.Packages;

/// <summary>
/// Follows redirects and keeps cookies as browsers do: Secure cookies are sent to <c>http://localhost</c>. The container of .NET does not
/// send them.
/// </summary>
internal sealed class LoopbackCookies() : DelegatingHandler(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
{
    private const int MaximumRedirects = 10;

    private readonly Dictionary<(string Host, string Name), string> cookies = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            var host = request.RequestUri!.Host;
            var sent = cookies.Where(cookie => cookie.Key.Host == host).Select(cookie => $"{cookie.Key.Name}={cookie.Value}");
            request.Headers.Remove("Cookie");
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", sent));
            // Sign-in begins only for a navigation.
            request.Headers.Remove("Sec-Fetch-Mode");
            request.Headers.TryAddWithoutValidation("Sec-Fetch-Mode", "navigate");
            var response = await base.SendAsync(request, cancellationToken);
            if (response.Headers.TryGetValues("Set-Cookie", out var received))
            {
                foreach (var cookie in received)
                    Keep(host, cookie);
            }
            if (
                response.Headers.Location is not { } location
                || response.StatusCode < HttpStatusCode.Ambiguous
                || redirects == MaximumRedirects
            )
                return response;
            request = new(HttpMethod.Get, new Uri(request.RequestUri, location));
            response.Dispose();
        }
    }

    private void Keep(string host, string cookie)
    {
        var pair = cookie.Split(';')[0].Split('=', 2);
        if (pair[1].Length == 0)
            cookies.Remove((host, pair[0]));
        else
            cookies[(host, pair[0])] = pair[1];
    }
}
