using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

[TestFixture]
internal sealed class RevocationTests
{
    [Test, Description("RFC 7009 §2.1: a refresh token takes its access tokens with it")]
    public async Task Revoking_a_refresh_token_kills_its_access_tokens()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync();

        using HttpResponseMessage response = await bed.PostAsync(
            bed.Server.RevocationEndpoint,
            ("token", (string?)tokens["refresh_token"]),
            ("token_type_hint", "refresh_token")
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await bed.UserInfoStatusAsync((string)tokens["access_token"]!), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync((string)tokens["refresh_token"]!)), Is.EqualTo("invalid_grant"));
        }
    }

    [Test, Description("RFC 7009 §2.1: an access token dies alone")]
    public async Task Revoking_an_access_token_leaves_the_refresh_token()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync();

        using HttpResponseMessage response = await bed.PostAsync(bed.Server.RevocationEndpoint, ("token", (string?)tokens["access_token"]));
        using HttpResponseMessage refreshed = await bed.RefreshAsync((string)tokens["refresh_token"]!);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await bed.UserInfoStatusAsync((string)tokens["access_token"]!), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(refreshed.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test, Description("RFC 7009 §2.2: an unknown token is no error; §2.1: a wrong hint does not matter")]
    public async Task Unknown_tokens_and_wrong_hints_are_fine()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject tokens = await bed.TokensAsync();

        using HttpResponseMessage unknown = await bed.PostAsync(bed.Server.RevocationEndpoint, ("token", "made-up"));
        using HttpResponseMessage hinted = await bed.PostAsync(
            bed.Server.RevocationEndpoint,
            ("token", (string?)tokens["refresh_token"]),
            ("token_type_hint", "access_token")
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(unknown.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(hinted.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync((string)tokens["refresh_token"]!)), Is.EqualTo("invalid_grant"));
        }
    }

    [Test, Description("RFC 7009 §2.1: the client authenticates, and only its own tokens are revoked")]
    public async Task Only_the_tokens_own_client_can_revoke_it()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "other", ClientSecret = "s" });
        JsonObject tokens = await bed.TokensAsync();
        (string, string?) token = ("token", (string?)tokens["access_token"]);

        string? foreign = await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.RevocationEndpoint, TestBed.Basic("other", "s"), token));
        string? anonymous = await TestBed.ErrorAsync(
            await bed.PostAsync(bed.Server.RevocationEndpoint, null, token),
            HttpStatusCode.Unauthorized
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(foreign, Is.EqualTo("invalid_grant"));
            Assert.That(anonymous, Is.EqualTo("invalid_client"));
            Assert.That(await bed.UserInfoStatusAsync((string)tokens["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test, Description("RFC 7009 §2.1: token is required")]
    public async Task Revocation_needs_a_token()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.RevocationEndpoint)), Is.EqualTo("invalid_request"));
    }
}
