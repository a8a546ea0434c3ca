using System.Security.Claims;

namespace OAuthClient.Tests;

/// <summary>Tests the claims of the principal of a completed authorization (OpenID Connect Core §2, §5.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantClaimsTests
{
    [Test]
    [Description("OpenID Connect Core §5.1: the principal holds the claims of the ID Token and of userinfo")]
    public async Task A_principal_combines_the_ID_Token_and_userinfo()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "profile"]);
        host.Server.Options.OnIdTokenClaims = claims => claims["roles"] = "admin";
        var grant = await host.SignInAsync();
        var userInfo = await host.Client.GetUserInfoAsync(GrantOwner.User("42"));

        var principal = grant.ToClaimsPrincipal(userInfo);
        Assert.That(principal.Identity!.Name, Is.EqualTo("Alice Adams"));
        Assert.That(principal.IsInRole("admin"), Is.True);
        Assert.That(principal.FindFirst("sub")!.Value, Is.EqualTo("alice"));
        Assert.That(
            principal.Claims.Where(claim => claim.Type != GrantOwner.ClaimType).Select(claim => claim.Issuer),
            Has.All.EqualTo(host.Server.Issuer.OriginalString)
        );
        Assert.That(
            principal.FindFirst(GrantOwner.ClaimType),
            Has.Property("Value").EqualTo("user:42").And.Property("Issuer").EqualTo(ClaimsIdentity.DefaultIssuer)
        );

        Assert.That(
            grant.ToClaimsPrincipal(authenticationType: "Here", nameClaim: "sub").Identity,
            Has.Property("Name").EqualTo("alice").And.Property("AuthenticationType").EqualTo("Here")
        );
        Assert.That(userInfo.ToClaimsPrincipal().FindFirst("name")!.Issuer, Is.EqualTo(host.Server.Issuer.OriginalString));
        Assert.That(grant.StandardClaims!.Subject, Is.EqualTo("alice"));
        Assert.That(userInfo.StandardClaims.Name, Is.EqualTo("Alice Adams"));
    }

    [TestCase("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier")]
    [TestCase("HTTP://schemas.xmlsoap.org/ws/2005/05/identity/claims/NameIdentifier")]
    [TestCase("oauthclient.client")]
    [TestCase("OAuthClient.SignIn")]
    [Description(
        "Threat: one user's token to another. A server cannot set the owner of the user's grants: such claims are omitted, and "
            + "the id is the owner of the grant"
    )]
    public async Task A_server_does_not_set_the_owner(string claim)
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("mallory", claims: claims => claims[claim] = "alice-at-another");
        var principal = grant.ToClaimsPrincipal();
        Assert.That(principal.Claims.Select(known => known.Value), Has.None.EqualTo("alice-at-another"));
        Assert.That(
            principal.FindAll(ClaimTypes.NameIdentifier).Select(known => known.Value),
            Is.EqualTo(new[] { grant.Owner.ToString() })
        );
        Assert.That(principal.FindAll(GrantOwner.ClaimType).Select(known => known.Value), Is.EqualTo(new[] { grant.Owner.ToString() }));
    }

    [Test]
    [Description(
        "Threat: the same id at two login providers. Principals of two servers' userinfo have two owners, even if one user "
            + "connected both"
    )]
    public async Task Userinfo_of_two_servers_has_two_owners()
    {
        List<string> owners = [];
        for (int i = 0; i < 2; i++)
        {
            await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
            await host.SignInAsync();
            var principal = (await host.Client.GetUserInfoAsync(GrantOwner.User("42"))).ToClaimsPrincipal();
            owners.Add(principal.FindFirst(GrantOwner.ClaimType)!.Value);
            Assert.That(owners[i], Is.EqualTo(GrantOwner.Subject(host.Server.Issuer.OriginalString, "alice").ToString()));
            Assert.That(principal.FindFirst(ClaimTypes.NameIdentifier)!.Value, Is.EqualTo(owners[i]));
        }
        Assert.That(owners[0], Is.Not.EqualTo(owners[1]));
    }

    [Test]
    [Description(
        "Threat: the same subject at two tenants. OpenID Connect Core §5.7: without an ID Token the tenant is unknown, so "
            + "userinfo creates no principal, which users of two tenants would share"
    )]
    public async Task Userinfo_without_the_tenant_has_no_owner()
    {
        await using var server = TenantsServer();
        var userInfo = await UserInfoOfAsync(server, GrantOwner.User("42"), "1001");
        Assert.That(userInfo.Subject, Is.EqualTo("1001"));
        Assert.That(() => userInfo.ToClaimsPrincipal(), Throws.InvalidOperationException.With.Message.Contains("request the scope openid"));
    }

    [Test]
    [Description("Without an ID Token the tenant is that of the grant's owner, if userinfo is about the owner")]
    public async Task Userinfo_without_an_ID_Token_has_the_owner_of_the_grant()
    {
        await using var server = TenantsServer();
        foreach (string tenant in new[] { "a", "b" })
        {
            var owner = GrantOwner.Subject($"{ScriptedServer.Origin}/{tenant}", "1001");
            var principal = (await UserInfoOfAsync(server, owner, "1001")).ToClaimsPrincipal();
            Assert.That(principal.FindFirst(GrantOwner.ClaimType)!.Value, Is.EqualTo(owner.ToString()));
        }
        GrantOwner[] others =
        [
            GrantOwner.Subject(ScriptedServer.Origin + "/a", "1002"),
            GrantOwner.Subject("https://other.example/a", "1001"),
        ];
        foreach (var owner in others)
        {
            var userInfo = await UserInfoOfAsync(server, owner, "1001");
            Assert.That(() => userInfo.ToClaimsPrincipal(), Throws.InvalidOperationException, owner.ToString());
        }
    }

    [TestCase("s1"), TestCase(null)]
    [Description(
        "The principal of a sign-in holds the client, owner, session and sign-in, by which its cookie is checked; a server "
            + "cannot set any of them"
    )]
    public async Task The_principal_of_a_sign_in_identifies_the_sign_in(string? sessionId)
    {
        await using OpenIdServer server = new(o => o.UserInfoEndpoint = new(ScriptedServer.Origin + "/userinfo"));
        var grant = await server.SignInAsync("alice", sessionId);
        server.Script.Answers("""{"sub":"alice","sid":"chosen","oauthclient.client":"chosen","oauthclient.sign_in":"chosen"}""");
        var userInfo = await server.Client.GetUserInfoAsync(grant.Owner);

        var principal = grant.ToClaimsPrincipal(userInfo);

        Assert.That(principal.FindAll("oauthclient.client").Select(claim => claim.Value), Is.EqualTo(new[] { "" }));
        Assert.That(principal.FindAll("oauthclient.sign_in").Select(claim => claim.Value), Is.EqualTo(new[] { grant.SignInId }));
        Assert.That(principal.FindAll("sid").Select(claim => claim.Value), Is.EqualTo(sessionId is null ? [] : new[] { sessionId }));
        server.Script.Answers(server.Answer);
        var connected = await server.ConnectAsync(grant.Owner, "alice", sessionId);
        Assert.That(connected.ToClaimsPrincipal().FindFirst("oauthclient.sign_in"), Is.Null, "connected, not signed in");
    }

    [Test]
    [Description("OpenID Connect Core §5.3.2: userinfo of another user is rejected")]
    public async Task Userinfo_of_another_user_is_rejected()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        var grant = await host.SignInAsync();
        await using ScriptedServer other = new();
        await other.SignInAsync();
        other.Answers("""{"sub":"mallory"}""");
        var userInfo = await other.Client.GetUserInfoAsync(GrantOwner.User("42"));
        Assert.That(() => grant.ToClaimsPrincipal(userInfo), Throws.ArgumentException);
    }

    [Test]
    [Description("Without an ID Token the user did not sign in: no principal that looks authenticated is created")]
    public async Task Without_an_ID_Token_there_is_no_principal()
    {
        await using ScriptedServer server = new();
        var grant = await server.SignInAsync();
        Assert.That(() => grant.ToClaimsPrincipal(), Throws.InvalidOperationException.With.Message.Contains("openid"));
        Assert.That(grant.StandardClaims, Is.Null);
        Assert.That(grant.ClaimSources, Is.Empty);
    }

    private static OpenIdServer TenantsServer() =>
        new(o =>
        {
            o.IssuerTemplate = ScriptedServer.Origin + "/{tenantid}";
            o.UserInfoEndpoint = new(ScriptedServer.Origin + "/userinfo");
        });

    private static async Task<UserInfo> UserInfoOfAsync(OpenIdServer server, GrantOwner owner, string subject)
    {
        var (pending, response) = await server.AnsweredAsync(subject, "s1", parameters: new() { Scopes = ["profile"] });
        server.Script.Answers(ScriptedServer.Tokens("at", scope: "profile"));
        await server.Client.CompleteAuthorizationAsync(pending, response, owner);
        server.Script.Answers($$"""{"sub":"{{subject}}"}""");
        return await server.Client.GetUserInfoAsync(owner);
    }

    [Test]
    [Description(
        "The ID Token is parsed once, also for the generations that follow it, because each use of a tenant's grant reads its iss"
    )]
    public async Task The_ID_Token_is_parsed_once()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync("alice");
        Assert.That(grant.Issuer, Is.Not.Empty);
        var next = grant.AfterGeneration(grant.Generation);

        Assert.That(AllocatedByReading(grant), Is.Zero);
        Assert.That(AllocatedByReading(next), Is.Zero);
    }

    private static long AllocatedByReading(Grant grant)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = grant.IdTokenClaims;
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
