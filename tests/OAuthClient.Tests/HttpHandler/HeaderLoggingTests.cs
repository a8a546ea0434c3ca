using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>Tests that header logging of the HTTP client never shows a token, whatever redaction the application configures.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class HeaderLoggingTests
{
    [Test]
    public async Task Authorization_stays_redacted([Values("before", "after", "for all")] string when)
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) =>
            {
                http.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace));
                if (when == "before")
                    http.RedactLoggedHeaders(_ => false);
                OAuthTestHost.ForOwner(http, api);
                if (when == "after")
                    http.RedactLoggedHeaders(_ => false);
                if (when == "for all")
                    http.Services.ConfigureHttpClientDefaults(all => all.RedactLoggedHeaders(_ => false));
            }
        );
        var grant = await host.SignInAsync();
        host.Server.ExpireAccessTokens();
        using HttpRequestMessage request = new(HttpMethod.Get, "/me") { Headers = { { "X-Shown", "shown-value" } } };
        await host.Http.SendAsync(request);
        var replayed = (await host.Client.FindGrantAsync(GrantOwner.User("42")))!;

        string log = string.Join('\n', host.Log.Entries.Select(entry => entry.Message));
        Assert.That(log, Does.Contain("X-Shown: shown-value"), "headers are logged, and the application's setting is applied");
        Assert.That(log, Does.Not.Contain("Authorization: Bearer"));
        foreach (Secret? secret in new Secret?[] { grant.AccessToken, grant.RefreshToken, replayed.AccessToken, replayed.RefreshToken })
            Assert.That(log, Does.Not.Contain(secret!.Reveal()));
        Assert.That(log, Does.Not.Contain(OAuthTestHost.ClientSecret));
    }

    [Test]
    [Description("Threat: secrets in logs. The back channel logs no header values")]
    public async Task Back_channel_shows_no_header()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
        {
            builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace));
            builder.BackChannel.RedactLoggedHeaders(_ => false);
        });
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        string log = string.Join('\n', host.Log.Entries.Select(entry => entry.Message));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That(log, Does.Not.Contain("Authorization"));
    }
}
