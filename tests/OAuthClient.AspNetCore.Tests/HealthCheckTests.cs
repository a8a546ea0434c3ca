using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests the health checks of clients.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class HealthCheckTests
{
    [TestCase(HealthStatus.Degraded)]
    [TestCase(HealthStatus.Unhealthy)]
    [Description("A client whose token requests fail repeatedly reports the configured status; the check sends no request")]
    public async Task Failing_client_reports_the_configured_status(HealthStatus status)
    {
        await using var app = await App.StartAsync(
            services: (services, _) => services.AddHealthChecks().AddOAuthClient("photos", status).AddOAuthClient("albums")
        );
        var checks = app.Services.GetRequiredService<HealthCheckService>();
        Assert.That((await checks.CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));

        app.Server.Faults.Add(TestEndpoint.Token, Fault.Status(401, """{"error":"invalid_client"}"""));
        var photos = app.Services.GetRequiredKeyedService<IOAuthClient>("photos");
        for (int i = 0; i < 3; i++)
        {
            Assert.That(async () => await photos.GetAccessTokenAsync(GrantOwner.Client), Throws.TypeOf<TokenEndpointException>());
            // Within a second of a failure no request is sent.
            app.Time.Advance(TimeSpan.FromSeconds(1));
        }
        int requests = app.TokenRequests;

        var report = await checks.CheckHealthAsync();
        Assert.That(report.Entries["oauthclient:photos"].Status, Is.EqualTo(status));
        Assert.That(report.Entries["oauthclient:photos"].Description, Does.Contain("cannot be refreshed").And.Contain("invalid_client"));
        Assert.That(report.Entries["oauthclient:albums"].Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That(app.TokenRequests, Is.EqualTo(requests), "the check sends no request");
    }

    [Test]
    [Description(
        "The data contain the time at which the next refresh token expires, while it lies ahead, whether the client is healthy or not"
    )]
    public async Task Data_contain_the_next_expiry_of_a_refresh_token()
    {
        await using var app = await App.StartAsync(
            services: (services, _) => services.AddHealthChecks().AddOAuthClient("photos").AddOAuthClient("albums")
        );
        Assert.That((await CheckAsync()).Data, Is.Empty);
        app.Server.Options.OnTokenResponse = response => response["refresh_token_expires_in"] = 86_400;
        var expiry = DateTimeOffset.FromUnixTimeSeconds(app.Time.GetUtcNow().ToUnixTimeSeconds()).AddDays(1);

        await app.OpenBrowser().ConnectAsync();

        var healthy = await CheckAsync();
        Assert.That(healthy.Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That(healthy.Data.Keys, Is.EqualTo(new[] { "nextRefreshTokenExpiry" }));
        Assert.That(healthy.Data["nextRefreshTokenExpiry"], Is.EqualTo(expiry));
        Assert.That((await CheckAsync("albums")).Data, Is.Empty, "another client");

        app.Server.Faults.Add(TestEndpoint.Token, Fault.Status(401, """{"error":"invalid_client"}"""));
        var photos = app.Services.GetRequiredKeyedService<IOAuthClient>("photos");
        for (int i = 0; i < 3; i++)
        {
            Assert.That(async () => await photos.GetAccessTokenAsync(GrantOwner.Client), Throws.TypeOf<TokenEndpointException>());
            app.Time.Advance(TimeSpan.FromSeconds(1));
        }
        var degraded = await CheckAsync();
        Assert.That(degraded.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(degraded.Data["nextRefreshTokenExpiry"], Is.EqualTo(expiry));

        app.Time.Advance(TimeSpan.FromDays(1));
        Assert.That((await CheckAsync()).Data, Is.Empty, "the refresh token has expired");

        async Task<HealthReportEntry> CheckAsync(string client = "photos") =>
            (await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries[$"oauthclient:{client}"];
    }

    [TestCase("potos", "AddOAuthClient(\"potos\"")]
    [TestCase(null, "several OAuth clients")]
    [Description("A check of an unregistered or ambiguous client throws on its first run")]
    public async Task Unknown_or_ambiguous_client_throws(string? name, string advice)
    {
        await using var app = await App.StartAsync(services: (services, _) => services.AddHealthChecks().AddOAuthClient(name));
        var checks = app.Services.GetRequiredService<HealthCheckService>();
        Assert.That(async () => await checks.CheckHealthAsync(), Throws.InvalidOperationException.With.Message.Contain(advice));
    }

    [Test]
    public async Task Check_without_a_name_uses_the_only_client()
    {
        ServiceCollection services = new();
        services.AddOAuthClient("photos", o => (o.Issuer, o.ClientId) = (new("https://as.example"), "c"));
        services.AddHealthChecks().AddOAuthClient();
        await using var provider = services.BuildServiceProvider();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.That(report.Entries["oauthclient"].Status, Is.EqualTo(HealthStatus.Healthy));
    }
}
