using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests each deviation of a token response over real sockets, at the login and at the refresh. At the refresh the server has rotated the
/// refresh token, so no deviation may lose the grant.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DeviatingServerTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    // The access token of these must not be used (RFC 6749 §7.1, RFC 8259 §4).
    private static readonly TokenResponseDeviation[] Unusable =
    [
        TokenResponseDeviation.OtherTokenType,
        TokenResponseDeviation.NumericTokenType,
        TokenResponseDeviation.RepeatedAccessToken,
        TokenResponseDeviation.RepeatedRefreshToken,
        TokenResponseDeviation.NoAccessToken,
        TokenResponseDeviation.NestedTokens,
    ];

    // In these the client cannot read the new refresh token.
    private static readonly TokenResponseDeviation[] WithoutRefreshToken =
    [
        TokenResponseDeviation.RepeatedRefreshToken,
        TokenResponseDeviation.NumericRefreshToken,
        TokenResponseDeviation.NestedTokens,
    ];

    [Test]
    [Description("RFC 6749 §5.1: a login succeeds although the form of the token response deviates, with the scopes and the lifetime")]
    public async Task A_login_succeeds([Values] TokenResponseDeviation deviation)
    {
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.DeviatingTokenResponse(deviation), times: 1);
        if (Unusable.Contains(deviation))
        {
            Assert.That(async () => await host.SignInAsync(), Throws.TypeOf<OAuthProtocolException>());
            return;
        }
        var grant = await host.SignInAsync();

        Assert.That(grant.Scopes, Is.EqualTo(new[] { "api", "photos.read" }));
        Assert.That(grant.AccessToken!.AuthorizationHeader, Does.StartWith("Bearer "));
        Assert.That(grant.CanRefresh, Is.EqualTo(!WithoutRefreshToken.Contains(deviation)));
        var lifetime = grant.AccessToken.ExpiresAt - host.Clock.GetUtcNow();
        switch (deviation)
        {
            case TokenResponseDeviation.EmptyLifetime or TokenResponseDeviation.NullLifetime:
                Assert.That(lifetime, Is.Null);
                break;
            case TokenResponseDeviation.NegativeLifetime:
                Assert.That(lifetime, Is.EqualTo(TimeSpan.Zero));
                break;
            case TokenResponseDeviation.EnormousLifetime:
                Assert.That(lifetime, Is.EqualTo(TimeSpan.FromSeconds(315_360_000)));
                break;
            default:
                Assert.That(lifetime, Is.EqualTo(host.Server.Options.AccessTokenLifetime).Within(TimeSpan.FromSeconds(1)));
                break;
        }
    }

    [Test]
    [Description("The life of a token, rule 6: a deviation costs at most the access token; the next call presents the new refresh token")]
    public async Task A_refresh_keeps_the_grant([Values] TokenResponseDeviation deviation)
    {
        // Without a readable refresh token the client keeps the old one, which lives on only at a server with a grace period.
        await using var host = await OAuthTestHost.StartAsync(server: o => o.RefreshTokenGracePeriod = TimeSpan.FromHours(24));
        var before = await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        if (!WithoutRefreshToken.Contains(deviation))
            host.Server.Options.RefreshTokenGracePeriod = TimeSpan.Zero;
        host.Server.Faults.Add(TestEndpoint.Token, Fault.DeviatingTokenResponse(deviation), times: 1);

        if (Unusable.Contains(deviation))
            Assert.That(async () => await host.Client.GetAccessTokenAsync(Owner), Throws.TypeOf<OAuthProtocolException>());
        else
            Assert.That(await host.Client.GetAccessTokenAsync(Owner), Is.Not.EqualTo(before.AccessToken));
        var after = (await host.Client.FindGrantAsync(Owner))!;
        Assert.That(after.RefreshToken!.Equals(before.RefreshToken), Is.EqualTo(WithoutRefreshToken.Contains(deviation)));
        Assert.That(after.Scopes, Is.EqualTo(before.Scopes));

        host.Clock.Advance(TimeSpan.FromHours(2));
        Assert.That(await host.Client.GetAccessTokenAsync(Owner), Is.Not.EqualTo(before.AccessToken));
        Assert.That(host.Log.Events(304), Is.Empty);
    }

    [Test]
    [Description("Options make the deviations usable that the client must know")]
    public async Task Adaptations_make_deviations_usable(
        [Values(TokenResponseDeviation.OtherTokenType, TokenResponseDeviation.NestedTokens)] TokenResponseDeviation deviation
    )
    {
        await using var host = await OAuthTestHost.StartAsync(o =>
        {
            o.Adaptation.BearerTokenTypes = ["bot"];
            o.Adaptation.TokenPath = deviation == TokenResponseDeviation.NestedTokens ? ["authed_user"] : [];
        });
        host.Server.Faults.Add(TestEndpoint.Token, Fault.DeviatingTokenResponse(deviation));
        await host.SignInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));

        Assert.That(async () => await host.Client.GetAccessTokenAsync(Owner), Throws.Nothing);
    }
}
