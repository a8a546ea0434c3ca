using System.Net;
using Microsoft.Extensions.Logging;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// Tests invalid_grant: a newer stored grant is adopted, otherwise the grant is lost, and it is never deleted (RFC 6749 §5.2).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantLostTests
{
    private const string InvalidGrant = """{"error":"invalid_grant","error_description":"rt-1 has expired"}""";
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description(
        "RFC 6749 §5.2: the resource owner must authorize again. The exception has the server's response as inner exception, is "
            + "logged once and contains no token"
    )]
    public async Task Reauthorization_required()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var grant = await host.SignedInAsync();
        host.Server.RevokeEverything();
        host.Clock.Advance(Hour);

        var exception = Assert.CatchAsync<ReauthorizationRequiredException>(async () =>
            await host.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()
        )!;

        Assert.That(exception.ClientName, Is.EqualTo("photos"));
        Assert.That(
            exception.Message,
            Does.Contain("the OAuth client 'photos'").And.Contain("rejected the refresh token").And.Contain("Begin an authorization")
        );
        Assert.That(
            exception.InnerException,
            Is.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("invalid_grant")
        );
        Assert.That(exception.ToString(), Does.Not.Contain(grant.RefreshToken!.Reveal()).And.Not.Contain(grant.AccessToken!.Reveal()));
        Assert.That(host.Log.Events(304).Single().Level, Is.EqualTo(LogLevel.Warning));
    }

    [Test]
    [Description("The server rejects this refresh token permanently: it is sent once, for all callers and scopes")]
    public async Task A_rejected_token_is_sent_once()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Server.RevokeEverything();
        host.Clock.Advance(Hour);
        for (int i = 0; i < 10; i++)
        {
            Assert.That(
                async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
                Throws.TypeOf<ReauthorizationRequiredException>()
            );
            Assert.That(
                async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["api"] }),
                Throws.TypeOf<ReauthorizationRequiredException>()
            );
        }
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That(host.Log.Events(304), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A lost grant is not deleted: it can still be revoked or found")]
    public async Task A_lost_grant_is_not_deleted()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var grant = await host.SignedInAsync();
        host.Server.RevokeEverything();
        host.Clock.Advance(Hour);
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        var stored = (await host.Client.FindGrantAsync(GrantOwner.User("42")))!;
        Assert.That((stored.Id, stored.Generation), Is.EqualTo((grant.Id, 1L)));
        Assert.That(stored.RefreshToken, Is.EqualTo(grant.RefreshToken));
    }

    [Test]
    [Description("After a new authorization tokens are available at once")]
    public async Task A_new_authorization_replaces_a_lost_grant()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Server.RevokeEverything();
        host.Clock.Advance(Hour);
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        var grant = await host.SignInAsync();
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.EqualTo(grant.AccessToken));
    }

    [Test]
    [Description("A fresh access token of a lost grant is used until it expires")]
    public async Task A_fresh_access_token_of_a_lost_grant_is_used()
    {
        await using ScriptedServer server = new();
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Answers(InvalidGrant, 400);
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { RejectedToken = grant.AccessToken }),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(await server.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.EqualTo(grant.AccessToken));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Rotation race: the grant that another node stored meanwhile is adopted, and the user need not sign in")]
    public async Task A_newer_generation_is_adopted()
    {
        await using ScriptedServer server = new();
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        bool replaced = false;
        server.AnswersAsync(async _ =>
        {
            replaced = await server.Store.TryReplaceAsync(Newer(server, grant, "at-2", "rt-2"), default);
            return Json(400, InvalidGrant);
        });

        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("at-2"));
        Assert.That(replaced, Is.True);
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        Assert.That(server.Log.Events(304), Is.Empty);
    }

    [Test]
    [Description("Rotation race: if the access token that another node stored has expired too, its refresh token is sent next")]
    public async Task A_newer_refresh_token_is_used()
    {
        await using ScriptedServer server = new();
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        bool replaced = false;
        server.AnswersAsync(async sentRequest =>
        {
            if (sentRequest["refresh_token"] == "rt-2")
                return Json(200, Tokens("at-3", "rt-3"));
            replaced = await server.Store.TryReplaceAsync(Newer(server, grant, "at-2", "rt-2", expiresIn: 0), default);
            return Json(400, InvalidGrant);
        });

        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("at-3"));
        Assert.That(replaced, Is.True);
        Assert.That(server.Requests.Select(request => request["refresh_token"]), Is.EqualTo(new[] { "rt-1", "rt-2" }));
        Assert.That((await server.Client.FindGrantAsync(GrantOwner.User("42")))!.Generation, Is.EqualTo(3));
    }

    [Test]
    [Description(
        "Rotation race: a newer generation with the rejected refresh token and a fresh access token: the access token is used, "
            + "and the refresh token is not presented again"
    )]
    public async Task A_newer_generation_with_the_rejected_token()
    {
        await using ScriptedServer server = new();
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.AnswersAsync(async _ =>
        {
            await server.Store.TryReplaceAsync(Newer(server, grant, "at-2", refreshToken: null, expiresIn: 60), default);
            return Json(400, InvalidGrant);
        });
        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("at-2"));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Rotation race: a newer generation with the rejected refresh token and an expired access token does not help")]
    public async Task A_newer_generation_without_a_usable_token()
    {
        await using ScriptedServer server = new();
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.AnswersAsync(async _ =>
        {
            await server.Store.TryReplaceAsync(Newer(server, grant, "at-2", refreshToken: null, expiresIn: 0), default);
            return Json(400, InvalidGrant);
        });
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description(
        "Rotation race: two nodes both succeeded: the grant that was stored first is kept; the other access token is returned "
            + "to its caller, and its refresh token does not replace the newer one"
    )]
    public async Task Both_nodes_succeeded()
    {
        await using ScriptedServer server = new();
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.AnswersAsync(async _ =>
        {
            await server.Store.TryReplaceAsync(Newer(server, grant, "theirs", "rt-theirs"), default);
            return Json(200, Tokens("ours", "rt-ours"));
        });

        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly()).Reveal(), Is.EqualTo("ours"));
        var stored = (await server.Client.FindGrantAsync(GrantOwner.User("42")))!;
        Assert.That(
            (stored.Generation, stored.RefreshToken!.Reveal(), stored.AccessToken!.Reveal()),
            Is.EqualTo((2L, "rt-theirs", "theirs"))
        );
    }

    [Test]
    [Description(
        "Rotation race: a change that kept the refresh token (another node's refresh without rotation) is the basis of the result"
    )]
    public async Task A_result_is_saved_over_a_change_without_rotation()
    {
        await using ScriptedServer server = new();
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.AnswersAsync(async _ =>
        {
            await server.Store.TryReplaceAsync(Newer(server, grant, "theirs", refreshToken: null), default);
            return Json(200, Tokens("ours", "rt-2"));
        });

        await server.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly();
        var stored = (await server.Client.FindGrantAsync(GrantOwner.User("42")))!;
        Assert.That((stored.Generation, stored.RefreshToken!.Reveal(), stored.AccessToken!.Reveal()), Is.EqualTo((3L, "rt-2", "ours")));
    }

    [Test]
    [Description("A grant that was removed before the server responds invalid_grant is not lost: there is no grant")]
    public async Task A_grant_removed_meanwhile()
    {
        await using ScriptedServer server = new();
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.AnswersAsync(async _ =>
        {
            await server.Store.RemoveAsync(grant, default);
            return Json(400, InvalidGrant);
        });
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<ReauthorizationRequiredException>().With.Message.Contain("there is no grant")
        );
        Assert.That(server.Log.Events(304), Is.Empty);
    }

    [Test]
    [Description("Without a grant the message says to complete an authorization, and no request is sent")]
    public async Task No_grant()
    {
        await using ScriptedServer server = new();
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>().With.Message.Contain("there is no grant").And.Property("InnerException").Null
        );
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §5.2: invalid_grant is recognized by its code, not by the HTTP status")]
    public async Task Invalid_grant_with_any_status(
        [Values(HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.InternalServerError)] HttpStatusCode status
    )
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        server.Answers(InvalidGrant, (int)status);
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
    }

    private static Grant Newer(ScriptedServer server, Grant grant, string accessToken, string? refreshToken, int expiresIn = 3600)
    {
        var now = server.Clock.GetUtcNow();
        TokenResponse response = new(
            new AccessToken(accessToken, now, now.AddSeconds(expiresIn), [], []),
            refreshToken is null ? null : new RefreshToken(refreshToken),
            idToken: null,
            new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal)
        );
        return grant.Refreshed(response, AccessTokenKey.Default.Key, now);
    }
}
