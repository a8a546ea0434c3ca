using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// Tests an API that requires more than the present grant (RFC 9470, RFC 6750 §3.1), with tokens that are bound to a key (RFC 9449): the
/// browser goes to the authorization server and back, at most twice for the same challenge.
/// </summary>
[TestFixture]
public class StepUpTests
{
    private const string Authentication = "DPoP error=\"insufficient_user_authentication\", acr_values=\"gold silver\", max_age=\"300\"";
    private const string Scope = "DPoP error=\"insufficient_scope\", scope=\"photos.write\"";

    private App app = null!;

    [SetUp]
    public async Task StartAsync()
    {
        app = await MappedApp.StartAsync(
            o => o.DPoP.Enabled = true,
            services: (services, api) =>
            {
                foreach (string client in new[] { "photos", "albums" })
                    services
                        .AddHttpClient(StepUpController.HttpClient + client, http => http.BaseAddress = api.BaseAddress)
                        .AddAccessTokenHandler(
                            client,
                            t => t.ForCurrentUser().To(api.BaseAddress).ReauthorizeWhenChallenged("photos.write")
                        );
            },
            further: web =>
                web.MapGet(
                        "/challenged",
                        async (IHttpClientFactory http) => Results.StatusCode(await StepUpController.CallAsync(http, "photos"))
                    )
                    .ReauthorizeWhenNeeded("photos")
        );
        (app.Server.Options.RequireDPoPNonces, app.Api.Options.RequireDPoPNonces) = (true, true);
    }

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    [Test]
    [Description("The user signs in by the server, the tokens are bound to a key, and the API is called for the user")]
    public async Task A_bound_token_calls_the_api_for_the_current_user()
    {
        var browser = await SignedInAsync();

        Assert.That((await browser.GetAsync("/me")).Body, Does.Contain("alice"));
        Assert.That(app.Api.Requests[^1].Headers["Authorization"], Does.StartWith("DPoP "));
    }

    [Test]
    [Description("RFC 9470 §4: acr_values and max_age are requested of the user who signed in, who returns to the same page")]
    public async Task Another_authentication_is_requested()
    {
        var browser = await SignedInAsync();
        app.Api.Faults.Add(TestEndpoint.Resource, Challenge(401, Authentication), times: 1);

        var server = await RedirectAsync(browser, "/challenged?page=2");
        var query = QueryHelpers.ParseQuery(server.Query);
        Assert.That((query["acr_values"].ToString(), query["max_age"].ToString()), Is.EqualTo(("gold silver", "300")));
        await ReturnAsync(browser, server, "/challenged?page=2");

        Assert.That((await browser.GetAsync("/challenged?page=2")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("photos", "")]
    [TestCase("albums", "/mvc")]
    [Description("RFC 6750 §3.1: the scopes of the token and those of the challenge are requested, by an endpoint and by an action")]
    public async Task More_scopes_are_requested(string client, string prefix)
    {
        var browser = app.OpenBrowser();
        if (client == "photos")
            await ConnectAsync(browser);
        else
            await browser.ConnectAsync(prefix);
        app.Api.Options.RequiredScope = "photos.write";

        var server = await RedirectAsync(browser, $"{prefix}/challenged");
        Assert.That(
            QueryHelpers.ParseQuery(server.Query)["scope"].ToString().Split(' '),
            Is.EquivalentTo(["openid", "profile", "photos.read", "offline_access", "photos.write"])
        );
        await ReturnAsync(browser, server, $"{prefix}/challenged");

        Assert.That((await browser.GetAsync($"{prefix}/challenged")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase(401, Authentication)]
    [TestCase(403, Scope)]
    [Description("A server that does not grant what the API requires: the browser goes there twice, and then sees the API's status")]
    public async Task The_browser_is_redirected_twice_for_the_same_challenge(int status, string challenge)
    {
        var browser = app.OpenBrowser();
        await ConnectAsync(browser);
        app.Api.Faults.Add(TestEndpoint.Resource, Challenge(status, challenge), times: 3);

        for (int i = 0; i < 2; i++)
            await ReturnAsync(browser, await RedirectAsync(browser, "/challenged"), "/challenged");

        Assert.That((int)(await browser.GetAsync("/challenged")).Status, Is.EqualTo(status));
    }

    [Test]
    [Description("A request of a script receives 401, and begins no authorization")]
    public async Task A_script_receives_401()
    {
        var browser = app.OpenBrowser();
        await ConnectAsync(browser);
        app.Api.Faults.Add(TestEndpoint.Resource, Challenge(403, Scope), times: 1);

        var response = await browser.GetAsync("/challenged", ("Sec-Fetch-Mode", "cors"));

        Assert.That((response.Status, response.Location), Is.EqualTo((HttpStatusCode.Unauthorized, (string?)null)));
    }

    private async Task<Browser> SignedInAsync()
    {
        var browser = app.OpenBrowser(user: null);
        await browser.GetAsync(await browser.SignInAsync(new((await browser.GetAsync("/oauth/photos/sign-in")).Location!)));
        return browser;
    }

    private static async Task ConnectAsync(Browser browser)
    {
        var fields = await browser.AuthorizeAsync("/");
        var callback = await browser.GetAsync(
            QueryHelpers.AddQueryString(MappedApp.Callback, fields.ToDictionary(field => field.Name, field => (string?)field.Value))
        );
        Assert.That(callback.Location, Is.EqualTo("/"), callback.Body);
    }

    private static async Task<Uri> RedirectAsync(Browser browser, string path)
    {
        var redirect = await browser.GetAsync(path);
        Assert.That(redirect.Status, Is.EqualTo(HttpStatusCode.SeeOther), redirect.Body);
        return new(redirect.Location!);
    }

    private static async Task ReturnAsync(Browser browser, Uri server, string path)
    {
        var callback = await browser.GetAsync(await browser.SignInAsync(server));
        Assert.That(callback.Location, Is.EqualTo(path), callback.Body);
    }

    private static Fault Challenge(int status, string challenge) => Fault.Status(status, headers: [new("WWW-Authenticate", challenge)]);
}

[Route("mvc")]
public sealed class StepUpController(IHttpClientFactory http) : ControllerBase
{
    internal const string HttpClient = "challenged ";

    [Route("challenged"), ReauthorizeWhenNeeded("albums")]
    public async Task<IActionResult> Challenged() => StatusCode(await CallAsync(http, "albums"));

    internal static async Task<int> CallAsync(IHttpClientFactory http, string client)
    {
        using var response = await http.CreateClient(HttpClient + client).GetAsync("/me");
        return (int)response.StatusCode;
    }
}
