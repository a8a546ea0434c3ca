using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests aggregated and distributed claims.</summary>
[TestFixture]
internal sealed class ClaimSourceTests
{
    [Test, Description("OpenID Connect Core §5.6.2.1: aggregated claims are included as a signed JWT")]
    public async Task Aggregated_claims_are_included_as_a_signed_JWT()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject claims = await UserInfoAsync(bed, distributed: false);

        string token = (string)claims["_claim_sources"]!["bank"]!["JWT"]!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(claims["_claim_names"]!.ToJsonString(), Is.EqualTo("""{"credit_score":"bank","iban":"bank"}"""));
            Assert.That(claims.ContainsKey("credit_score"), Is.False);
            Assert.That(Jose.KeysThatVerify(token, await bed.KeysAsync()), Has.Count.EqualTo(1));
            Assert.That((int?)Jose.Claims(token)["credit_score"], Is.EqualTo(650));
            Assert.That(bed.Server.RequestsTo(TestEndpoint.Claims), Is.Empty);
        }
    }

    [Test, Description("OpenID Connect Core §5.6.2.2: the claims endpoint requires the access token of the claim source")]
    public async Task Distributed_claims_are_served_by_the_claims_endpoint()
    {
        await using TestBed bed = await TestBed.StartAsync();
        JsonObject source = (await UserInfoAsync(bed, distributed: true))["_claim_sources"]!["bank"]!.AsObject();
        Uri endpoint = new((string)source["endpoint"]!);

        using HttpResponseMessage response = await bed.GetAsync(endpoint, (string)source["access_token"]!);
        using HttpResponseMessage withoutToken = await bed.GetAsync(endpoint);
        using HttpResponseMessage withUserInfoToken = await bed.GetAsync(endpoint, (string)(await bed.TokensAsync())["access_token"]!);
        string token = await response.Content.ReadAsStringAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/jwt"));
            Assert.That(Jose.KeysThatVerify(token, await bed.KeysAsync()), Has.Count.EqualTo(1));
            Assert.That((int?)Jose.Claims(token)["credit_score"], Is.EqualTo(650));
            Assert.That(withoutToken.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(
                withUserInfoToken.StatusCode,
                Is.EqualTo(HttpStatusCode.Unauthorized),
                "an access token for UserInfo is not valid for the claims endpoint"
            );
            Assert.That(source.ContainsKey("JWT"), Is.False);
        }
    }

    private static async Task<JsonObject> UserInfoAsync(TestBed bed, bool distributed)
    {
        bed.Server.AddUser(
            new TestUser
            {
                Subject = "carol",
                UserName = "carol",
                ClaimSources =
                {
                    new TestClaimSource
                    {
                        Name = "bank",
                        Distributed = distributed,
                        Claims = { ["credit_score"] = 650, ["iban"] = "GB00TEST" },
                    },
                },
            }
        );
        Uri callback = await bed.Server.SignInAsync(bed.AuthorizationUri(), new SignInOptions { UserName = "carol" });
        JsonObject tokens = await TestBed.JsonAsync(await bed.RedeemAsync(TestBed.Query(callback)["code"]), HttpStatusCode.OK);
        return await TestBed.JsonAsync(await bed.GetAsync(bed.Server.UserInfoEndpoint, (string)tokens["access_token"]!), HttpStatusCode.OK);
    }
}
