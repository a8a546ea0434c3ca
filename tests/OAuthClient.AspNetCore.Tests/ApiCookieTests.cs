using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Threat: a cookie that the API set for one user of the application is sent with the access token of the next.</summary>
public sealed class ApiCookieTests
{
    [TestCase("/me", "")]
    [TestCase("/mvc/me", "/mvc")]
    [Description("Two users in two browsers, one pooled handler: the request for the second carries no cookie of the first")]
    public async Task Next_users_request_carries_no_cookie(string path, string prefix)
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
