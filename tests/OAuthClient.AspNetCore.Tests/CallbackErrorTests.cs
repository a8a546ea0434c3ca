using System.Net;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests what a browser and an operator see when the server reports an error (RFC 6749 §4.1.2.1).</summary>
public sealed class CallbackErrorTests : AppTestBase
{
    private protected override Task<App> StartAppAsync() =>
        MappedApp.StartAsync(o => o.Adaptation.ErrorCodes["gone_away"] = "access_denied");

    [TestCase("user_cancelled_login"), TestCase("user_cancelled_authorize"), TestCase("consent_declined"), TestCase("gone_away")]
    [Description("A refusal under another word shows the page of a denied authorization")]
    public async Task A_refusal_under_another_word_is_denied(string word)
    {
        app.Server.Options.OnAuthorizationResponse = parameters => parameters[0] = new("error", word);
        var browser = app.OpenBrowser();
        var fields = await browser.AuthorizeAsync(deny: true);
        (await browser.GetAsync(MappedApp.Callback + Query(fields))).RequirePage(HttpStatusCode.OK, "Access was not granted");
    }

    [Test]
    [Description("An error without state shows its code and nothing else, logs it in sanitized text, and completes nothing")]
    public async Task An_error_without_state_is_told()
    {
        var browser = app.OpenBrowser();
        var begun = await browser.PostFormAsync(MappedApp.Connect);
        var response = await browser.GetAsync(
            MappedApp.Callback
                + "?error=unauthorized_client&error_description=Call%200800%0d%0a%3Cb%3E&error_uri=https%3A%2F%2Fattacker.example"
        );
        response.RequirePage(HttpStatusCode.BadRequest, "Something went wrong");
        Assert.That(response.Body, Does.Contain("The service reported the error unauthorized_client."));
        Assert.That(response.Body, Does.Not.Contain("0800").And.Not.Contain("attacker"), "any site can send a browser here with any text");
        Assert.That(
            app.Logged,
            Has.Some.Contains("reports the error 'unauthorized_client' (\"Call 0800??<b>\") and has no state")
                .And.Contains("Nothing was completed")
        );

        string callback = await browser.SignInAsync(new(begun.Location!));
        Assert.That((await browser.GetAsync(callback)).Status, Is.EqualTo(HttpStatusCode.SeeOther), "the pending authorization is left");
    }

    [TestCase("call_me_on_0800"), TestCase("<script>"), TestCase("a b"), TestCase("x&error=y")]
    [Description("Text that is no error code is not shown to the user")]
    public async Task Other_text_is_not_shown(string error)
    {
        var response = await app.OpenBrowser().GetAsync(MappedApp.Callback + "?error=" + error);
        Assert.That(response.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(response.Body, Does.Not.Contain("reported the error"));
    }

    [Test]
    [Description("RFC 6749 §10.12: an error with an unknown state is logged and shows the page of an expired callback")]
    public async Task An_error_with_another_state_is_logged()
    {
        var response = await app.OpenBrowser().GetAsync(MappedApp.Callback + "?error=access_denied&state=other");
        response.RequirePage(HttpStatusCode.BadRequest, "This page has expired");
        Assert.That(app.Logged, Has.Some.Contains("no pending authorization").And.Contains("It reports the error 'access_denied'."));
    }

    private static string Query((string Name, string Value)[] fields) =>
        "?" + string.Join('&', fields.Select(field => $"{field.Name}={Uri.EscapeDataString(field.Value)}"));
}
