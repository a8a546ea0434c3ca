using System.Collections.Frozen;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.DPoP.SampleProofs;

namespace OAuthClient.Tests.DPoP;

/// <summary>Proves that the key is stored wherever a token that is bound to it is stored (RFC 9449 §6).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DPoPStorageTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("§10: the code is bound to the key of the request, which another node or process redeems")]
    public async Task Another_node_completes_the_authorization([Values] bool isPublic)
    {
        await using var host = await DPoPHost.StartAsync(nonces: true, isPublic: isPublic);
        var pending = await host.Client.BeginAuthorizationAsync();
        var callback = await host.Server.SignInAsync(pending.AuthorizationUri);
        var read = PendingAuthorization.Unprotect(pending.Protect(data => data), data => data);
        await using var node = DPoPHost.CreateNode(host, isPublic);

        var grant = await node.GetRequiredKeyedService<IOAuthClient>(OAuthTestHost.ClientName)
            .CompleteAuthorizationAsync(read, AuthorizationResponse.Parse(callback), Owner);

        Assert.That(grant.AccessToken!.KeyThumbprint, Is.EqualTo(pending.DPoPKey!.Thumbprint));
        Assert.That(read.DPoPKey!.PrivateJwk!.Reveal(), Is.EqualTo(pending.DPoPKey.PrivateJwk!.Reveal()));
        Assert.That((await node.GetRequiredService<IHttpClientFactory>().CreateClient("api").GetAsync("/me")).IsSuccessStatusCode);
    }

    [Test]
    [Description("A grant with two keys, one of the refresh token and one of an earlier access token, keeps both")]
    public async Task A_round_trip_keeps_each_token_with_its_key()
    {
        var keys = Keys(options: o => (o.DPoP.Enabled, o.DPoP.KeyPerGrant) = (true, true));
        var configuration = SampleConfiguration.Create(o => (o.DPoP.Enabled, o.DPoP.KeyPerGrant) = (true, true));
        var (first, second) = (keys.FindForNewGrant(configuration)!, keys.FindForNewGrant(configuration)!);
        Grant grant = new("g", "c", Owner, "https://as.example", "id")
        {
            DPoPKey = second,
            Tokens = new Dictionary<string, AccessToken>
            {
                [""] = Token("of-the-grant", second),
                ["narrow"] = Token("older", first),
                ["bearer"] = Token("bearer", key: null),
            }.ToFrozenDictionary(),
        };

        var read = Grant.Unprotect(grant.Protect(data => data), data => data);

        Assert.That(read.DPoPKey!.PrivateJwk!.Reveal(), Is.EqualTo(second.PrivateJwk!.Reveal()));
        Assert.That(read.Tokens[""].Key, Is.SameAs(read.DPoPKey));
        Assert.That(read.Tokens["narrow"].Key!.PrivateJwk!.Reveal(), Is.EqualTo(first.PrivateJwk!.Reveal()));
        Assert.That(read.Tokens["bearer"].Key, Is.Null);
        string proof = await keys.SignerOf(read.Tokens["narrow"].Key!)
            .CreateProofAsync(HttpMethod.Get, new("https://api.example"), "h", nonce: null, SampleConfiguration.Now, default);
        Assert.That(proof, Is.Not.Empty);
    }

    [Test]
    [Description("§5: an imported refresh token is not bound yet; its first refresh binds the tokens, also those of a public client")]
    public async Task An_imported_grant_is_bound_by_its_refresh([Values] bool isPublic)
    {
        await using var source = await DPoPHost.StartAsync(isPublic: isPublic, options: o => o.DPoP.Enabled = false, requires: false);
        string refreshToken = (await source.SignInAsync()).RefreshToken!.Reveal();
        await using var node = DPoPHost.CreateNode(source, isPublic);
        var grants = node.GetRequiredKeyedService<OAuthClientGrants>(OAuthTestHost.ClientName);

        await grants.ImportGrantAsync(Owner, new(refreshToken));
        Assert.That((await node.GetRequiredService<IHttpClientFactory>().CreateClient("api").GetAsync("/me")).IsSuccessStatusCode);

        var grant = (await grants.ListAsync(Owner)).Single();
        Assert.That(grant.AccessToken!.TokenType, Is.EqualTo("DPoP"));
        source.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await grants.RefreshAsync(Owner)).KeyThumbprint, Is.EqualTo(grant.AccessToken.KeyThumbprint));
    }

    [Test]
    [Description("§6: a client token in the distributed cache is stored with its key, which another node proves")]
    public async Task Nodes_share_a_bound_client_token()
    {
        FakeDistributedCache cache = new();
        await using var one = Node(cache, _ => { });
        await using var two = Node(cache, _ => { });
        one.Answers(BoundTokens("at-1"));
        await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client));

        var token = await two.Client.GetAccessTokenAsync(GrantOwner.Client);
        string proof = await two
            .Services.GetRequiredService<DPoPProofFactory>()
            .CreateAsync(token, HttpMethod.Get, new("https://api.example"));

        Assert.That(two.Requests, Is.Empty);
        Assert.That(PrivateKeyParser.Thumbprint(Header(proof).GetProperty("jwk").GetRawText()), Is.EqualTo(token.KeyThumbprint));
    }

    [TestCase(true, false, Description = "DPoP was enabled")]
    [TestCase(false, true, Description = "DPoP was disabled")]
    [Description("§5: a token of the other kind in the distributed cache is not used, so that the option holds from the start")]
    public async Task A_cached_token_of_the_other_kind_is_not_used(bool isEnabled, bool isCachedBound)
    {
        FakeDistributedCache cache = new();
        await using var one = Node(cache, o => o.DPoP.Enabled = isCachedBound);
        await using var two = Node(cache, o => o.DPoP.Enabled = isEnabled);
        one.Answers(isCachedBound ? BoundTokens("at-1") : ScriptedServer.Tokens("at-1"));
        two.Answers(isEnabled ? BoundTokens("at-2") : ScriptedServer.Tokens("at-2"));
        await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client));

        Assert.That((await two.Client.GetAccessTokenAsync(GrantOwner.Client)).Reveal(), Is.EqualTo("at-2"));
    }

    [Test]
    [Description("§6: after the signer was replaced, a cached token that is bound to the earlier one is not used")]
    public async Task A_cached_token_of_another_signer_is_not_used([Values] bool isReplaced)
    {
        FakeDistributedCache cache = new();
        var signer = SigningKey.Create();
        var signerOfTwo = isReplaced ? SigningKey.Create() : signer;
        await using var one = Node(cache, _ => { }, signer);
        await using var two = Node(cache, _ => { }, signerOfTwo);
        one.Answers(BoundTokens("at-1"));
        two.Answers(BoundTokens("at-2"));
        await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client));

        Assert.That((await two.Client.GetAccessTokenAsync(GrantOwner.Client)).Reveal(), Is.EqualTo(isReplaced ? "at-2" : "at-1"));
    }

    [Test]
    [Description("§5.2: a client that registers itself states that its tokens are bound")]
    public async Task A_registered_client_states_the_binding([Values] bool isEnabled)
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => (o.ClientId, o.ClientSecret, o.DPoP.Enabled) = ("", null, isEnabled),
            client => client.RegisterDynamically(),
            server: o => o.AllowRegistration = true
        );

        var grant = await host.SignInAsync();

        Assert.That(host.Server.Clients.Single(client => client.ClientId == grant.ClientId).RequireDPoP, Is.EqualTo(isEnabled));
        Assert.That(grant.AccessToken!.TokenType, Is.EqualTo(isEnabled ? "DPoP" : "Bearer"));
    }

    [Test]
    [Description("§5, §8: two nodes refresh one grant of a public client under required nonces: one request each generation, plus nonces")]
    public async Task Two_nodes_refresh_one_grant([Values] bool isPublic)
    {
        InMemoryGrantStore store = new(new ManualTimeProvider());
        await using var host = await DPoPHost.StartAsync(
            nonces: true,
            isPublic: isPublic,
            registerFirst: services => services.AddSingleton<IGrantStore>(store)
        );
        var grant = await host.SignInAsync();
        await using var node = DPoPHost.CreateNode(host, isPublic, _ => { }, store);
        var other = node.GetRequiredKeyedService<IOAuthClient>(OAuthTestHost.ClientName);

        for (int i = 0; i < 20; i++)
        {
            host.Clock.Advance(TimeSpan.FromHours(1));
            host.Server.RotateDPoPNonce();
            host.Server.ClearRequests();

            var tokens = await Task.WhenAll(
                    Enumerable.Range(0, 8).Select(n => (n % 2 == 0 ? host.Client : other).GetAccessTokenAsync(Owner).AsTask())
                )
                .Promptly();

            Assert.That(tokens.Distinct(), Has.Exactly(1).Items);
            Assert.That(tokens.Select(token => token.KeyThumbprint), Is.All.EqualTo(grant.AccessToken!.KeyThumbprint));
            Assert.That(host.TokenRequests, Is.EqualTo(2), "one refusal for the nonce, and one success");
        }
    }

    private static AccessToken Token(string value, DPoPKey? key) =>
        new(value, SampleConfiguration.Now, expiresAt: null, [], []) { Key = key };

    private static ScriptedServer Node(FakeDistributedCache cache, Action<OAuthClientOptions> options, ISigner? signer = null) =>
        new(
            o =>
            {
                o.DPoP.Enabled = true;
                options(o);
            },
            register: client =>
            {
                client.Services.AddSingleton<IDistributedCache>(cache);
                client.ShareClientTokens((_, data) => data, (_, data) => data);
                if (signer is not null)
                    client.UseDPoPSigner(_ => signer);
            }
        );
}
