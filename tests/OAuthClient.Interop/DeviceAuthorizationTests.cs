using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Tests device authorizations (RFC 8628) against oidc-provider and OpenIddict. The clock moves only between two polls.</summary>
[TestFixture(ServerKind.OidcProvider)]
[TestFixture(ServerKind.OpenIddict)]
public sealed class DeviceAuthorizationTests(ServerKind server)
{
    // The longest wait of a test. The timers of requests are longer.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(9);

    [Test]
    [Description("RFC 8628 §3.1-§3.5: the device polls until Alice has entered the code, and receives a grant that can be refreshed")]
    public async Task Alice_allows()
    {
        ManualTimeProvider clock = new(DateTimeOffset.UtcNow);
        using Visitor alice = new();
        await using var party = await StartAsync(clock);
        var device = party.Services.GetRequiredService<DeviceAuthorization>();
        var pending = await device.BeginAsync();
        var completion = device.CompleteAsync(pending);
        // The first poll finds that Alice has not decided yet.
        await NextPollAsync(clock);

        await alice.GoAsync(pending.VerificationUriComplete!);
        while (!completion.IsCompleted)
            await NextPollAsync(clock, completion);
        var grant = await completion.Promptly();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(pending.UserCode, Is.Not.Empty);
            Assert.That(grant.Subject, Is.Not.Empty);
            Assert.That(grant.Owner, Is.EqualTo(GrantOwner.Subject(party.Provider.Issuer.OriginalString, grant.Subject!)));
            Assert.That(grant.Scopes, Does.Contain("openid").And.Contain("offline_access"));
        }
        var refreshed = await party.Services.GetRequiredService<OAuthClientGrants>().RefreshAsync(grant.Owner);
        Assert.That(refreshed.Scopes, Does.Contain("openid"));
    }

    [Test]
    [Description("RFC 8628 §3.5: Alice refuses in her browser")]
    public async Task Alice_refuses()
    {
        ManualTimeProvider clock = new(DateTimeOffset.UtcNow);
        using Visitor alice = new() { Refuses = true };
        await using var party = await StartAsync(clock);
        var device = party.Services.GetRequiredService<DeviceAuthorization>();
        var pending = await device.BeginAsync();
        try
        {
            await alice.GoAsync(pending.VerificationUriComplete!);
        }
        catch (AssertionException)
        {
            // Both servers show a refusal to her as an error.
        }

        var completion = device.CompleteAsync(pending, RelyingParty.Owner);
        while (!completion.IsCompleted)
            await NextPollAsync(clock, completion);

        Assert.That(
            async () => await completion.Promptly(),
            Throws
                .TypeOf<AuthorizationResponseException>()
                .With.Property(nameof(AuthorizationResponseException.IsAccessDenied))
                .True.And.Message.StartsWith("The user refused the device authorization")
        );
    }

    private Task<RelyingParty> StartAsync(ManualTimeProvider clock) =>
        RelyingParty.StartAsync(
            new()
            {
                ["grant_types"] = new JsonArray("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"),
            },
            o => o.Scopes = ["openid", "offline_access"],
            builder => builder.Services.AddSingleton<TimeProvider>(clock),
            server
        );

    // Advances the clock to the next poll, unless the task has completed.
    private static async Task NextPollAsync(ManualTimeProvider clock, Task? completion = null)
    {
        while (true)
        {
            using CancellationTokenSource stop = new();
            var timer = clock.WaitForTimerAsync(stop.Token);
            await Task.WhenAny(completion ?? Eventually.Never, timer).Promptly();
            if (!timer.IsCompleted)
            {
                await stop.CancelAsync();
                return;
            }
            if (await timer is var due && due > TimeSpan.Zero && due <= LongestWait)
            {
                clock.Advance(due);
                return;
            }
        }
    }
}
