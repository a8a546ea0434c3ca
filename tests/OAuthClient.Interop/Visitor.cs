using System.Net;
using System.Text.RegularExpressions;

namespace OAuthClient.Interop;

/// <summary>Simulates Alice's browser: signs in, consents, and stops when the provider sends it to the client.</summary>
internal sealed partial class Visitor : IDisposable
{
    private const int MostSteps = 20;

    private readonly HttpMessageInvoker http;

    public Visitor()
    {
        var network = Certificates.Network();
        network.AllowAutoRedirect = false;
        network.UseCookies = true;
        network.CookieContainer = new();
        http = new(network);
    }

    /// <summary>Gets whether Alice refuses to consent.</summary>
    public bool Refuses { get; init; }

    /// <summary>Follows the pages of the provider and returns the final address.</summary>
    public async Task<Uri> GoAsync(Uri address) => (await FollowAsync(address)).Address;

    /// <summary>Follows the pages of the provider and returns what the client receives, by redirect or by form.</summary>
    public async Task<AuthorizationResponse> AuthorizeAsync(Uri address)
    {
        var (callback, form) = await FollowAsync(address);
        return form is null ? AuthorizationResponse.Parse(callback) : AuthorizationResponse.Parse(form, callback);
    }

    public void Dispose() => http.Dispose();

    private async Task<(Uri Address, Dictionary<string, string>? Form)> FollowAsync(Uri address)
    {
        var home = address.GetLeftPart(UriPartial.Authority);
        HttpContent? submitted = null;
        for (int step = 0; step < MostSteps; step++)
        {
            using HttpRequestMessage request = new(submitted is null ? HttpMethod.Get : HttpMethod.Post, address) { Content = submitted };
            using var response = await http.SendAsync(request, default);
            submitted = null;
            Dictionary<string, string>? fields = null;
            if (response.Headers.Location is { } location)
                address = new(address, location);
            else
            {
                string page = await response.Content.ReadAsStringAsync();
                if (Refuses && Abort().Match(page) is { Success: true } abort)
                    address = new(address, WebUtility.HtmlDecode(abort.Groups["address"].Value));
                else if (Form().Match(page) is { Success: true } form)
                {
                    address = new(address, WebUtility.HtmlDecode(form.Groups["action"].Value));
                    submitted = new FormUrlEncodedContent(fields = Fields(page));
                }
                else if (response.IsSuccessStatusCode)
                    return (address, null);
                else
                    throw new AssertionException(
                        $"The provider responded with {(int)response.StatusCode} at {address.AbsolutePath}: "
                            + page[Math.Max(0, page.IndexOf("<pre>", StringComparison.Ordinal))..]
                    );
            }
            if (!string.Equals(address.GetLeftPart(UriPartial.Authority), home, StringComparison.Ordinal))
            {
                submitted?.Dispose();
                return (address, fields);
            }
        }
        submitted?.Dispose();
        throw new AssertionException("The provider redirected the browser in a loop.");
    }

    private Dictionary<string, string> Fields(string page)
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
            if (attributes.TryGetValue("name", out string? name) && !(Refuses && name is "allow"))
                fields[name] = name switch
                {
                    "login" or "username" => "alice",
                    "password" => "whatever",
                    _ => attributes.GetValueOrDefault("value", ""),
                };
        }
        // The first button of oidc-provider's logout page.
        if (page.Contains("op.logoutForm", StringComparison.Ordinal))
            fields["logout"] = "yes";
        return fields;
    }

    // A form without an action is submitted to the address of its page.
    [GeneratedRegex("<form\\b[^>]*?( action=\"(?<action>[^\"]*)\"[^>]*)?>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();

    [GeneratedRegex("href=\"(?<address>[^\"]*/abort)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Abort();

    [GeneratedRegex("<input[^>]*>", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Input();

    [GeneratedRegex("(?<name>[a-z]+)=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Attribute();
}
