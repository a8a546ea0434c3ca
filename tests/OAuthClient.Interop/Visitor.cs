using System.Net;
using System.Text.RegularExpressions;

namespace OAuthClient.Interop;

/// <summary>Simulates Alice's browser: signs in, consents, and stops when the provider redirects to the client.</summary>
internal sealed partial class Visitor : IDisposable
{
    private const int MostSteps = 20;

    private readonly HttpMessageInvoker http = new(
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = true,
            CookieContainer = new(),
        }
    );

    /// <summary>Follows the pages of the provider and returns the final address.</summary>
    public async Task<Uri> GoAsync(Uri address)
    {
        var home = address.GetLeftPart(UriPartial.Authority);
        using HttpRequestMessage first = new(HttpMethod.Get, address);
        var response = await http.SendAsync(first, default);
        for (int step = 0; step < MostSteps; step++)
        {
            using var current = response;
            if (current.Headers.Location is { } location)
            {
                address = new(address, location);
                if (!string.Equals(address.GetLeftPart(UriPartial.Authority), home, StringComparison.Ordinal))
                    return address;
                using HttpRequestMessage next = new(HttpMethod.Get, address);
                response = await http.SendAsync(next, default);
                continue;
            }
            string page = await current.Content.ReadAsStringAsync();
            if (FormAction().Match(page) is not { Success: true } form)
                return current.IsSuccessStatusCode
                    ? address
                    : throw new AssertionException(
                        $"oidc-provider responded with {(int)current.StatusCode} at {address.AbsolutePath}: "
                            + page[Math.Max(0, page.IndexOf("<pre>", StringComparison.Ordinal))..]
                    );
            address = new(address, WebUtility.HtmlDecode(form.Groups["action"].Value));
            using HttpRequestMessage submit = new(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(Fields(page)) };
            response = await http.SendAsync(submit, default);
        }
        response.Dispose();
        throw new AssertionException("oidc-provider redirected the browser in a loop.");
    }

    public void Dispose() => http.Dispose();

    private static Dictionary<string, string> Fields(string page)
    {
        Dictionary<string, string> fields = new(StringComparer.Ordinal);
        foreach (Match input in Input().Matches(page))
        {
            var attributes = Attribute()
                .Matches(input.Value)
                .ToDictionary(
                    match => match.Groups["name"].Value,
                    match => WebUtility.HtmlDecode(match.Groups["value"].Value),
                    StringComparer.Ordinal
                );
            if (attributes.TryGetValue("name", out string? name))
                fields[name] = name switch
                {
                    "login" => "alice",
                    "password" => "whatever",
                    _ => attributes.GetValueOrDefault("value", ""),
                };
        }
        // The first button of the logout page.
        if (page.Contains("op.logoutForm", StringComparison.Ordinal))
            fields["logout"] = "yes";
        return fields;
    }

    [GeneratedRegex("<form[^>]* action=\"(?<action>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FormAction();

    [GeneratedRegex("<input[^>]*>", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Input();

    [GeneratedRegex("(?<name>[a-z]+)=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Attribute();
}
