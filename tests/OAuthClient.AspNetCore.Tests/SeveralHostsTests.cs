using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests an application with several host names, each with a redirect URI of its own (RFC 6749 §3.1.2.3).</summary>
public sealed class SeveralHostsTests : AppTestBase
{
    private const string Second = "https://second.example/second/callback";

    private protected override async Task<App> StartAppAsync()
    {
        var started = await MappedApp.StartAsync(o => o.RedirectUris = [new(Second), new("https://port.example:8443/port")]);
        started.Server.AddClient(
            new()
            {
                ClientId = "photos",
                ClientSecret = "s",
                RedirectUris = { App.Public + MappedApp.Callback, Second, "https://port.example:8443/port" },
            }
        );
        return started;
    }

    [TestCase("second.example", Second)]
    [TestCase("SECOND.example:4000", Second)]
    [TestCase("port.example:8443", "https://port.example:8443/port")]
    [TestCase("app.example", App.Public + MappedApp.Callback)]
    [TestCase("attacker.example", App.Public + MappedApp.Callback)]
    [Description("The redirect URI with the host of the request is selected; another host selects the default one, and never itself")]
    public async Task The_redirect_URI_of_the_host_is_selected(string host, string expected)
    {
        var begun = await app.OpenBrowser(user: null).GetAsync("/oauth/photos/sign-in", ("Host", host));
        Assert.That(begun.Status, Is.EqualTo(HttpStatusCode.SeeOther), begun.Body);
        Assert.That(begun.Location, Does.Contain("redirect_uri=" + Uri.EscapeDataString(expected)));
    }

    [Test]
    [Description("The callback of each redirect URI is mapped, and completes the authorization that began at its host")]
    public async Task The_callback_of_each_host_is_mapped()
    {
        var browser = app.OpenBrowser(user: null);
        var begun = await browser.GetAsync("/oauth/photos/sign-in?returnUrl=/user", ("Host", "second.example"));
        string callback = await browser.SignInAsync(new(begun.Location!));
        Assert.That(callback, Does.StartWith("/second/callback?"));
        var done = await browser.GetAsync(callback, ("Host", "second.example"));
        Assert.That(done.Location, Is.EqualTo("/user"), done.Body);
        Assert.That(app.Server.RequestsTo(TestEndpoint.Token)[^1].Form["redirect_uri"], Is.EqualTo(Second));
    }

    [Test]
    [Description("RFC 9700 §4.4: a callback at another redirect URI than the one that was used is rejected")]
    public async Task A_callback_at_another_redirect_URI_is_rejected()
    {
        var browser = app.OpenBrowser(user: null);
        var begun = await browser.GetAsync("/oauth/photos/sign-in", ("Host", "second.example"));
        string callback = await browser.SignInAsync(new(begun.Location!));
        var response = await browser.GetAsync(MappedApp.Callback + "?" + callback.Split('?')[1]);
        response.RequirePage(HttpStatusCode.BadRequest, "Something went wrong");
        Assert.That(app.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("A redirect URI that the application names for one authorization takes precedence over the host")]
    public async Task A_stated_redirect_URI_takes_precedence()
    {
        var client = app.Client("photos");
        var pending = await client.BeginAuthorizationAsync(new() { RedirectUri = new(Second) });
        Assert.That(pending.AuthorizationUri.AbsoluteUri, Does.Contain(Uri.EscapeDataString(Second)));
        Assert.That(
            () => client.BeginAuthorizationAsync(new() { RedirectUri = new("https://attacker.example/callback") }),
            Throws.ArgumentException
        );
    }

    [Test]
    [Description("AddBrowserAuthorization needs one redirect URI, in either option")]
    public void One_redirect_URI_is_required()
    {
        Assert.That(Validate(o => o.RedirectUris = [new(Second)]), Throws.Nothing);
        Assert.That(
            Validate(_ => { }),
            Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("set RedirectUri, which AddBrowserAuthorization requires")
        );

        static Action Validate(Action<OAuthClientOptions> configure) =>
            () =>
            {
                ServiceCollection services = new();
                services
                    .AddOAuthClient(o =>
                    {
                        (o.Issuer, o.ClientId) = (new("https://server.example"), "x");
                        configure(o);
                    })
                    .AddBrowserAuthorization();
                using var provider = services.BuildServiceProvider();
                _ = provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().CurrentValue;
            };
    }
}
