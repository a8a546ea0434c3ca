using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using static OAuthClient.Tests.DPoP.SampleProofs;

namespace OAuthClient.Tests.DPoP;

/// <summary>Proves that the key is stored with what is bound to it (RFC 9449 §5, §10).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DPoPStorageTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("§10: the code is bound to the key of its request, so another process completes the authorization with that key")]
    public async Task Another_process_completes_an_authorization([Values] bool keyPerGrant)
    {
        await using var host = await DPoPHost.StartAsync(isPublic: true, options: o => o.DPoP.KeyPerGrant = keyPerGrant);
        await using var node = DPoPHost.CreateNode(host, isPublic: true);
        var began = await host.Client.BeginAuthorizationAsync();
        byte[] stored = began.Protect(data => data);
        var pending = PendingAuthorization.Unprotect(stored, data => data);
        var callback = await host.Server.SignInAsync(began.AuthorizationUri);

        var grant = await node.GetRequiredKeyedService<IOAuthClient>(OAuthTestHost.ClientName)
            .CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), Owner);

        Assert.That(grant.AccessToken!.KeyThumbprint, Is.EqualTo(began.DPoPKey!.Thumbprint));
        Assert.That(pending.DPoPKey!.PrivateJwk!.Reveal(), Is.EqualTo(began.DPoPKey.PrivateJwk!.Reveal()));
        Assert.That(pending.DPoPKey.CreatedAt.ToUnixTimeSeconds(), Is.EqualTo(began.DPoPKey.CreatedAt.ToUnixTimeSeconds()));
        Assert.That((await node.GetRequiredService<IHttpClientFactory>().CreateClient("api").GetAsync("/me")).IsSuccessStatusCode);
    }

    [Test]
    [Description("§11.2: a store receives the private key encrypted only")]
    public async Task The_key_is_encrypted_with_the_grant()
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        var grant = await server.SignedInAsync(BoundTokens("at", "rt"));
        StoreEncryption encryption = new();
        encryption.EncryptWith("first", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

        byte[] content = encryption.Protect(grant);

        string privateMember = PrivateMemberOf(grant);
        Assert.That(Encoding.UTF8.GetString(grant.Protect(data => data)), Does.Contain(privateMember));
        Assert.That(Encoding.Latin1.GetString(content), Does.Not.Contain(privateMember).And.Not.Contain(grant.DPoPKey!.Thumbprint));
    }

    [Test]
    [Description("§5: the key of a grant is stored once, although each of its tokens is bound to it")]
    public async Task The_key_is_stored_once()
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        await server.SignedInAsync(BoundTokens("at-1", "rt-1"));
        server.Answers(BoundTokens("at-2", "rt-2"));
        await server.Client.GetAccessTokenAsync(Owner, new() { Resources = [new("https://api.example/")] });

        var grant = (await server.Client.FindGrantAsync(Owner))!;
        string stored = Encoding.UTF8.GetString(grant.Protect(data => data));

        Assert.That(grant.Tokens, Has.Count.EqualTo(2));
        Assert.That(stored.Split(PrivateMemberOf(grant)), Has.Length.EqualTo(2), "one occurrence");
        var read = Grant.Unprotect(Encoding.UTF8.GetBytes(stored), data => data);
        Assert.That(read.Tokens.Values.Select(token => token.KeyThumbprint), Is.All.EqualTo(grant.DPoPKey!.Thumbprint));
    }

    [Test]
    [Description("§5: an imported grant has an unbound access token, which is used, and is bound at its next refresh")]
    public async Task An_imported_grant_is_bound_at_its_refresh([Values] bool isPublic)
    {
        bool isEnabled = false;
        await using var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.DPoP.Enabled = isEnabled;
                if (isPublic)
                    (o.ClientId, o.ClientSecret) = ("native", null);
            },
            api: OAuthTestHost.ForOwner
        );
        host.Server.AddClient(new() { ClientId = "native", RedirectUris = { OAuthTestHost.Callback } });
        var source = await host.SignInAsync("source");
        isEnabled = true;
        host.Services.GetRequiredService<IOptionsMonitorCache<OAuthClientOptions>>().Clear();
        host.Clock.Advance(TimeSpan.FromSeconds(2));
        var grants = host.Services.GetRequiredKeyedService<OAuthClientGrants>(OAuthTestHost.ClientName);

        await grants.ImportGrantAsync(
            Owner,
            new GrantImport(source.RefreshToken!.Reveal()).WithAccessToken(
                source.AccessToken!.Reveal(),
                host.Clock.GetUtcNow() + TimeSpan.FromMinutes(30)
            )
        );
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);
        Assert.That(host.Api.Requests[^1].Headers["Authorization"], Does.StartWith("Bearer "));
        await grants.RefreshAsync(Owner);
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);

        Assert.That(host.Api.Requests[^1].Headers["Authorization"], Does.StartWith("DPoP "));
        Assert.That((await host.Client.FindGrantAsync(Owner))!.DPoPKey, Is.Not.Null);
    }

    private static string PrivateMemberOf(Grant grant) =>
        JsonElement.Parse(grant.DPoPKey!.PrivateJwk!.Reveal()).GetProperty("d").GetString()!;
}
