using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;

namespace OAuthClient.Tests;

/// <summary>Signing out here first, and then at the server (OpenID Connect RP-Initiated Logout).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OpenIdLogoutTests
{
    [Test]
    [Description(
        "RP-Initiated Logout §2: the grants are forgotten and revoked; the address has the ID Token as a hint, the client, the return and a state of 256 bits"
    )]
    public async Task Signed_out_here_and_sent_there()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync();
        var pending = await server.Logout.BeginAsync(
            grant.Owner,
            new()
            {
                LogoutHint = "alice@example.com",
                UiLocales = "de en",
                Additional = new Dictionary<string, string>(StringComparer.Ordinal) { ["x y"] = "1&2" },
            }
        );

        Assert.That(pending.EndSessionUri!.GetLeftPart(UriPartial.Path), Is.EqualTo(ScriptedServer.Origin + "/logout"));
        var query = Query(pending);
        Assert.That(query["state"].ToString(), Has.Length.EqualTo(43));
        Assert.That(
            query.Where(pair => pair.Key != "state").ToDictionary(pair => pair.Key, pair => pair.Value.ToString()),
            Is.EquivalentTo(
                new Dictionary<string, string>
                {
                    ["id_token_hint"] = grant.IdToken!.Reveal(),
                    ["client_id"] = "client",
                    ["post_logout_redirect_uri"] = OpenIdServer.SignedOut,
                    ["logout_hint"] = "alice@example.com",
                    ["ui_locales"] = "de en",
                    ["x y"] = "1&2",
                }
            )
        );
        Assert.That(await server.LeftAsync(), Is.Empty);
        Assert.That(server.Revoked, Is.EqualTo(new[] { "rt-1", "at-1" }));
        Assert.That(pending.ExpectsRedirect, Is.True);
    }

    [Test]
    [Description("Module rp-init-logout: the return with the state that was sent completes it, also when it travelled in a cookie")]
    public async Task The_right_state_completes()
    {
        await using OpenIdServer server = new();
        var pending = await BegunAsync(server);
        var travelled = PendingLogout.Unprotect(pending.Protect(Flip), Flip);
        Assert.That(
            (travelled.ClientName, travelled.ExpectsRedirect, travelled.ExpiresAt, travelled.EndSessionUri),
            Is.EqualTo(("", true, pending.ExpiresAt, (Uri?)null))
        );
        Assert.That(() => server.Logout.Complete(travelled, Return(pending)), Throws.Nothing);
        Assert.That(() => server.Logout.Complete(pending, Return(pending)), Throws.Nothing);
    }

    [TestCase("?state=another")]
    [TestCase("?state=")]
    [TestCase("")]
    [TestCase("?State={0}")]
    [TestCase("?state={0}x")]
    [Description("Module rp-init-logout-other-state: another state, or none where one was sent, is refused")]
    public async Task Another_state_is_refused(string query)
    {
        await using OpenIdServer server = new();
        var pending = await BegunAsync(server);
        string address =
            OpenIdServer.SignedOut
            + string.Format(System.Globalization.CultureInfo.InvariantCulture, query, Query(pending)["state"].ToString());
        var refusal = Assert.Throws<OAuthProtocolException>(() => server.Logout.Complete(pending, AuthorizationResponse.Parse(address)));
        Assert.That(refusal!.Message, Does.Contain("state").And.Not.Contain(Query(pending)["state"].ToString()));
    }

    [Test]
    [Description("Module rp-init-logout-no-state: begun without a state it comes back without; one that was never sent is refused")]
    public async Task Without_state()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync();
        var pending = await server.Logout.BeginAsync(grant.Owner, new() { OmitState = true });
        Assert.That(Query(pending), Does.Not.ContainKey("state"));
        var travelled = PendingLogout.Unprotect(pending.Protect(Flip), Flip);
        foreach (var one in new[] { pending, travelled })
        {
            Assert.That(() => server.Logout.Complete(one, AuthorizationResponse.Parse(OpenIdServer.SignedOut)), Throws.Nothing);
            Assert.That(
                () => server.Logout.Complete(one, AuthorizationResponse.Parse(OpenIdServer.SignedOut + "?state=x")),
                Throws.TypeOf<OAuthProtocolException>()
            );
        }
    }

    [Test]
    [Description("A return after the pending logout's time, or to another client, completes nothing")]
    public async Task Late_or_elsewhere()
    {
        await using OpenIdServer server = new();
        var pending = await BegunAsync(server);
        await using ScriptedServer other = new(registerFirst: services =>
            services.AddOAuthClient(
                "other",
                o =>
                {
                    o.TokenEndpoint = new("https://other.example/token");
                    o.ClientId = "other";
                }
            )
        );
        Assert.That(
            () => other.Services.GetRequiredKeyedService<OpenIdLogout>("other").Complete(pending, Return(pending)),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("client that began it")
        );
        server.Script.Clock.Advance(pending.ExpiresAt - server.Script.Clock.GetUtcNow());
        Assert.That(
            () => server.Logout.Complete(pending, Return(pending)),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("expired")
        );
    }

    [Test]
    [Description("A server without end_session_endpoint: signed out here only, and nothing to complete")]
    public async Task No_end_session_endpoint()
    {
        await using OpenIdServer server = new(o => o.EndSessionEndpoint = null);
        var grant = await server.SignInAsync();
        var pending = await server.Logout.BeginAsync(grant.Owner);
        Assert.That((pending.EndSessionUri, pending.ExpectsRedirect), Is.EqualTo(((Uri?)null, false)));
        Assert.That(await server.LeftAsync(), Is.Empty);
        Assert.That(
            () => server.Logout.Complete(pending, AuthorizationResponse.Parse(OpenIdServer.SignedOut)),
            Throws.InvalidOperationException
        );
    }

    [Test]
    [Description("Without PostLogoutRedirectUri the user stays at the server's own page: no state goes there, and nothing comes back")]
    public async Task No_return()
    {
        await using OpenIdServer server = new(o => o.PostLogoutRedirectUri = null);
        var grant = await server.SignInAsync();
        var pending = await server.Logout.BeginAsync(grant.Owner);
        Assert.That(Query(pending).Keys, Is.EquivalentTo(new[] { "id_token_hint", "client_id" }));
        Assert.That(
            () => server.Logout.Complete(pending, AuthorizationResponse.Parse(OpenIdServer.SignedOut)),
            Throws.InvalidOperationException
        );
    }

    [Test]
    [Description("A server that does not take the tokens back is no reason to stay: signed out all the same, and the log says so")]
    public async Task Revocation_fails([Values] bool isAway)
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync();
        server.Revoke = () => isAway ? throw new HttpRequestException("gone") : ScriptedServer.Json(503, "");
        var pending = await server.Logout.BeginAsync(grant.Owner);
        Assert.That(pending.EndSessionUri, Is.Not.Null);
        Assert.That(await server.LeftAsync(), Is.Empty);
        Assert.That(server.Script.Log.Events(30), Has.Exactly(1).Items);
    }

    [Test]
    [Description("A store that does not let go of a grant is an error: the user is not told that they are signed out")]
    public async Task The_store_fails()
    {
        FailingStore? store = null;
        await using OpenIdServer server = new(registerFirst: services =>
            services.AddSingleton<IGrantStore>(store = new FailingStore(new InMemoryGrantStore(new ManualTimeProvider())))
        );
        var grant = await server.SignInAsync();
        store!.RefusesToRemove = true;
        Assert.That(async () => await server.Logout.BeginAsync(grant.Owner), Throws.TypeOf<IOException>());
    }

    [Test]
    [Description("A user is not kept because the server's metadata cannot be had: signed out here only, and the log says so")]
    public async Task The_server_is_away()
    {
        await using OpenIdServer server = new(o => o.TokenEndpoint = null);
        var alice = OpenIdServer.OwnerOf("alice");
        await server.Store.AddAsync(new Grant("g", "", alice, ScriptedServer.Origin, "client"), default);
        server.Script.Answers(_ => throw new HttpRequestException("gone"));
        var pending = await server.Logout.BeginAsync(alice);
        Assert.That(pending.EndSessionUri, Is.Null);
        Assert.That(await server.LeftAsync(), Is.Empty);
        Assert.That(server.Script.Log.Events(31), Has.Exactly(1).Items);
    }

    [Test]
    [Description(
        "One session signs out: its grants end, those of which no session is known end with them, and its own ID Token is the hint; the phone stays signed in"
    )]
    public async Task One_session()
    {
        await using OpenIdServer server = new();
        var laptop = await server.SignInAsync("alice", "laptop");
        await server.SignInAsync("alice", "phone");
        await server.ConnectAsync(laptop.Owner, "alice", sessionId: null);
        var pending = await server.Logout.BeginAsync(laptop.Owner, new() { SessionId = "laptop" });
        Assert.That(Query(pending)["id_token_hint"].ToString(), Is.EqualTo(laptop.IdToken!.Reveal()));
        Assert.That(await server.LeftAsync(), Is.EqualTo(new[] { "phone" }));
    }

    [TestCase("state")]
    [TestCase("ID_TOKEN_HINT")]
    [TestCase("post_logout_redirect_uri")]
    [TestCase("client_id")]
    [TestCase(" ")]
    [Description("Parameter injection: what the library sets cannot be set beside it, and is refused before anything ends")]
    public async Task Reserved_parameters_are_refused(string name)
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync();
        Assert.That(
            async () =>
                await server.Logout.BeginAsync(
                    grant.Owner,
                    new() { Additional = new Dictionary<string, string>(StringComparer.Ordinal) { [name] = "x" } }
                ),
            Throws.ArgumentException
        );
        Assert.That(await server.LeftAsync(), Is.Not.Empty);
    }

    [Test]
    [Description("RFC 6749 §3.1: the endpoint's own query is kept; where it holds a parameter of ours the address would be a guess")]
    public async Task The_endpoints_own_query()
    {
        await using OpenIdServer server = new(o => o.EndSessionEndpoint = new(ScriptedServer.Origin + "/logout?tenant=1"));
        var pending = await BegunAsync(server);
        Assert.That(Query(pending)["tenant"].ToString(), Is.EqualTo("1"));

        await using OpenIdServer odd = new(o => o.EndSessionEndpoint = new(ScriptedServer.Origin + "/logout?state=1"));
        Assert.That(async () => await BegunAsync(odd), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("logout endpoint"));
    }

    [Test]
    [Description("An ID Token that would make the address too long for servers and proxies is left out; the client's id goes alone")]
    public async Task A_large_ID_Token_is_no_hint()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync(claims: claims => claims["groups"] = new string('g', 6 * 1024));
        var pending = await server.Logout.BeginAsync(grant.Owner);
        Assert.That(Query(pending).Keys, Is.EquivalentTo(new[] { "client_id", "post_logout_redirect_uri", "state" }));
    }

    [Test]
    [Description("Somebody without a grant is signed out at the server too; the client itself is nobody")]
    public async Task Nothing_to_end()
    {
        await using OpenIdServer server = new();
        Assert.That((await server.Logout.BeginAsync(GrantOwner.User("unknown"))).EndSessionUri, Is.Not.Null);
        Assert.That(async () => await server.Logout.BeginAsync(GrantOwner.Client), Throws.ArgumentException);
    }

    [Test]
    [Description("Secrets in dumps: a pending logout prints neither state nor ID Token, and refuses JSON; changed data are refused")]
    public async Task A_pending_logout_shows_nothing()
    {
        await using OpenIdServer server = new();
        var pending = await BegunAsync(server);
        Assert.That(pending.ToString(), Is.EqualTo("Pending logout of "));
        Assert.That(() => System.Text.Json.JsonSerializer.Serialize(pending), Throws.TypeOf<NotSupportedException>());
        byte[] data = pending.Protect(Flip);
        Assert.That(() => PendingLogout.Unprotect(data[..^1], Flip), Throws.TypeOf<OAuthProtocolException>());
        Assert.That(
            () => PendingLogout.Unprotect([.. data, 1], Flip),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("more than")
        );
        Assert.That(
            () => PendingLogout.Unprotect([0, .. data[1..]], Flip),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("another version")
        );
        Assert.That(
            () => PendingLogout.Unprotect(data, _ => throw new System.Security.Cryptography.CryptographicException()),
            Throws.TypeOf<OAuthProtocolException>()
        );
    }

    private static async Task<PendingLogout> BegunAsync(OpenIdServer server) =>
        await server.Logout.BeginAsync((await server.SignInAsync()).Owner);

    private static Dictionary<string, StringValues> Query(PendingLogout pending) => QueryHelpers.ParseQuery(pending.EndSessionUri!.Query);

    private static AuthorizationResponse Return(PendingLogout pending) =>
        AuthorizationResponse.Parse($"{OpenIdServer.SignedOut}?state={Query(pending)["state"]}");

    private static byte[] Flip(byte[] data) => [.. data.Select(one => (byte)~one)];
}
