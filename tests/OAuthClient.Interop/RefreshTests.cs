using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Interop;

/// <summary>Tests refresh tokens that the provider rotates and whose reuse ends the grant.</summary>
[TestFixture]
public sealed class RefreshTests
{
    [Test]
    [Description("RFC 6749 §6, RFC 9700 §4.14: each refresh returns a new refresh token, and the newest is used next")]
    public async Task Rotation([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(server: server);
        var grant = await party.SignInAsync();
        HashSet<string> refreshTokens = [grant.RefreshToken!.Reveal()];
        var token = grant.AccessToken!;
        for (int i = 0; i < 3; i++)
        {
            var newer = await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { RejectedToken = token });
            Assert.That(newer, Is.Not.EqualTo(token));
            token = newer;
            Assert.That(refreshTokens.Add((await party.Client.FindGrantAsync(RelyingParty.Owner))!.RefreshToken!.Reveal()));
        }
    }

    [Test]
    [Description("RFC 6749 §6: concurrent callers share one refresh; a second presentation would have ended the grant here")]
    public async Task Many_callers([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(server: server);
        var grant = await party.SignInAsync();
        var tokens = await Task.WhenAll(
            Enumerable
                .Range(0, 100)
                .Select(_ =>
                    Task.Run(async () =>
                        await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { RejectedToken = grant.AccessToken })
                    )
                )
        );

        Assert.That(tokens.Distinct().Count(), Is.EqualTo(1));
        Assert.That(
            (await party.Client.GetUserInfoAsync(RelyingParty.Owner)).Subject,
            Is.EqualTo(party.Provider.Alice),
            "the grant is usable"
        );
    }

    [Test]
    [Description("RFC 6749 §5.2: a refresh token that another party used ends the grant, and the exception says so")]
    public async Task A_stolen_refresh_token([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(server: server);
        var grant = await party.SignInAsync();
        var stolen = await party.Client.RequestTokenAsync(TokenRequest.Refresh(grant.RefreshToken!));

        Assert.That(
            async () => await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { RejectedToken = grant.AccessToken }),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        // django-oauth-toolkit 1.7 refuses the used token, and keeps the newer one.
        if (server is not ServerKind.Django)
            Assert.That(
                async () => await party.Client.RequestTokenAsync(TokenRequest.Refresh(stolen.RefreshToken!)),
                Throws.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("invalid_grant"),
                "the other party has nothing left"
            );
    }

    [Test]
    [Description("RFC 6749 §5.2, §10.4: a refresh token that was issued to another client is refused")]
    public async Task Another_clients_refresh_token([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(server: server);
        await using var other = await RelyingParty.StartAsync(server: server);
        var grant = await party.SignInAsync();

        Assert.That(
            async () => await other.Client.RequestTokenAsync(TokenRequest.Refresh(grant.RefreshToken!)),
            Throws.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("invalid_grant")
        );
    }

    [Test]
    [Description("RFC 6749 §6: an access token with fewer scopes, then one with all, from the same grant")]
    public async Task Fewer_scopes([Values(ServerKind.OidcProvider, ServerKind.OpenIddict)] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(server: server);
        var grant = await party.SignInAsync();

        var narrow = await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { Scopes = ["email"] });
        var whole = await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { RejectedToken = grant.AccessToken });

        Assert.That(narrow.Scopes, Is.EqualTo(new[] { "email" }));
        Assert.That(whole.Scopes, Is.EquivalentTo(grant.Scopes));
    }

    [Test]
    [Description("RFC 6749 §6: django-oauth-toolkit narrows the grant with an access token of fewer scopes, which is noticed")]
    public async Task Fewer_scopes_narrow_a_grant()
    {
        await using var party = await RelyingParty.StartAsync(server: ServerKind.Django);
        await party.SignInAsync();

        var narrow = await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { Scopes = ["openid", "email"] });
        var whole = await party.Services.GetRequiredService<OAuthClientGrants>().RefreshAsync(RelyingParty.Owner);

        Assert.That(narrow.Scopes, Is.EquivalentTo(new[] { "openid", "email" }));
        Assert.That(whole.Scopes, Is.EquivalentTo(new[] { "openid", "email" }));
        Assert.That((await party.Client.FindGrantAsync(RelyingParty.Owner))!.Scopes, Has.None.EqualTo("profile"));
        Assert.That(
            async () => await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { Scopes = ["profile"] }),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
    }

    [Test]
    [Description("RFC 8707 §2.2: access tokens for one resource each, from the same grant")]
    public async Task Resources([Values(ServerKind.OidcProvider, ServerKind.OpenIddict)] ServerKind server)
    {
        Uri photos = new("https://api.example.com/photos");
        Uri mail = new("https://api.example.com/mail");
        await using var party = await RelyingParty.StartAsync(
            options: o =>
            {
                o.Scopes = ["openid", "offline_access", "photos.read", "mail.read"];
                o.Resources = [photos, mail];
            },
            server: server
        );
        await party.SignInAsync();

        var first = await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { Resources = [photos], Scopes = ["photos.read"] });
        var second = await party.Client.GetAccessTokenAsync(RelyingParty.Owner, new() { Resources = [mail], Scopes = ["mail.read"] });

        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(first.Scopes, Is.EqualTo(new[] { "photos.read" }));
        Assert.That(second.Scopes, Is.EqualTo(new[] { "mail.read" }));
    }

    [Test]
    [Description("RFC 7009: a revoked token is no longer valid")]
    public async Task Revocation([Values] ServerKind server)
    {
        await using var party = await RelyingParty.StartAsync(server: server);
        var grant = await party.SignInAsync();

        await party.Client.RevokeAsync(RelyingParty.Owner);

        Assert.That(await party.Client.FindGrantAsync(RelyingParty.Owner), Is.Null);
        Assert.That(
            async () => await party.Client.RequestTokenAsync(TokenRequest.Refresh(grant.RefreshToken!)),
            Throws.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("invalid_grant")
        );
    }
}
