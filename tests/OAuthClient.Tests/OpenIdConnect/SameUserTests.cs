using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>A user who signed in by a registration stays the same there, also when no grant is left that says who it was.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SameUserTests
{
    [TestCase("revoked"), TestCase("logout token"), TestCase("lost"), TestCase("kept")]
    [Description(
        "Threat: another account completes a sign-in's renewal after its grants were revoked. RevokeAsync, then another "
            + "account: refused, and nothing is stored"
    )]
    public async Task Another_account_is_refused(string how)
    {
        await using OpenIdServer server = new();
        var signedIn = await server.SignInAsync("alice", "s1");
        switch (how)
        {
            case "revoked":
                await server.Client.RevokeAsync(signedIn.Owner);
                break;
            case "logout token":
                await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken());
                break;
            case "lost":
                await server.Store.RemoveAsync(signedIn, default);
                break;
            default:
                break;
        }

        Refuses(() => server.ConnectAsync(signedIn.Owner, "bob"));

        var subjects = (await server.Store.FindAsync("", signedIn.Owner, default)).Select(grant => grant.Subject);
        Assert.That(subjects, how == "kept" ? Is.EqualTo(new[] { "alice" }) : Is.Empty);
        Assert.That(async () => await server.ConnectAsync(signedIn.Owner, "alice"), Throws.Nothing, "the same user authorizes more");
    }

    [Test]
    [Description(
        "After a restart the pending authorization says that a user's sign-in is renewed: another account is refused by a "
            + "process that knows of no sign-in"
    )]
    public async Task Another_account_is_refused_after_a_restart()
    {
        await using OpenIdServer before = new();
        var signedIn = await before.SignInAsync("alice", "s1");
        var pending = await before.SignIn.BeginRenewalAsync();
        byte[] cookie = pending.Protect(data => data);
        await using OpenIdServer after = new();

        var read = PendingAuthorization.Unprotect(cookie, data => data);
        Refuses(() => CompleteAsync(after, read, pending.AuthorizationUri, signedIn.Owner, "bob"));

        var again = await after.SignIn.BeginRenewalAsync();
        Assert.That(async () => await CompleteAsync(after, again, again.AuthorizationUri, signedIn.Owner, "alice"), Throws.Nothing);
    }

    [Test]
    [Description("A process that is asked whether a user is signed in knows that users sign in by the registration")]
    public async Task Another_account_is_refused_where_sessions_are_checked()
    {
        await using OpenIdServer server = new();
        Assert.That(await server.SignIn.IsSignedInAsync(OpenIdServer.OwnerOf("alice"), "s1", "before the restart"), Is.False);
        Refuses(() => server.ConnectAsync(OpenIdServer.OwnerOf("alice"), "bob"));
    }

    [Test]
    [Description("Another registration, by which no user signs in, connects any account: also of the server at which the user signed in")]
    public async Task Other_registrations_connect_any_account()
    {
        await using OpenIdServer server = new();
        var owner = OpenIdServer.OwnerOf("alice");
        Assert.That((await server.ConnectAsync(owner, "bob")).Subject, Is.EqualTo("bob"));
        Assert.That((await server.ConnectAsync(owner, "carol")).Subject, Is.EqualTo("carol"));
    }

    [Test]
    [Description(
        "The application's own users, and subjects of another server, connect any account by a registration that users sign " + "in by"
    )]
    public async Task Owners_of_another_kind_connect_any_account()
    {
        await using OpenIdServer server = new();
        await server.SignInAsync("alice", "s1");
        GrantOwner[] owners = [GrantOwner.User("42"), GrantOwner.Service("backup"), GrantOwner.Subject("https://other.example", "alice")];
        foreach (var owner in owners)
            Assert.That((await server.ConnectAsync(owner, "bob")).Subject, Is.EqualTo("bob"), owner.ToString());
    }

    [TestCase("alice", "other"), TestCase("bob", "good"), TestCase("bob", "other")]
    [Description(
        "OpenID Connect Core §5.7: a user is issuer and subject. At a server of many tenants another tenant's user is "
            + "another user, also with the same subject"
    )]
    public async Task Another_tenants_account_is_refused(string subject, string tenant)
    {
        await using OpenIdServer server = new(o => o.IssuerTemplate = ScriptedServer.Origin + "/{tenantid}");
        var signedIn = await server.SignInAsync("alice", "s1", Of("good"));
        await server.Client.RevokeAsync(signedIn.Owner);

        Refuses(() => ConnectAsync(subject, tenant));
        Assert.That(() => ConnectAsync("alice", "good"), Throws.Nothing);

        async Task<Grant> ConnectAsync(string subject, string tenant)
        {
            var (pending, response) = await server.AnsweredAsync(subject, "s1", Of(tenant));
            return await server.Client.CompleteAuthorizationAsync(pending, response, signedIn.Owner);
        }
    }

    [Test]
    [Description(
        "OpenID Connect Core §3.1.3.3: openid was asked for, and the server grants less: without an ID Token it is not known "
            + "who authorized, so it is refused"
    )]
    public async Task Without_an_ID_Token_it_is_refused()
    {
        await using OpenIdServer server = new();
        var signedIn = await server.SignInAsync("alice", "s1");
        var (pending, response) = await server.AnsweredAsync("bob", "s1");
        server.Script.Answers(ScriptedServer.Tokens("at", scope: "profile"));
        Assert.That(
            async () => await server.Client.CompleteAuthorizationAsync(pending, response, signedIn.Owner),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("no ID Token says whether the user")
        );
    }

    [TestCase(null), TestCase("photos.write")]
    [Description(
        "Threat: another account completes a renewal that did not ask for openid. OpenID Connect Core §3.1.2.1: openid is added to the "
            + "scopes of a renewal, so that an ID Token says who completed it"
    )]
    public async Task A_renewal_always_asks_for_an_ID_Token(string? scope)
    {
        await using OpenIdServer server = new(o => o.Scopes = ["photos.write"]);
        var signedIn = await server.SignInAsync("alice", "s1", parameters: new() { Scopes = ["openid"] });

        var pending = await server.SignIn.BeginRenewalAsync(scope is null ? null : new() { Scopes = [scope] });

        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(pending.AuthorizationUri.Query);
        Assert.That(query["scope"].ToString().Split(' '), Is.EquivalentTo(new[] { "openid", "photos.write" }));
        Assert.That(query["nonce"].ToString(), Is.Not.Empty);
        Refuses(() => CompleteAsync(server, pending, pending.AuthorizationUri, signedIn.Owner, "mallory"));
        Assert.That(await server.Store.FindAsync("", signedIn.Owner, default), Has.Count.EqualTo(1), "only the sign-in's grant is stored");

        var again = await server.SignIn.BeginRenewalAsync(scope is null ? null : new() { Scopes = [scope] });
        Assert.That(async () => await CompleteAsync(server, again, again.AuthorizationUri, signedIn.Owner, "alice"), Throws.Nothing);
    }

    [TestCase(null), TestCase("photos.write")]
    [Description("OpenID Connect Core §3.1.3.3: a renewal that brings no ID Token is refused, also where openid was not in Scopes")]
    public async Task A_renewal_without_an_ID_Token_is_refused(string? scope)
    {
        await using OpenIdServer server = new(o => o.Scopes = ["photos.write"]);
        var signedIn = await server.SignInAsync("alice", "s1", parameters: new() { Scopes = ["openid"] });
        var pending = await server.SignIn.BeginRenewalAsync(scope is null ? null : new() { Scopes = [scope] });
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(pending.AuthorizationUri.Query);
        var response = AuthorizationResponse.Parse($"https://app.example/callback?code=c&state={query["state"]}");
        server.Script.Answers(ScriptedServer.Tokens("of-mallory", "rt", scope: "photos.write"));

        Assert.That(
            async () => await server.Client.CompleteAuthorizationAsync(pending, response, signedIn.Owner),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("no ID Token says whether the user")
        );

        Assert.That(await server.Store.FindAsync("", signedIn.Owner, default), Has.Count.EqualTo(1), "only the sign-in's grant is stored");
    }

    [Test]
    [Description("A pending renewal that holds no nonce is refused as well when no ID Token comes")]
    public async Task A_renewal_that_was_begun_without_a_nonce_is_refused()
    {
        await using OpenIdServer server = new(o => o.Scopes = ["photos.write"]);
        var begun = await server.Client.BeginAuthorizationAsync();
        PendingAuthorization pending = new()
        {
            Server = begun.Server,
            Issuer = begun.Issuer,
            RedirectUri = begun.RedirectUri,
            State = begun.State,
            CodeVerifier = begun.CodeVerifier,
            Scopes = begun.Scopes,
            ExpiresAt = begun.ExpiresAt,
            StoreInstanceId = begun.StoreInstanceId,
            RenewsSignIn = true,
        };
        var response = AuthorizationResponse.Parse($"https://app.example/callback?code=c&state={begun.State}");
        server.Script.Answers(ScriptedServer.Tokens("of-mallory", "rt", scope: "photos.write"));

        Assert.That(
            async () => await server.Client.CompleteAuthorizationAsync(pending, response, OpenIdServer.OwnerOf("alice")),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("no ID Token says whether the user")
        );
    }

    private static void Refuses(Func<Task> connect) =>
        Assert.That(connect, Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("another user"));

    private static async Task<Grant> CompleteAsync(
        OpenIdServer server,
        PendingAuthorization pending,
        Uri address,
        GrantOwner owner,
        string subject
    )
    {
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(address.Query);
        await server.AnsweredAsync(subject, "s1", claims => claims["nonce"] = query["nonce"].ToString());
        var response = AuthorizationResponse.Parse($"https://app.example/callback?code=c&state={query["state"]}");
        return await server.Client.CompleteAuthorizationAsync(pending, response, owner);
    }

    private static Action<JsonObject> Of(string tenant) =>
        claims =>
        {
            claims["iss"] = $"{ScriptedServer.Origin}/{tenant}";
            claims["tid"] = tenant;
        };
}
