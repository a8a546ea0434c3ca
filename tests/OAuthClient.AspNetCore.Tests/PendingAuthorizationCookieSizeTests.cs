using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Tests that the cookie of a pending authorization fits into a browser with the longest content: its own key (RFC 9449), authorization
/// details (RFC 9396), and parameters that a reauthorization repeats.
/// </summary>
[TestFixture]
public class PendingAuthorizationCookieSizeTests
{
    // RFC 6265bis §5.6: the name and the value.
    private const int MaximumOctets = 4096;

    [Test]
    [Description("Name and value have at most 4,096 octets, the callback completes, and the tokens are bound to the key of the cookie")]
    public async Task The_cookie_fits_with_all_options()
    {
        // Random text, which no compression makes shorter.
        string Random(int length) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(length))[..length];
        AuthorizationParameters parameters = new()
        {
            AuthorizationDetails = AuthorizationDetails.Parse(
                $$"""[{"type":"payment","actions":["initiate"],"text":"{{Random(1_700)}}"}]"""
            ),
            AcrValues = "gold silver",
            UiLocales = "de en",
            LoginHint = Random(100),
            Additional = new Dictionary<string, string>(StringComparer.Ordinal) { ["audience"] = Random(200) },
        };
        await using var app = await App.StartAsync(
            o => (o.DPoP.Enabled, o.DPoP.KeyPerGrant) = (true, true),
            endpoints: web =>
                web.Map(
                    "/begin",
                    (HttpContext context) =>
                        context
                            .RequestServices.GetRequiredKeyedService<BrowserAuthorization>("photos")
                            .BeginAsync(context, "/albums?filter=" + Random(60), parameters)
                )
        );
        app.Server.Options.AuthorizationDetailsTypes.Add("payment", ["actions", "text"]);
        var browser = app.OpenBrowser("a user with a long identifier, as an e-mail address or a GUID is");

        var redirect = await browser.GetAsync("/begin");
        Assert.That(redirect.Status, Is.EqualTo(HttpStatusCode.SeeOther), redirect.Body);
        var cookie = browser.Jar.Single();
        Assert.That(cookie.Name.Length + cookie.Value.Length, Is.LessThanOrEqualTo(MaximumOctets));
        var callback = await browser.GetAsync(await browser.SignInAsync(new(redirect.Location!)));

        Assert.That(callback.Location, Does.StartWith("/albums?filter="), callback.Body);
        Assert.That((await browser.GetAsync("/photos")).Body, Does.Contain("Dunes"));
        Assert.That(app.Api.Requests[^1].Headers["Authorization"], Does.StartWith("DPoP "));
    }
}
