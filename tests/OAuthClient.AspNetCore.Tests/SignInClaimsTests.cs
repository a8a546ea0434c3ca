using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests the name, e-mail address, roles and identifier of a user who signs in, from the ID Token and from UserInfo.</summary>
public sealed class SignInClaimsTests
{
    private const string NameType = ClaimTypes.Name;

    [Test]
    [Description("OpenID Connect Core §5.1: name, e-mail address and roles of the ID Token are in the cookie, and Identity.Name works")]
    public async Task The_claims_of_the_id_token_are_in_the_cookie()
    {
        await using var app = await StartAsync();
        app.Server.Options.OnIdTokenClaims = claims =>
        {
            (claims["name"], claims["email"], claims["email_verified"]) = ("Alice A.", "alice@example.com", true);
            claims["roles"] = new JsonArray("admin", "reader");
        };
        var claims = await SignedInAsync(app);
        Assert.That(claims, Has.Member($"{NameType}=Alice A.").And.Member("Identity.Name=Alice A."));
        Assert.That(claims, Has.Member($"{ClaimTypes.Email}=alice@example.com").And.Member("email_verified=true"));
        Assert.That(claims, Has.Member($"{ClaimTypes.Role}=admin").And.Member($"{ClaimTypes.Role}=reader").And.Member("IsInRole=True"));
        Assert.That(app.Server.RequestsTo(TestEndpoint.UserInfo), Is.Empty, "UserInfo is not requested by default");
    }

    [TestCase("""{"preferred_username":"al","email":"a@example.com"}""", "al")]
    [TestCase("""{"email":"a@example.com","nickname":"nick"}""", "a@example.com")]
    [TestCase("""{"name":"","nickname":"nick"}""", "nick")]
    [TestCase("""{"name":{"first":"x"},"upn":"al@contoso"}""", "al@contoso")]
    [TestCase("""{"login":"octocat","name":"O. Cat"}""", "octocat", "login")]
    [Description("OpenID Connect Core §5.1: a server without name still gives the user a name, and an option names the claim")]
    public async Task The_name_falls_back(string claims, string expected, string? nameClaim = null)
    {
        await using var app = await StartAsync(o => o.NameClaim = nameClaim ?? o.NameClaim);
        app.Server.Options.OnIdTokenClaims = token => Replace(token, claims);
        Assert.That(await SignedInAsync(app), Has.Member($"Identity.Name={expected}"));
    }

    [TestCase("""{"roles":["admin"],"role":["reader"]}""", "roles")]
    [TestCase("""{"role":["admin"]}""", "role")]
    [TestCase("""{"groups":"admin"}""", "groups")]
    [TestCase("""{"realm_access":{"roles":["admin"]}}""", "realm_access.roles")]
    [TestCase("""{"https://example.com/roles":["admin"]}""", "https://example.com/roles")]
    [Description("Roles are found under the claim of the option, also within other claims")]
    public async Task Roles_are_found(string claims, string roleClaim)
    {
        await using var app = await StartAsync(o => o.RoleClaim = roleClaim);
        app.Server.Options.OnIdTokenClaims = token => Replace(token, claims);
        Assert.That(await SignedInAsync(app), Has.Member($"{ClaimTypes.Role}=admin").And.Member("IsInRole=True"));
    }

    [TestCase("""{"role":["admin"]}""", "roles")]
    [TestCase("""{"Roles":["admin"],"ROLES":"admin"}""", "roles")]
    [TestCase("""{"roles":["reader"],"Roles":["admin"]}""", "roles")]
    [TestCase("""{"http://schemas.microsoft.com/ws/2008/06/identity/claims/role":["admin"]}""", "roles")]
    [TestCase("""{"http://schemas.microsoft.com/ws/2008/06/identity/claims/role":["admin"],"roles":["admin"]}""", "")]
    [Description("Threat: a server grants roles of the application. Only the claim that the option names does, with regard to case")]
    public async Task No_other_claim_grants_a_role(string claims, string roleClaim)
    {
        await using var app = await StartAsync(o => o.RoleClaim = roleClaim);
        app.Server.Options.OnIdTokenClaims = token => Replace(token, claims);
        Assert.That(await SignedInAsync(app), Has.None.EqualTo($"{ClaimTypes.Role}=admin").And.Member("IsInRole=False"));
    }

