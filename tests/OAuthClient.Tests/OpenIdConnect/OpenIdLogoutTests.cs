using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;

namespace OAuthClient.Tests;

/// <summary>Tests RP-initiated logout (OpenID Connect RP-Initiated Logout).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OpenIdLogoutTests
{
    [Test]
    [Description(
        "RP-Initiated Logout §2: the grants are removed and revoked, and the address contains the ID Token as a hint, the "
            + "client, the redirect URI and a state of 256 bits"
    )]
    public async Task The_user_is_signed_out_and_sent_to_the_server()
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
    [Description("Module rp-init-logout: the state completes the logout, also when the pending logout was in a cookie")]
    public async Task The_state_of_the_request_completes_the_logout()
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
    [Description("Module rp-init-logout-other-state: another or a missing state is rejected")]
    public async Task Another_state_is_rejected(string query)
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
    [Description("Module rp-init-logout-no-state: without state no state is expected, and an unexpected one is rejected")]
    public async Task A_logout_without_state_completes_without_state()
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
    [Description("A redirect after the pending logout has expired, or to another client, is rejected")]
    public async Task An_expired_logout_or_another_client_is_rejected()
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
    [Description("Without end_session_endpoint only the application's session ends, and there is nothing to complete")]
    public async Task Without_an_end_session_endpoint_only_the_application_signs_out()
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
    [Description("Without PostLogoutRedirectUri no state is sent, and no redirect is expected")]
    public async Task Without_a_redirect_URI_no_redirect_is_expected()
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
    [Description("A failed revocation does not fail the logout, and is logged")]
    public async Task A_failed_revocation_does_not_fail_the_logout([Values] bool isAway)
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync();
        server.Revoke = () => isAway ? throw new HttpRequestException("gone") : ScriptedServer.Json(503, "");
        var pending = await server.Logout.BeginAsync(grant.Owner);
        Assert.That(pending.EndSessionUri, Is.Not.Null);
        Assert.That(await server.LeftAsync(), Is.Empty);
        Assert.That(server.Script.Log.Events(402), Has.Exactly(1).Items);
    }

    [Test]
    [Description("A grant that the store cannot remove is an error")]
    public async Task A_store_failure_is_an_error()
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
    [Description("Unavailable metadata does not fail the logout: only the application's session ends, and the failure is logged")]
    public async Task Unavailable_metadata_does_not_fail_the_logout()
    {
        await using OpenIdServer server = new(o => o.TokenEndpoint = null);
        var alice = OpenIdServer.OwnerOf("alice");
        await server.Store.AddAsync(new Grant("g", "", alice, ScriptedServer.Origin, "client"), default);
        server.Script.Answers(_ => throw new HttpRequestException("gone"));
        var pending = await server.Logout.BeginAsync(alice);
        Assert.That(pending.EndSessionUri, Is.Null);
        Assert.That(await server.LeftAsync(), Is.Empty);
        Assert.That(server.Script.Log.Events(403), Has.Exactly(1).Items);
    }

    [Test]
    [Description("The grants of one session and those without a known session end; other sessions remain")]
    public async Task One_session_ends()
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
    [Description("Parameter injection: parameters that the library sets are rejected before any grant ends")]
    public async Task Reserved_parameters_are_rejected(string name)
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
    [Description("RFC 6749 §3.1: the query of the endpoint is kept; a parameter of the request in it is rejected")]
    public async Task The_query_of_the_endpoint_is_kept()
    {
        await using OpenIdServer server = new(o => o.EndSessionEndpoint = new(ScriptedServer.Origin + "/logout?tenant=1"));
        var pending = await BegunAsync(server);
        Assert.That(Query(pending)["tenant"].ToString(), Is.EqualTo("1"));

        await using OpenIdServer odd = new(o => o.EndSessionEndpoint = new(ScriptedServer.Origin + "/logout?state=1"));
        Assert.That(async () => await BegunAsync(odd), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("logout endpoint"));
    }

    [Test]
    [Description("An ID Token that would make the address too long for servers and proxies is omitted, and only client_id is sent")]
    public async Task A_large_ID_Token_is_not_sent_as_a_hint()
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync(claims: claims => claims["groups"] = new string('g', 6 * 1024));
        var pending = await server.Logout.BeginAsync(grant.Owner);
        Assert.That(Query(pending).Keys, Is.EquivalentTo(new[] { "client_id", "post_logout_redirect_uri", "state" }));
    }

    [Test]
    [Description("A user without a grant is signed out at the server as well")]
    public async Task A_user_without_a_grant_is_signed_out_at_the_server()
    {
        await using OpenIdServer server = new();
        Assert.That((await server.Logout.BeginAsync(GrantOwner.User("unknown"))).EndSessionUri, Is.Not.Null);
        Assert.That(async () => await server.Logout.BeginAsync(GrantOwner.Client), Throws.ArgumentException);
    }

    [Test]
    [Description("Secrets in dumps: a pending logout does not print its secrets, and changed data is rejected")]
    public async Task A_pending_logout_does_not_expose_secrets()
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
