using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the revocation endpoint.</summary>
[TestFixture]
internal sealed class RevocationTests
{
    [Test, Description("RFC 7009 §2.1: revoking a refresh token revokes its access tokens")]
    public async Task Revoking_a_refresh_token_revokes_its_access_tokens()
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

    [Test, Description("RFC 7009 §2.1: revoking an access token does not revoke the refresh token")]
    public async Task Revoking_an_access_token_keeps_the_refresh_token()
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

    [Test, Description("RFC 7009 §2.1, §2.2: an unknown token is not an error, and a wrong hint is ignored")]
    public async Task Unknown_token_and_wrong_hint_are_accepted()
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

    [Test, Description("RFC 7009 §2.1: the client must authenticate and can revoke only its own tokens")]
    public async Task Only_the_client_of_a_token_can_revoke_it()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.AddClient(new TestClient { ClientId = "other", ClientSecret = "s" });
        JsonObject tokens = await bed.TokensAsync();
        (string, string?) token = ("token", (string?)tokens["access_token"]);

        string? otherClient = await TestBed.ErrorAsync(
            await bed.PostAsync(bed.Server.RevocationEndpoint, TestBed.Basic("other", "s"), token)
        );
        string? anonymous = await TestBed.ErrorAsync(
            await bed.PostAsync(bed.Server.RevocationEndpoint, null, token),
            HttpStatusCode.Unauthorized
        );

        using (Assert.EnterMultipleScope())
        {
            Assert.That(otherClient, Is.EqualTo("invalid_grant"));
            Assert.That(anonymous, Is.EqualTo("invalid_client"));
            Assert.That(await bed.UserInfoStatusAsync((string)tokens["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test, Description("RFC 7009 §2.1: token is required")]
    public async Task Revocation_requires_a_token()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(await TestBed.ErrorAsync(await bed.PostAsync(bed.Server.RevocationEndpoint)), Is.EqualTo("invalid_request"));
    }
}
