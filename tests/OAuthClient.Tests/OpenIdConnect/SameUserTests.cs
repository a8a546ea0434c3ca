using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that a further authorization of a signed-in user must be completed by the same user, also when no grant is stored.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SameUserTests
{
    [TestCase("revoked"), TestCase("logout token"), TestCase("lost"), TestCase("kept")]
    [Description(
        "Threat: another account completes the renewal of a sign-in after its grants were revoked. It is rejected, and "
            + "nothing is stored"
    )]
    public async Task Another_account_is_rejected(string how)
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
        Assert.That(
            async () => await server.ConnectAsync(signedIn.Owner, "alice"),
            Throws.Nothing,
            "the same user authorizes further scopes"
        );
    }

    [Test]
    [Description("After a restart the pending authorization states that it renews a sign-in, so another account is rejected")]
    public async Task Another_account_is_rejected_after_a_restart()
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
    [Description("A process that checks sign-ins knows that users sign in with this client, so another account is rejected")]
    public async Task Another_account_is_rejected_where_sessions_are_checked()
    {
        await using OpenIdServer server = new();
        Assert.That(await server.SignIn.IsSignedInAsync(OpenIdServer.OwnerOf("alice"), "s1", "before the restart"), Is.False);
        Refuses(() => server.ConnectAsync(OpenIdServer.OwnerOf("alice"), "bob"));
    }

    [Test]
    [Description("A client with which no user signs in connects any account, also of the server at which the user signed in")]
    public async Task Other_clients_connect_any_account()
    {
        await using OpenIdServer server = new();
        var owner = OpenIdServer.OwnerOf("alice");
        Assert.That((await server.ConnectAsync(owner, "bob")).Subject, Is.EqualTo("bob"));
        Assert.That((await server.ConnectAsync(owner, "carol")).Subject, Is.EqualTo("carol"));
    }

    [Test]
    [Description("Users of the application, and subjects of another server, connect any account with a client with which users sign in")]
    public async Task Owners_of_another_kind_connect_any_account()
    {
        await using OpenIdServer server = new();
        await server.SignInAsync("alice", "s1");
        GrantOwner[] owners = [GrantOwner.User("42"), GrantOwner.Service("backup"), GrantOwner.Subject("https://other.example", "alice")];
        foreach (var owner in owners)
            Assert.That((await server.ConnectAsync(owner, "bob")).Subject, Is.EqualTo("bob"), owner.ToString());
    }

    [TestCase("alice", "other"), TestCase("bob", "good"), TestCase("bob", "other")]
    [Description("OpenID Connect Core §5.7: at a multi-tenant server a user of another tenant is another user, also with the same subject")]
    public async Task An_account_of_another_tenant_is_rejected(string subject, string tenant)
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
        "OpenID Connect Core §3.1.3.3: openid was requested, but without an ID Token the user is not known, so the "
            + "response is rejected"
    )]
    public async Task An_authorization_without_an_ID_Token_is_rejected()
    {
        await using OpenIdServer server = new();
        var signedIn = await server.SignInAsync("alice", "s1");
        var (pending, response) = await server.AnsweredAsync("bob", "s1");
        server.Script.Answers(ScriptedServer.Tokens("at", scope: "profile"));
        Assert.That(
            async () => await server.Client.CompleteAuthorizationAsync(pending, response, signedIn.Owner),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("no ID Token that proves that the user")
        );
    }

    [TestCase(null), TestCase("photos.write")]
    [Description(
        "Threat: another account completes a renewal that did not request openid. OpenID Connect Core §3.1.2.1: openid is "
            + "added to the scopes of a renewal, so that an ID Token identifies the user"
    )]
    public async Task A_renewal_always_requests_an_ID_Token(string? scope)
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
    [Description("OpenID Connect Core §3.1.3.3: a renewal without an ID Token is rejected, also when openid is not in Scopes")]
    public async Task A_renewal_without_an_ID_Token_is_rejected(string? scope)
    {
        await using OpenIdServer server = new(o => o.Scopes = ["photos.write"]);
        var signedIn = await server.SignInAsync("alice", "s1", parameters: new() { Scopes = ["openid"] });
        var pending = await server.SignIn.BeginRenewalAsync(scope is null ? null : new() { Scopes = [scope] });
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(pending.AuthorizationUri.Query);
        var response = AuthorizationResponse.Parse($"https://app.example/callback?code=c&state={query["state"]}");
        server.Script.Answers(ScriptedServer.Tokens("of-mallory", "rt", scope: "photos.write"));

        Assert.That(
            async () => await server.Client.CompleteAuthorizationAsync(pending, response, signedIn.Owner),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("no ID Token that proves that the user")
        );

        Assert.That(await server.Store.FindAsync("", signedIn.Owner, default), Has.Count.EqualTo(1), "only the sign-in's grant is stored");
    }

    [Test]
    [Description("A pending renewal without a nonce is rejected as well when the response has no ID Token")]
    public async Task A_renewal_without_a_nonce_is_rejected()
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
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("no ID Token that proves that the user")
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
