using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>
/// The typed exception becomes a redirect: by the attribute in a controller ("/mvc"), by the filter at a minimal endpoint ("").
/// </summary>
public sealed class ReauthorizeTests
{
    private App app = null!;

    [SetUp]
    public async Task StartAsync() =>
        app = await App.StartAsync(endpoints: web =>
        {
            var group = web.MapGroup("/group").ReauthorizeWhenNeeded("photos");
            group.MapGet("/photos", async (IHttpClientFactory http) => await http.CreateClient("photos").GetStringAsync("/photos"));
            group.MapGet("/albums", async (IHttpClientFactory http) => await http.CreateClient("albums").GetStringAsync("/photos"));
            group.MapGet("/other", string () => throw new InvalidOperationException("something else"));
            web.MapGet(
                    "/any/{client}",
                    async (string client, IHttpClientFactory http) => await http.CreateClient(client).GetStringAsync("/photos")
                )
                .ReauthorizeWhenNeeded();
            web.MapGet("/unregistered", string () => throw new ReauthorizationRequiredException("missing", "x"))
                .ReauthorizeWhenNeeded("missing");
        });

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    [TestCase("/photos?page=2&q=a%20b", ""), TestCase("/mvc/photos?page=2&q=a%20b", "/mvc"), TestCase("/group/photos?page=2&q=a%20b", "")]
    [Description("Without a grant: to the authorization server, and back to the same address, where the API answers now")]
    public async Task Missing_grant_sends_away_and_back(string address, string prefix)
    {
        var browser = app.OpenBrowser();
        var sent = await browser.GetAsync(address, ("Sec-Fetch-Mode", "navigate"));
        Assert.That(sent.Status, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That(
            sent.Location,
            Does.StartWith(app.Server.AuthorizationEndpoint.AbsoluteUri).And.Contains($"client_id={(prefix == "" ? "photos" : "albums")}")
        );
        Assert.That(sent.Header("Cache-Control"), Is.EqualTo("no-store"));
        Assert.That(app.Api.Requests, Is.Empty);

        var back = await browser.GetAsync(await browser.SignInAsync(new(sent.Location!)));
        Assert.That(back.Location, Is.EqualTo(address));
        Assert.That((await browser.GetAsync(back.Location!)).Body, Does.Contain("Dunes"));
    }

    [TestCase("photos"), TestCase("albums")]
    [Description("Without a name it serves whichever client needs the user")]
    public async Task Any_client_sends_away(string client)
    {
        var sent = await app.OpenBrowser().GetAsync($"/any/{client}", ("Sec-Fetch-Mode", "navigate"));
        Assert.That(sent.Location, Does.StartWith(app.Server.AuthorizationEndpoint.AbsoluteUri).And.Contains($"client_id={client}"));
    }

    [TestCase(""), TestCase("/mvc")]
    [Description("RFC 6749 §5.2 invalid_grant: the user withdrew the grant at the server; the next request sends them there")]
    public async Task Withdrawn_grant_sends_away(string prefix)
    {
        var browser = app.OpenBrowser();
        await browser.ConnectAsync(prefix);
        app.Time.Advance(TimeSpan.FromMinutes(10));
        app.Server.RevokeEverything();
        var sent = await browser.GetAsync($"{prefix}/photos");
        Assert.That(sent.Status, Is.EqualTo(HttpStatusCode.SeeOther), sent.Body);
        Assert.That(sent.Location, Does.Not.Contain("prompt="));
        await browser.GetAsync(await browser.SignInAsync(new(sent.Location!)));
        Assert.That((await browser.GetAsync($"{prefix}/photos")).Body, Does.Contain("Dunes"));
    }

    [TestCase(""), TestCase("/mvc")]
    [Description(
        "A grant that does not do the moment after it was given: the user is asked anew, or a server that remembers would send the browser "
            + "in circles"
    )]
    public async Task Useless_new_grant_asks_for_consent(string prefix)
    {
        var browser = app.OpenBrowser();
        await browser.ConnectAsync(prefix);
        app.Server.RevokeEverything();
        Assert.That((await browser.GetAsync($"{prefix}/photos")).Location, Does.Contain("prompt=consent"));
    }

    [TestCase("alice", ""), TestCase("bert", "b"), TestCase("alice", "/mvc"), TestCase("bert", "/mvc")]
    [Description(
        "Threat: one user's token to another. Who signed in by the client signs in anew, and stays so; when another user comes back, they "
            + "are who is signed in, and only by their own grant"
    )]
    public async Task Who_signed_in_signs_in_again(string who, string how)
    {
        string prefix = how == "/mvc" ? how : "";
        await using var signIns = await OpenIdApp.StartAsync();
        signIns.Server.AddUser(new OAuthClient.Testing.TestUser { Subject = "b", UserName = "bert" });
        var browser = signIns.OpenBrowser(user: null);
        await browser.LogInAsync(prefix);
        var client = signIns.Client(prefix == "" ? "photos" : "albums");
        var alice = GrantOwner.Subject(signIns.Server.Issuer.OriginalString, "alice");
        signIns.Time.Advance(TimeSpan.FromMinutes(10));
        signIns.Server.RevokeEverything();
        var sent = await browser.GetAsync($"{prefix}/photos");
        Assert.That(sent.Status, Is.EqualTo(HttpStatusCode.SeeOther), sent.Body);
        string callback = (
            await signIns.Server.SignInAsync(new(sent.Location!), new() { UserName = who, Cookies = new CookieContainer() })
        ).PathAndQuery;
        Assert.That((await browser.GetAsync(callback)).Location, Is.EqualTo($"{prefix}/photos"));

        string subject = who == "alice" ? "alice" : "b";
        Assert.That(await browser.WhoAsync(), Is.EqualTo(subject));
        Assert.That((await browser.GetAsync($"{prefix}/me")).Body, Does.Contain(subject));
        Assert.That((await client.FindGrantAsync(alice))?.Subject, Is.AnyOf("alice", null));
        var grant = (await client.FindGrantAsync(GrantOwner.Subject(signIns.Server.Issuer.OriginalString, subject)))!;
        Assert.That((grant.Subject, grant.SignInExpiresAt is not null), Is.EqualTo((subject, true)));
    }

    [TestCase("POST", ""), TestCase("POST", "/mvc"), TestCase("DELETE", ""), TestCase("PUT", "/mvc")]
    [Description("What cannot be repeated is not repeated: the user comes back to the application's root")]
    public async Task Post_comes_back_to_the_root(string method, string prefix)
    {
        var browser = app.OpenBrowser();
        var sent = await browser.SendAsync(new(method), $"{prefix}/photos", null, []);
        Assert.That(sent.Status, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That((await browser.GetAsync(await browser.SignInAsync(new(sent.Location!)))).Location, Is.EqualTo("/"));
    }

    [TestCase("", "Sec-Fetch-Mode", "cors"), TestCase("/mvc", "Sec-Fetch-Mode", "cors")]
    [TestCase("", "Sec-Fetch-Mode", "same-origin"), TestCase("/mvc", "Sec-Fetch-Mode", "no-cors")]
    [TestCase("", "X-Requested-With", "XMLHttpRequest"), TestCase("/mvc", "X-Requested-With", "XMLHttpRequest")]
    [Description("A script's request is not sent to another site: 401, nothing begun")]
    public async Task Script_gets_401(string prefix, string header, string value)
    {
        var browser = app.OpenBrowser();
        var answer = await browser.GetAsync($"{prefix}/photos", (header, value));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(answer.Header("Cache-Control"), Is.EqualTo("no-store"));
        Assert.That(browser.Jar, Is.Empty);
    }

    [TestCase("/group/albums"), TestCase("/mvc/others")]
    [Description("Another client's exception is another's business")]
    public async Task Exception_of_another_client_passes(string address) =>
        (await app.OpenBrowser().GetAsync(address)).RequireRefusal("ReauthorizationRequiredException", "albums");

    [Test]
    [Description("Other exceptions pass")]
    public async Task Other_exceptions_pass() =>
        Assert.That(
            (await app.OpenBrowser().GetAsync("/group/other")).Body,
            Does.StartWith("System.InvalidOperationException: something else")
        );

    [TestCase("/photos"), TestCase("/mvc/photos")]
    [Description("Without a signed-in user the exception is rethrown")]
    public async Task Nobody_is_not_sent(string address)
    {
        (await app.OpenBrowser(user: null).GetAsync(address)).RequireRefusal("OAuthException", "No user is signed in");
        Assert.That(app.Api.Requests, Is.Empty);
    }

    [TestCase("/started"), TestCase("/mvc/started")]
    [Description("A response that is under way cannot become a redirect: the exception passes as it is")]
    public async Task Started_response_is_cut_off(string path)
    {
        var thrown = new TaskCompletionSource<Exception>();
        await using var started = await App.StartAsync(
            pipeline: web =>
                web.Use(
                    async (context, next) =>
                    {
                        try
                        {
                            await next(context);
                        }
                        catch (Exception exception)
                        {
                            thrown.TrySetResult(exception);
                            throw;
                        }
                    }
                ),
            endpoints: web =>
                web.MapGet("/started", (HttpContext context) => AlbumsController.StartAndFailAsync(context, "photos"))
                    .ReauthorizeWhenNeeded("photos")
        );
        Assert.That(async () => await started.OpenBrowser().GetAsync(path), Throws.InstanceOf<HttpRequestException>());
        Assert.That(await thrown.Task, Is.InstanceOf<ReauthorizationRequiredException>());
    }

    [Test]
    [Description("A name that was not registered is said, with what to write")]
    public async Task Unregistered_client_is_said() =>
        Assert.That(
            (await app.OpenBrowser().GetAsync("/unregistered")).Body,
            Does.Contain("requires AddOAuthClient(\"missing\", …).AddBrowserAuthorization()")
        );

    [TestCase("//e.example/photos")]
    [Description("Open redirect: a request path that reads as another host is no return URL")]
    public async Task Hostile_path_is_not_returned_to(string path)
    {
        await using var open = await App.StartAsync(endpoints: web =>
            web.MapFallback(async (IHttpClientFactory http) => await http.CreateClient("photos").GetStringAsync("/photos"))
                .ReauthorizeWhenNeeded("photos")
        );
        var browser = open.OpenBrowser();
        var sent = await browser.GetAsync(path);
        Assert.That(sent.Status, Is.EqualTo(HttpStatusCode.SeeOther));
        Assert.That((await browser.GetAsync(await browser.SignInAsync(new(sent.Location!)))).Location, Is.EqualTo("/"));
    }
}
