using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests which grant owner is derived from the claims of a request's user and their issuers.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class CurrentUserClaimsTests
{
    [Test]
    public void Without_an_authenticated_identity_there_is_no_owner()
    {
        Assert.That(Find(), Is.Null);
        Assert.That(Find(new ClaimsIdentity([Id("mallory")])), Is.Null, "not authenticated");
        Assert.That(Find(new ClaimsIdentity([Id("mallory")]), Identity(new Claim("sub", "1"))), Is.EqualTo(GrantOwner.User("1")));
    }

    [Test]
    [Description("A claim that the application issued contains its own user id: NameIdentifier, or else sub")]
    public void Claims_of_the_application_contain_its_user_id()
    {
        Assert.That(Find(Identity(new Claim("sub", "1"))), Is.EqualTo(GrantOwner.User("1")));
        Assert.That(Find(Identity(new Claim("sub", "1"), Id("2"))), Is.EqualTo(GrantOwner.User("2")));
        Assert.That(Find(Identity(Id("subject:https://a.example 1001"))), Is.EqualTo(GrantOwner.User("subject:https://a.example 1001")));
    }

    [Test]
    [Description("Threat: equal ids at two login providers. The issuer of the claim is part of the owner")]
    public void Equal_ids_of_two_providers_are_two_owners()
    {
        var gitHub = Find(Identity(Id("1001", "GitHub")));
        Assert.That(gitHub, Is.EqualTo(GrantOwner.Subject("GitHub", "1001")));
        Assert.That(Find(Identity(Id("1001", "SmallForge"))), Is.Not.EqualTo(gitHub));
        Assert.That(Find(Identity(Id("1001"))), Is.Not.EqualTo(gitHub));
        Assert.That(
            Find(Identity(new Claim("sub", "1001", ClaimValueTypes.String, "https://a.example"))),
            Is.EqualTo(GrantOwner.Subject("https://a.example", "1001"))
        );
    }

    [Test]
    [Description("Principals of this library contain the owner in a separate claim, which takes precedence over other ids")]
    public void Owner_claim_takes_precedence()
    {
        var owner = GrantOwner.Subject("https://a.example", "1001");
        Assert.That(Find(Identity(Id("42"), new Claim(GrantOwner.ClaimType, owner.ToString()))), Is.EqualTo(owner));
        Assert.That(
            Find(Identity(Id("42"), new Claim(GrantOwner.ClaimType, "service:billing"))),
            Is.EqualTo(GrantOwner.Service("billing"))
        );
    }

    [Test]
    [Description("Threat: forged owner claim. An owner claim that another provider issued is ignored")]
    public void Owner_claim_of_another_issuer_is_ignored()
    {
        Claim forged = new(GrantOwner.ClaimType, "user:alice", ClaimValueTypes.String, "GitHub");
        Assert.That(Find(Identity(Id("1001", "GitHub"), forged)), Is.EqualTo(GrantOwner.Subject("GitHub", "1001")));
        Assert.That(() => Find(Identity(forged)), Throws.InvalidOperationException);
    }

    [TestCase("42")]
    [TestCase("client")]
    [TestCase("user:")]
    [Description("An owner claim that is not a GrantOwner.ToString() throws")]
    public void Invalid_owner_claim_throws(string text) =>
        Assert.That(
            () => Find(Identity(Id("42"), new Claim(GrantOwner.ClaimType, text))),
            Throws.InvalidOperationException.With.Message.Contain("GrantOwner.ToString()")
        );

    [Test]
    public void Two_owner_claims_throw() =>
        Assert.That(
            () => Find(Identity(new Claim(GrantOwner.ClaimType, "user:1"), new Claim(GrantOwner.ClaimType, "user:2"))),
            Throws.InvalidOperationException.With.Message.Contain("do not name exactly one owner")
        );

    [Test]
    [Description(
        "All authenticated identities must name the same owner, so that the order of authentication schemes does not select the token"
    )]
    public void Conflicting_identities_throw()
    {
        Assert.That(
            () => Find(Identity(Id("alice")), Identity(Id("bob"))),
            Throws.InvalidOperationException.With.Message.Contain("AuthenticationSchemes").And.Message.Contain("ICurrentGrantOwner")
        );
        Assert.That(() => Find(Identity(Id("1001", "GitHub")), Identity(Id("1001"))), Throws.InvalidOperationException);
        Assert.That(Find(Identity(Id("alice")), Identity(Id("alice"))), Is.EqualTo(GrantOwner.User("alice")), "both name the same owner");
        Assert.That(
            Find(Identity(new Claim(ClaimTypes.Name, "certificate")), Identity(Id("alice"))),
            Is.EqualTo(GrantOwner.User("alice")),
            "the other identity names no owner"
        );
    }

    [Test]
    [Description(
        "Threat: user-controlled claim. Claim types are case-sensitive, and conflicting id claims throw; their order selects no owner"
    )]
    public void Similar_or_conflicting_claims_do_not_select_the_owner()
    {
        const string Issuer = "https://a.example";
        Claim sub = new("sub", "mallory", ClaimValueTypes.String, Issuer),
            userControlled = new("SUB", "alice", ClaimValueTypes.String, Issuer);
        Assert.That(Find(Identity(userControlled, sub)), Is.EqualTo(GrantOwner.Subject(Issuer, "mallory")));
        Assert.That(
            () => Find(Identity(Id("alice"), Id("bob"))),
            Throws.InvalidOperationException.With.Message.Contain("different claims")
        );
        Assert.That(() => Find(Identity(Id("1001"), Id("1001", "GitHub"))), Throws.InvalidOperationException);
        Assert.That(Find(Identity(Id("alice"), Id("alice"))), Is.EqualTo(GrantOwner.User("alice")));
    }

    [Test]
    [Description("Threat: equal ids in two cookie schemes. ScopesByAuthenticationType separates their users")]
    public void Scope_of_an_authentication_type_is_part_of_the_owner()
    {
        Action<CurrentUserOptions> scopes = o => o.ScopesByAuthenticationType["Staff"] = "staff";
        Assert.That(Find(scopes, Identity("Staff", Id("42"))), Is.EqualTo(GrantOwner.User("42", "staff")));
        Assert.That(Find(scopes, Identity("Customers", Id("42"))), Is.EqualTo(GrantOwner.User("42")));
        Assert.That(Find(scopes, Identity("Customers", Id("staff:42"))), Is.Not.EqualTo(GrantOwner.User("42", "staff")));
        Assert.That(() => Find(scopes, Identity("Staff", Id("42")), Identity("Customers", Id("42"))), Throws.InvalidOperationException);
    }

    [Test]
    public void User_without_an_id_throws()
    {
        Assert.That(
            () => Find(Identity(new Claim(ClaimTypes.Name, "Alice"), new Claim("sub", " "))),
            Throws.InvalidOperationException.With.Message.Contains("neither a NameIdentifier nor a sub claim")
        );
        Assert.That(() => Find(Identity(Id("a\0b"))), Throws.InvalidOperationException.With.Message.Contain("cannot be an owner's id"));
    }

    private static Claim Id(string id, string issuer = ClaimsIdentity.DefaultIssuer) =>
        new(ClaimTypes.NameIdentifier, id, ClaimValueTypes.String, issuer);

    private static ClaimsIdentity Identity(params Claim[] claims) => Identity("cookie", claims);

    private static ClaimsIdentity Identity(string authenticationType, params Claim[] claims) => new(claims, authenticationType);

    private static GrantOwner? Find(params ClaimsIdentity[] identities) => Find(_ => { }, identities);

    private static GrantOwner? Find(Action<CurrentUserOptions> configure, params ClaimsIdentity[] identities)
    {
        ServiceCollection services = new();
        services.AddOAuthClient("photos", o => { }).AddBrowserAuthorization();
        services.Configure(configure);
        using var provider = services.BuildServiceProvider();
        provider.GetRequiredService<IHttpContextAccessor>().HttpContext = new DefaultHttpContext { User = new(identities) };
        return provider.GetRequiredService<ICurrentGrantOwner>().Find();
    }
}
