using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Tests.Shared;

namespace OAuthClient.Interactive.Tests;

/// <summary>Tests the sign-in with the browser of another device, at a real server (RFC 8628).</summary>
[TestFixture]
public class DeviceSignInTests
{
    private readonly ManualTimeProvider clock = new(TimeProvider.System.GetUtcNow());

    [Test]
    [Description("The code and the address that are written lead to the grant")]
    public async Task The_user_signs_in()
    {
        await using var server = await StartAsync();
        await using var provider = Register(server);
        using StringWriter output = new();
        var signingIn = provider.GetRequiredService<DeviceAuthorization>().SignInWithDeviceCodeAsync(output: output);
        var poll = await NextPollAsync();

        await server.ApproveDeviceAsync(CodeOf(output));
        clock.Advance(poll);
        var grant = await signingIn;

        Assert.That(grant.Owner, Is.EqualTo(GrantOwner.User("me")));
        Assert.That(output.ToString(), Does.Contain($"\n{server.Issuer.GetLeftPart(UriPartial.Authority)}/"));
    }

    [Test]
    [Description("RFC 8628 §3.5: the refusal of the user is an exception")]
    public async Task The_user_refuses()
    {
        await using var server = await StartAsync();
        await using var provider = Register(server);
        using StringWriter output = new();
        var owner = GrantOwner.User("42");
        var signingIn = provider.GetRequiredService<DeviceAuthorization>().SignInWithDeviceCodeAsync(owner, output);
        var poll = await NextPollAsync();

        await server.ApproveDeviceAsync(CodeOf(output), new() { Deny = true });
        clock.Advance(poll);

        Assert.That(
            async () => await signingIn,
            Throws.TypeOf<AuthorizationResponseException>().With.Property(nameof(AuthorizationResponseException.IsAccessDenied)).True
        );
    }

    private static async Task<TestAuthorizationServer> StartAsync()
    {
        var server = await TestAuthorizationServer.StartAsync();
        server.AddClient(new TestClient { ClientId = "tool" });
        return server;
    }

    private ServiceProvider Register(TestAuthorizationServer server)
    {
        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(clock);
        services.AddOAuthClient(o =>
        {
            o.Issuer = server.Issuer;
            o.ClientId = "tool";
            o.Scopes = ["photos.read"];
            o.DangerouslyAllowHttpOnLoopback = true;
            o.BackChannelAttemptTimeout = TimeSpan.FromSeconds(20);
        });
        return services.BuildServiceProvider();
    }

    // A timer of at most ten seconds is the wait before a poll.
    private async Task<TimeSpan> NextPollAsync()
    {
        while (true)
        {
            var due = await clock.WaitForTimerAsync();
            if (due > TimeSpan.Zero && due <= TimeSpan.FromSeconds(10))
                return due;
        }
    }

    private static string CodeOf(StringWriter output) => output.ToString().Split("Enter the code ")[1].Split(" before ")[0];
}