    [Test]
    [Description("OpenID Connect Core §5.3: UserInfo supplies what the ID Token lacks, and does not replace what it has")]
    public async Task UserInfo_supplies_what_the_id_token_lacks()
    {
        await using var app = await StartAsync(o => o.FetchUserInfoAtSignIn = true);
        app.Server.Options.OnIdTokenClaims = token => Replace(token, """{"name":"From the token"}""");
        app.Server.Options.OnUserInfo = claims =>
            Replace(claims, """{"name":"From UserInfo","email":"alice@example.com","roles":["admin"],"oauthclient.owner":"user:admin"}""");
        var claims = await SignedInAsync(app);
        Assert.That(claims, Has.Member("Identity.Name=From the token").And.Member($"{ClaimTypes.Email}=alice@example.com"));
        Assert.That(claims, Has.Member("IsInRole=True").And.None.Contains("user:admin"));
        Assert.That(app.Server.RequestsTo(TestEndpoint.UserInfo), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("OpenID Connect Core §5.3: an ID Token with everything causes no UserInfo request")]
    public async Task UserInfo_is_not_requested_in_vain()
    {
        await using var app = await StartAsync(o => o.FetchUserInfoAtSignIn = true);
        app.Server.Options.OnIdTokenClaims = token => Replace(token, """{"name":"A","email":"a@example.com","roles":["admin"]}""");
        await SignedInAsync(app);
        Assert.That(app.Server.RequestsTo(TestEndpoint.UserInfo), Is.Empty);
    }

    [TestCase(true), TestCase(false)]
    [Description(
        "OpenID Connect Core §5.3.2: UserInfo that fails, or is of another user, is not used; the sign-in goes on and a warning is logged"
    )]
    public async Task A_failed_UserInfo_request_does_not_prevent_the_sign_in(bool isOfAnotherUser)
    {
        await using var app = await StartAsync(o => o.FetchUserInfoAtSignIn = true);
        app.Server.Options.OnIdTokenClaims = token => Replace(token, "{}");
        app.Server.Options.OnUserInfo = claims => Replace(claims, """{"name":"Mallory","roles":["admin"]}""");
        if (isOfAnotherUser)
            app.Server.Options.Defect = Defect.UserInfoWrongSubject;
        else
            app.Server.Faults.Add(TestEndpoint.UserInfo, Fault.Status(403));
        var claims = await SignedInAsync(app);
        Assert.That(claims, Has.Some.StartsWith("sub=").And.None.Contains("Mallory").And.Member("IsInRole=False"));
        Assert.That(app.Logged, Has.Some.Contains("signed a user in without UserInfo"));
    }

    [Test]
    [Description("An application that moves from AddOpenIdConnect keeps the keys of its users; the owner of the grants stays the same")]
    public async Task The_name_identifier_is_configurable()
    {
        await using var app = await StartAsync(o => o.NameIdentifierClaim = "sub");
        var claims = await SignedInAsync(app);
        string subject = claims.Single(claim => claim.StartsWith("sub=", StringComparison.Ordinal))["sub=".Length..];
        Assert.That(claims, Has.Member($"{ClaimTypes.NameIdentifier}={subject}"));
        Assert.That(claims, Has.Member($"{GrantOwner.ClaimType}=subject:{app.Server.Issuer.OriginalString} {subject}"));
        Assert.That(claims, Has.Member("Owner=" + GrantOwner.Subject(app.Server.Issuer.OriginalString, subject)));
    }

    [Test]
    [Description("Without the claim that identifies the user, no user is signed in, because another key would be another user")]
    public async Task A_missing_name_identifier_prevents_the_sign_in()
    {
        await using var app = await StartAsync(o => o.NameIdentifierClaim = "oid");
        var browser = app.OpenBrowser(user: null);
        var response = await browser.LogInAsync();
        response.RequireException(nameof(OAuthException), "The server sent no claim 'oid'");
        Assert.That(await browser.GetUserAsync(), Is.Empty);
    }

    private static Task<App> StartAsync(Action<BrowserAuthorizationOptions>? options = null) =>
        OpenIdApp.StartAsync(
            services: services => services.Configure<BrowserAuthorizationOptions>("photos", o => options?.Invoke(o)),
            endpoints: web =>
                web.Map(
                    "/who",
                    (HttpContext context, ICurrentGrantOwner owner) =>
                        string.Join(
                            '\n',
                            context
                                .User.Claims.Select(claim => $"{claim.Type}={claim.Value}")
                                .Append($"Identity.Name={context.User.Identity!.Name}")
                                .Append($"IsInRole={context.User.IsInRole("admin")}")
                                .Append($"Owner={owner.Find()}")
                        )
                )
        );

    private static async Task<string[]> SignedInAsync(App app)
    {
        var browser = app.OpenBrowser(user: null);
        var response = await browser.LogInAsync();
        Assert.That((int)response.Status, Is.EqualTo(302), response.Body);
        return (await browser.GetAsync("/who")).Body.Split('\n');
    }

    // Replaces the claims about the user, and keeps those of the protocol.
    private static void Replace(JsonObject claims, string json)
    {
        foreach (string name in new[] { "name", "preferred_username", "email", "email_verified", "nickname", "given_name", "family_name" })
            claims.Remove(name);
        foreach (var (name, value) in JsonNode.Parse(json)!.AsObject())
            claims[name] = value?.DeepClone();
    }
}
