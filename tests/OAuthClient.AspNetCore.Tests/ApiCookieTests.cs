using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests that a cookie that the API sets for one user is not sent with the access token of another user.</summary>
public sealed class ApiCookieTests
{
    [TestCase("/me", "")]
    [TestCase("/mvc/me", "/mvc")]
    [Description("With two users in two browsers and one pooled handler, no request to the API contains a cookie")]
    public async Task Cookie_of_the_API_is_not_sent_for_another_user(string path, string prefix)
    {
        await using var app = await App.StartAsync();
        Browser alice = app.OpenBrowser("alice"),
            bob = app.OpenBrowser("bob");
        await alice.ConnectAsync(prefix);
        await bob.ConnectAsync(prefix);
        app.Api.Faults.Add(TestEndpoint.Resource, Fault.Status(200, "{}", headers: [new("Set-Cookie", "session=alice; Path=/")]), times: 1);

        await alice.GetAsync(path);
        await bob.GetAsync(path);
        await alice.GetAsync(path);

        Assert.That(app.Api.Requests, Has.Count.EqualTo(3));
        Assert.That(app.Api.Requests.Select(request => request.Headers.ContainsKey("Cookie")), Is.All.False);
        Assert.That(app.Api.Requests[0].Headers["Authorization"], Is.Not.EqualTo(app.Api.Requests[1].Headers["Authorization"]));
        Assert.That(app.Logged.Count(line => line.Contains("Cookies were turned off", StringComparison.Ordinal)), Is.EqualTo(1));
    }
}
