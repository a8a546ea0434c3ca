using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the complete authorization code flow.</summary>
[TestFixture]
internal sealed class CodeFlowTests
{
    [Test, Description("RFC 6749 §4.1: authorization request, code redemption, UserInfo request and refresh succeed")]
    public async Task Code_flow_returns_usable_tokens()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Uri callback = await bed.SignInAsync();
        IReadOnlyDictionary<string, string> query = TestBed.Query(callback);
        JsonObject tokens = await TestBed.JsonAsync(await bed.RedeemAsync(query["code"]), HttpStatusCode.OK);
        JsonObject user = await TestBed.JsonAsync(
            await bed.GetAsync(bed.Server.UserInfoEndpoint, (string?)tokens["access_token"]),
            HttpStatusCode.OK
        );
        JsonObject refreshed = await TestBed.JsonAsync(await bed.RefreshAsync((string)tokens["refresh_token"]!), HttpStatusCode.OK);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(callback.GetLeftPart(UriPartial.Path), Is.EqualTo(TestBed.RedirectUri));
            Assert.That(query["state"], Is.EqualTo("the state"));
            Assert.That(query["iss"], Is.EqualTo(bed.Server.Issuer.OriginalString));
            Assert.That((string?)tokens["token_type"], Is.EqualTo("Bearer"));
            Assert.That((long)tokens["expires_in"]!, Is.EqualTo(3600));
            Assert.That((string?)tokens["scope"], Is.EqualTo("openid profile api offline_access"));
            Assert.That((string?)user["sub"], Is.EqualTo("alice"));
            Assert.That((string?)user["name"], Is.EqualTo("Alice Adams"));
            Assert.That(user.ContainsKey("email"), Is.False, "the scope email was not requested");
            Assert.That((string?)refreshed["access_token"], Is.Not.EqualTo((string?)tokens["access_token"]));
        }
    }
}
