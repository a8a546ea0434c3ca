using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Tests tokens that are bound to a key (RFC 9449) at oidc-provider, which requires a nonce in each proof.</summary>
[TestFixture]
public sealed class DPoPTests
{
    private const string Api = "the UserInfo endpoint";

    [Test]
    [Description("§5, §8, §9: at the pushed request, the token endpoint, three refreshes with rotation, and an API")]
    public async Task From_authorization_to_api([Values] bool isPublic, [Values] bool isPushed)
    {
        SentProofs proofs = new();
        await using var party = await StartAsync(
            proofs,
            isPublic,
            o => o.PushedAuthorization = isPushed ? PushedAuthorizationUse.Always : PushedAuthorizationUse.Never
        );

        var grant = await party.SignInAsync();

        string[] nonceAtToken = ["/token 400", "/token+nonce 200"];
        Assert.That(
            proofs.Requests,
            Is.EqualTo(isPushed ? ["/request 400", "/request+nonce 201", "/token+nonce 200"] : nonceAtToken),
            "the nonce costs one request, once"
        );
        Assert.That(grant.AccessToken!.TokenType, Is.EqualTo("DPoP"));
        proofs.Clear();
        HashSet<string> refreshTokens = [grant.RefreshToken!.Reveal()];
        for (int i = 0; i < 3; i++)
        {
            var refreshed = await party.Services.GetRequiredService<OAuthClientGrants>().RefreshAsync(RelyingParty.Owner);
            Assert.That(refreshed.KeyThumbprint, Is.EqualTo(grant.AccessToken.KeyThumbprint));
            Assert.That(refreshTokens.Add((await party.Client.FindGrantAsync(RelyingParty.Owner))!.RefreshToken!.Reveal()));
        }
        Assert.That(proofs.Requests, Is.EqualTo(Enumerable.Repeat("/token+nonce 200", 3)));
        proofs.Clear();
        for (int i = 0; i < 2; i++)
            Assert.That(await CallAsync(party), Does.Contain("\"sub\":\"alice\""));
        Assert.That(proofs.Requests, Is.EqualTo(new[] { "/me 401", "/me+nonce 200", "/me+nonce 200" }));
        Assert.That((await party.Client.GetUserInfoAsync(RelyingParty.Owner)).Subject, Is.EqualTo("alice"));
        Assert.That(proofs.Identifiers, Is.Unique);
        await party.Client.RevokeAsync(RelyingParty.Owner);
    }

    [Test]
    [Description("§8.2: after the secret of the nonces was replaced, each refusal costs one request, and no grant")]
    public async Task The_nonces_change([Values] bool isPublic)
    {
        await using var provider = await CertifiedProvider.StartAsync();
        SentProofs proofs = new();
        await using var party = await StartAsync(proofs, isPublic, provider: provider);
        await party.SignInAsync();
        await CallAsync(party);
        for (int i = 0; i < 3; i++)
        {
            await provider.RotateNoncesAsync();
            proofs.Clear();

            await party.Services.GetRequiredService<OAuthClientGrants>().RefreshAsync(RelyingParty.Owner);
            await CallAsync(party);

            Assert.That(
                proofs.Requests,
                Is.EqualTo(new[] { "/token+nonce 400", "/token+nonce 200", "/me+nonce 401", "/me+nonce 200" }),
                $"change {i}"
            );
        }
    }

    [Test]
    [Description("§5: another node, which shares no memory, refreshes the grant of a public client with the key of the grant")]
    public async Task Another_node([Values] bool isPublic)
    {
        await using var party = await StartAsync(new(), isPublic);
        var grant = Grant.Unprotect((await party.SignInAsync()).Protect(data => data), data => data);
        await using var node = party.StartNode();
        await node.GetRequiredService<IGrantStore>().AddAsync(grant, CancellationToken.None);

        var refreshed = await node.GetRequiredService<OAuthClientGrants>().RefreshAsync(RelyingParty.Owner);

        Assert.That(refreshed.KeyThumbprint, Is.EqualTo(grant.AccessToken!.KeyThumbprint));
        Assert.That((await node.GetRequiredService<IOAuthClient>().GetUserInfoAsync(RelyingParty.Owner)).Subject, Is.EqualTo("alice"));
    }

    [Test]
    [Description("§5: the provider refuses a refresh token of a public client with another key, so the tests above prove the binding")]
    public async Task Another_key()
    {
        await using var party = await StartAsync(new(), isPublic: true);
        var grant = await party.SignInAsync();
        await using var node = party.StartNode();

        Assert.That(
            async () => await node.GetRequiredService<IOAuthClient>().RequestTokenAsync(TokenRequest.Refresh(grant.RefreshToken!)),
            Throws.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("invalid_grant")
        );
    }

    [Test]
    [Description("§5: the client's own token is bound, for one resource (RFC 8707)")]
    public async Task The_clients_own_token()
    {
        SentProofs proofs = new();
        await using var party = await StartAsync(
            proofs,
            isPublic: false,
            o => (o.Scopes, o.Resources) = (["photos.read"], [new("https://api.example.com/photos")])
        );

        var token = await party.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That((token.TokenType, token.Scopes.Single()), Is.EqualTo(("DPoP", "photos.read")));
        Assert.That(proofs.Requests, Is.EqualTo(new[] { "/token 400", "/token+nonce 200" }));
    }

    [Test]
    [Description("§5: OpenIddict 7 ignores the proof and issues a bearer token, which is rejected")]
    public async Task A_server_without_DPoP()
    {
        await using var party = await RelyingParty.StartAsync(options: o => o.DPoP.Enabled = true, server: ServerKind.OpenIddict);

        Assert.That(async () => await party.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("DPoP"));
    }

    private static async Task<RelyingParty> StartAsync(
        SentProofs proofs,
        bool isPublic,
        Action<OAuthClientOptions>? options = null,
        Provider? provider = null
    )
    {
        provider ??= await SharedProviders.RequireAsync(ServerKind.OidcProvider);
        JsonObject metadata = new()
        {
            ["dpop_bound_access_tokens"] = true,
            ["grant_types"] = new JsonArray("authorization_code", "refresh_token", "client_credentials"),
        };
        if (isPublic)
        {
            metadata["grant_types"] = new JsonArray("authorization_code", "refresh_token");
            (metadata["token_endpoint_auth_method"], metadata["client_secret"]) = ("none", null);
        }
        return await RelyingParty.StartAsync(
            metadata,
            o =>
            {
                o.DPoP.Enabled = true;
                if (isPublic)
                    o.ClientSecret = null;
                options?.Invoke(o);
            },
            builder =>
            {
                builder.BackChannel.AddHttpMessageHandler(() => proofs.Recorder());
                builder
                    .Services.AddHttpClient(Api)
                    .ConfigurePrimaryHttpMessageHandler(() => proofs.Recorder(new SocketsHttpHandler()))
                    .AddAccessTokenHandler(t => t.ForOwner(RelyingParty.Owner).To(provider.Issuer));
            },
            provider: provider
        );
    }

    private static async Task<string> CallAsync(RelyingParty party)
    {
        using var http = party.Services.GetRequiredService<IHttpClientFactory>().CreateClient(Api);
        using var response = await http.GetAsync(new Uri(party.Provider.Issuer, "/me"));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        return await response.Content.ReadAsStringAsync();
    }
}
