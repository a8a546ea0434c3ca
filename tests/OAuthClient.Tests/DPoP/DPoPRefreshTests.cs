using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests.DPoP;

/// <summary>
/// Proves which key a refresh presents, and that a refusal for the nonce costs one request and no grant (RFC 9449 §5, §8).
/// </summary>
[TestFixture]
public class DPoPRefreshTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("§8: the server did not act on the request, so a rotating server without grace keeps the grant")]
    public async Task A_refusal_for_the_nonce_at_each_of_1000_refreshes_loses_no_grant()
    {
        await using var host = await DPoPHost.StartAsync(nonces: true);
        await host.SignInAsync();
        host.Server.ClearRequests();
        var grants = host.Services.GetRequiredKeyedService<OAuthClientGrants>(OAuthTestHost.ClientName);

        for (int i = 0; i < 1_000; i++)
        {
            host.Server.RotateDPoPNonce();
            await grants.RefreshAsync(Owner);
        }

        Assert.That(host.TokenRequests, Is.EqualTo(2_000));
        Assert.That(await GrantsAsync(host), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("§5: a refresh token can be bound to the key, also that of a confidential client, so a grant keeps its key")]
    public async Task A_grant_keeps_its_key_and_new_grants_receive_a_new_one([Values] bool isPublic)
    {
        await using var host = await DPoPHost.StartAsync(isPublic: isPublic, options: o => o.DPoP.KeyLifetime = TimeSpan.FromHours(1));
        var first = await host.SignInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));

        var refreshed = await host.Client.GetAccessTokenAsync(Owner);
        var second = await host.SignInAsync("43");

        Assert.That(refreshed.KeyThumbprint, Is.EqualTo(first.AccessToken!.KeyThumbprint));
        Assert.That(second.AccessToken!.KeyThumbprint, Is.Not.EqualTo(refreshed.KeyThumbprint));
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);
    }

    [Test]
    [Description("KeyPerGrant: two grants have different keys, and each is used with its own")]
    public async Task Each_grant_can_have_its_own_key([Values] bool isPublic)
    {
        await using var host = await DPoPHost.StartAsync(isPublic: isPublic, options: o => o.DPoP.KeyPerGrant = true);
        var first = await host.SignInAsync();
        var second = await host.SignInAsync("43");
        host.Clock.Advance(TimeSpan.FromHours(1));

        var refreshed = await host.Client.GetAccessTokenAsync(Owner);

        Assert.That(first.AccessToken!.KeyThumbprint, Is.Not.EqualTo(second.AccessToken!.KeyThumbprint));
        Assert.That(refreshed.KeyThumbprint, Is.EqualTo(first.AccessToken.KeyThumbprint));
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);
    }

    [Test]
    [Description("The key is stored with the grant, so another node, or a later process, uses the grant")]
    public async Task Another_node_uses_the_key_of_a_stored_grant([Values] bool isPublic)
    {
        await using var host = await DPoPHost.StartAsync(isPublic: isPublic);
        var grant = Grant.Unprotect((await host.SignInAsync()).Protect(data => data), data => data);
        await using var node = DPoPHost.CreateNode(host, isPublic);
        await node.GetRequiredService<IGrantStore>().AddAsync(grant, CancellationToken.None);
        var http = node.GetRequiredService<IHttpClientFactory>().CreateClient("api");

        Assert.That((await http.GetAsync("/me")).IsSuccessStatusCode);
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await http.GetAsync("/me")).IsSuccessStatusCode);
    }

    [Test]
    [Description("A grant from before DPoP was enabled is used, and bound at its next refresh")]
    public async Task An_unbound_grant_is_bound_at_its_refresh()
    {
        bool isEnabled = false;
        await using var host = await OAuthTestHost.StartAsync(o => o.DPoP.Enabled = isEnabled, api: OAuthTestHost.ForOwner);
        var grant = await host.SignInAsync();
        Assert.That(grant.AccessToken!.TokenType, Is.EqualTo("Bearer"));
        isEnabled = true;
        host.Services.GetRequiredService<IOptionsMonitorCache<OAuthClientOptions>>().Clear();
        host.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);

        Assert.That((await GrantsAsync(host)).Single().AccessToken!.TokenType, Is.EqualTo("DPoP"));
    }

    [Test]
    [Description("The client's own bearer token is not used any more where tokens are bound")]
    public async Task A_bearer_token_of_the_client_is_replaced_when_tokens_are_bound()
    {
        bool isEnabled = false;
        await using var host = await OAuthTestHost.StartAsync(o => o.DPoP.Enabled = isEnabled);
        Assert.That((await host.Client.GetAccessTokenAsync(GrantOwner.Client)).TokenType, Is.EqualTo("Bearer"));
        isEnabled = true;
        host.Services.GetRequiredService<IOptionsMonitorCache<OAuthClientOptions>>().Clear();
        host.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.That((await host.Client.GetAccessTokenAsync(GrantOwner.Client)).TokenType, Is.EqualTo("DPoP"));
    }

    [Test]
    [Description("RFC 7638: a stored key must have its thumbprint, because all grants with the thumbprint use it")]
    public async Task A_stored_key_with_another_thumbprint_is_refused()
    {
        await using var host = await DPoPHost.StartAsync();
        byte[] data = (await host.SignInAsync()).Protect(data => data);
        string thumbprint = (await GrantsAsync(host)).Single().AccessToken!.KeyThumbprint!;
        string altered = Encoding.UTF8.GetString(data).Replace(thumbprint, new string('A', 43), StringComparison.Ordinal);
        await using var node = DPoPHost.CreateNode(host, isPublic: false);
        var grant = Grant.Unprotect(Encoding.UTF8.GetBytes(altered), bytes => bytes);
        await node.GetRequiredService<IGrantStore>().AddAsync(grant, CancellationToken.None);
        var http = node.GetRequiredService<IHttpClientFactory>().CreateClient("api");

        Assert.That(async () => await http.GetAsync("/me"), Throws.TypeOf<OAuthException>().With.Message.Contains("its thumbprint"));
    }

    private static async Task<IReadOnlyList<Grant>> GrantsAsync(OAuthTestHost host) =>
        await host.Store.FindAsync(OAuthTestHost.ClientName, Owner, CancellationToken.None);
}
