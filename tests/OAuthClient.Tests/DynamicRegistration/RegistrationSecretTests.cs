using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests the renewal of client secrets that expire, and registrations that fail (RFC 7591 §3.2.1, RFC 7592 §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationSecretTests
{
    [Test]
    [Description("RFC 7591 §3.2.1, RFC 7592 §2: a secret is renewed before it expires, and the client stays the same")]
    public async Task A_secret_is_renewed_before_it_expires()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        server.Answer = json => json["client_secret_expires_at"] = node.Clock.GetUtcNow().AddDays(1).ToUnixTimeSeconds();
        var client = await Registration(node).RegisterAsync();
        Assert.That(client.SecretExpiresAt, Is.EqualTo(node.Clock.GetUtcNow().AddDays(1)).Within(TimeSpan.FromSeconds(1)));

        node.Clock.Advance(TimeSpan.FromHours(22.9));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.RequestsTo("/manage/client-1"), Is.Empty, "the secret is not renewed too early");
        node.Clock.Advance(TimeSpan.FromHours(0.2));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.RequestsTo("/manage/client-1").Select(request => request.Method), Is.EqualTo([HttpMethod.Get]));
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 7592 §2.2: an update is sent when reading the registration does not return a new secret")]
    public async Task A_secret_is_renewed_by_an_update()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        var expiry = node.Clock.GetUtcNow().AddDays(1);
        server.Answer = json => json["client_secret_expires_at"] = expiry.ToUnixTimeSeconds();
        await Registration(node).RegisterAsync();
        node.Clock.Advance(TimeSpan.FromHours(23.5));
        server.Before = sentRequest =>
        {
            if (sentRequest.Method == HttpMethod.Put)
            {
                expiry = expiry.AddDays(30);
                server.ReplaceSecret("client-1", "renewed");
            }
            return Task.CompletedTask;
        };
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.RequestsTo("/manage/client-1").Select(request => request.Method), Is.EqualTo([HttpMethod.Get, HttpMethod.Put]));
        Assert.That(server.RequestsTo("/token")[^1].Authorization, Is.EqualTo("Basic " + Convert.ToBase64String("client-1:renewed"u8)));
    }

    [Test]
    [Description("RFC 7591 §3.2.1: an expired secret that cannot be renewed causes a new registration; the old client is used until then")]
    public async Task An_expired_secret_causes_a_new_registration()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        server.Answer = json =>
        {
            json["client_secret_expires_at"] = node.Clock.GetUtcNow().AddDays(1).ToUnixTimeSeconds();
            json.Remove("registration_client_uri");
        };
        await Registration(node).RegisterAsync();
        node.Clock.Advance(TimeSpan.FromHours(23.9));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(server.Registrations, Is.EqualTo(1));
        node.Clock.Advance(TimeSpan.FromHours(0.2));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(
            server.RequestsTo("/token")[^1].Authorization,
            Is.EqualTo("Basic " + Convert.ToBase64String("client-2:secret-of-client-2"u8))
        );
    }

    [Test]
    [Description("A failure to renew a secret does not stop requests before the secret expires")]
    public async Task A_failed_renewal_does_not_stop_requests()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        server.Answer = json => json["client_secret_expires_at"] = node.Clock.GetUtcNow().AddDays(1).ToUnixTimeSeconds();
        await Registration(node).RegisterAsync();
        node.Clock.Advance(TimeSpan.FromHours(23.5));
        server.Before = sentRequest =>
            sentRequest.Uri.AbsolutePath.StartsWith("/manage", StringComparison.Ordinal)
                ? throw new HttpRequestException("unavailable")
                : Task.CompletedTask;
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(node.Log.Events(504), Has.Count.EqualTo(1));
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("A failure of the first registration is thrown; the next attempt is made one second later")]
    public async Task A_failed_registration_is_attempted_again_after_a_second()
    {
        RegisteringServer server = new() { Before = _ => throw new HttpRequestException("unavailable") };
        await using var node = server.Node();
        Assert.That(async () => await node.Client.BeginAuthorizationAsync(), Throws.TypeOf<HttpRequestException>());
        server.Before = _ => Task.CompletedTask;
        Assert.That(
            async () => await node.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<HttpRequestException>(),
            "no request within a second"
        );
        node.Clock.Advance(TimeSpan.FromSeconds(1));
        await node.Client.BeginAuthorizationAsync();
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("Grants can be revoked even if the client cannot be registered")]
    public async Task Revoking_does_not_need_a_registration()
    {
        RegisteringServer server = new() { Before = _ => throw new HttpRequestException("unavailable") };
        await using var node = server.Node();
        await node.Store.AddAsync(
            new Grant("an-id", "", GrantOwner.User("42"), ScriptedServer.Origin + "/token", "an-old-client"),
            default
        );
        await node.Client.RevokeAsync(GrantOwner.User("42"));
        Assert.That(await node.Store.FindAsync("", GrantOwner.User("42"), default), Is.Empty);
    }

    private static DynamicRegistration Registration(ScriptedServer node) => node.Services.GetRequiredService<DynamicRegistration>();
}
