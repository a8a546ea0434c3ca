using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests the UserInfo endpoint (OpenID Connect Core §5.3) and the claim sources it refers to (§5.6.2).</summary>
public sealed class UserInfoTests
{
    [Test]
    [Description("OpenID Connect Core §5.3.2: sub differs from that of the ID Token")]
    public async Task oidcc_client_test_userinfo_invalid_sub()
    {
        await using var party = await RelyingParty.StartAsync();
        await RejectsAsync(party, Defect.UserInfoWrongSubject, "describes another user");
    }

    [Test]
    [Description("OpenID Connect Core §5.3.1, RFC 6750 §2.1: the token is sent in the Authorization header only")]
    public async Task oidcc_client_test_userinfo_bearer_header()
    {
        await using var party = await RelyingParty.StartAsync();
        var grant = await party.AcceptsLoginAsync();
        var user = await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly();
        Assert.That((user.Subject, user["name"]), Is.EqualTo(("alice", "Alice Adams")));
        var request = party.Server.RequestsTo(TestEndpoint.UserInfo).Single();
        Assert.That(request.Headers["Authorization"], Is.EqualTo("Bearer " + grant.AccessToken!.Reveal()));
        Assert.That((request.Method, request.QueryString, request.Body), Is.EqualTo(("GET", "", "")));
    }

    [Test]
    [Description("OpenID Connect Core §5.3.2: the response is a JWT signed with RS256")]
    public async Task oidcc_client_test_userinfo_signed()
    {
        await using var party = await RelyingParty.StartAsync(registered: RelyingParty.Registered(userInfo: "RS256"));
        await party.AcceptsLoginAsync();
        var user = await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly();
        Assert.That((user.Subject, user["name"]), Is.EqualTo(("alice", "Alice Adams")));
        Assert.That(user["iss"], Is.EqualTo(party.Server.Issuer.OriginalString), "which only the signed response contains");
    }

    [Test]
    [Description("OpenID Connect Core §5.4: the claims of the scopes profile, email, address and phone")]
    public async Task oidcc_client_test_scope_userinfo_claims()
    {
        await using var party = await RelyingParty.StartAsync(o => o.Scopes = ["openid", "profile", "email", "address", "phone"]);
        await party.AcceptsLoginAsync();
        var claims = (await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly()).StandardClaims;
        Assert.That(
            (claims.Name, claims.GivenName, claims.FamilyName, claims.PreferredUsername),
            Is.EqualTo(("Alice Adams", "Alice", "Adams", "alice"))
        );
        Assert.That((claims.Email, claims.EmailVerified), Is.EqualTo(("alice@example.com", true)));
        Assert.That(
            (claims.Address!.StreetAddress, claims.Address.Locality, claims.Address.Country),
            Is.EqualTo(("1 Test Street", "London", "United Kingdom"))
        );
        Assert.That((claims.PhoneNumber, claims.PhoneNumberVerified), Is.EqualTo(("+44 20 7946 0123", false)));
    }

    [Test]
    [Description("OpenID Connect Core §5.6.2.1: aggregated claims of another provider are returned as a JWT")]
    public async Task oidcc_client_test_aggregated_claims()
    {
        await using var party = await StartWithSourceAsync(distributed: false);
        var source = await OnlySourceAsync(party);
        Assert.That(source.Endpoint, Is.Null);
        var claims = await party.Service<ClaimSourceReader>().ReadAsync(source).Promptly();
        Assert.That(claims["shipping_address"], Is.EqualTo("1 Harbour Road"));
        Assert.That(party.Server.RequestsTo(TestEndpoint.Claims), Is.Empty);
    }

    [Test]
    [Description(
        "OpenID Connect Core §5.6.2.2: distributed claims of another provider are requested only when needed, with the access "
            + "token of that source"
    )]
    public async Task oidcc_client_test_distributed_claims()
    {
        await using var party = await StartWithSourceAsync(distributed: true);
        var source = await OnlySourceAsync(party);
        Assert.That(source.Endpoint, Is.Not.Null);
        Assert.That(party.Server.RequestsTo(TestEndpoint.Claims), Is.Empty);
        var claims = await party.Service<ClaimSourceReader>().ReadAsync(source).Promptly();
        Assert.That(claims["shipping_address"], Is.EqualTo("1 Harbour Road"));
        string users = (await party.StoredAsync()).Single().AccessToken!.Reveal();
        Assert.That(
            party.Server.RequestsTo(TestEndpoint.Claims).Single().Headers["Authorization"],
            Does.StartWith("Bearer ").And.Not.Contain(users)
        );
    }

    private static async Task RejectsAsync(RelyingParty party, Defect defect, string cause)
    {
        var grant = await party.AcceptsLoginAsync();
        party.Server.Options.Defect = defect;
        party.Server.ClearRequests();
        Assert.That(
            async () => await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains(cause)
        );
        // A signature that does not verify may have been created with a newer key.
        Assert.That(party.Called, Is.SubsetOf([TestEndpoint.UserInfo, TestEndpoint.Jwks]));
        Assert.That(party.Server.RequestsTo(TestEndpoint.UserInfo), Has.Count.EqualTo(1));
        Assert.That((await party.StoredAsync()).Single().Generation, Is.EqualTo(grant.Generation));
        party.Server.Options.Defect = Defect.None;
        Assert.That((await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly()).Subject, Is.EqualTo("alice"));
    }

    private static async Task<RelyingParty> StartWithSourceAsync(bool distributed)
    {
        var party = await RelyingParty.StartAsync();
        party.Server.AddUser(
            new TestUser
            {
                Subject = "alice",
                UserName = "alice",
                ClaimSources =
                {
                    new TestClaimSource
                    {
                        Name = "shop",
                        Distributed = distributed,
                        Claims = { ["shipping_address"] = JsonValue.Create("1 Harbour Road") },
                    },
                },
            }
        );
        return party;
    }

    private static async Task<ClaimSource> OnlySourceAsync(RelyingParty party)
    {
        await party.AcceptsLoginAsync();
        var user = await party.Client.GetUserInfoAsync(RelyingParty.Owner).Promptly();
        Assert.That(user["shipping_address"], Is.Null, "a claim of the source, not of the server");
        var source = user.ClaimSources.Single();
        Assert.That((source.Name, source.ClaimNames.Single()), Is.EqualTo(("shop", "shipping_address")));
        return source;
    }
}
