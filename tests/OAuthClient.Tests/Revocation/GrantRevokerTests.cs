using Microsoft.Extensions.Logging;
using OAuthClient.Testing;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests the revocation of a grant (RFC 7009): it is removed from the store first, whatever the server responds.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantRevokerTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description("RFC 7009 §2.1: the grant is removed from the store and revoked at the server")]
    public async Task Removed_and_revoked()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await using var api = await host.Server.StartResourceServerAsync();
        var grant = await host.SignInAsync();
        await host.Client.RevokeAsync(GrantOwner.User("42"));
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
        Assert.That(
            host.Server.RequestsTo(TestEndpoint.Revocation)
                .Select(request => (request.Form["token"], request.Form["token_type_hint"], request.ResponseStatus)),
            Is.EqualTo(
                new[] { (grant.RefreshToken!.Reveal(), "refresh_token", (int?)200), (grant.AccessToken!.Reveal(), "access_token", 200) }
            )
        );
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
    }

    [Test]
    [Description("The grant is removed before the server is called: no token is used while the server does not respond")]
    public async Task Removed_first()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at", "rt"));
        int? left = null;
        server.AnswersAsync(async _ =>
        {
            left = (await server.Store.FindAsync("", GrantOwner.User("42"), default)).Count;
            throw new HttpRequestException("gone");
        });
        Assert.That(
            async () => await server.Client.RevokeAsync(GrantOwner.User("42")),
            Throws.TypeOf<HttpRequestException>().With.Message.Contain("revocation endpoint").And.Message.Contain("gone")
        );
        Assert.That(left, Is.Zero);
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    [Test]
    [Description("RFC 7009 §2.1: every valid access token is revoked; expired ones need no request")]
    public async Task Every_valid_access_token_is_revoked()
    {
        await using ScriptedServer server = new(o => o.Scopes = ["a", "b", "c"]);
        await server.SignedInAsync(Tokens("wide", "rt"));
        server.Answers(Tokens("short", expiresIn: 60));
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["a"] });
        server.Answers(Tokens("endless", expiresIn: null));
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"), new() { Scopes = ["b"] });
        server.Clock.Advance(TimeSpan.FromSeconds(60));
        server.Answers("");
        await server.Client.RevokeAsync(GrantOwner.User("42"));

        var revoked = server.Requests.Skip(2).Select(request => request["token"]).ToList();
        Assert.That(revoked[0], Is.EqualTo("rt"));
        Assert.That(revoked.Skip(1), Is.EquivalentTo(new[] { "wide", "endless" }));
    }

    [Test]
    [Description("A failure for one token does not prevent the revocation of the others")]
    public async Task Failure_for_one_token()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at", "rt"));
        server.Answers(sentRequest => sentRequest["token"] == "rt" ? Json(503, "") : Json(200, ""));
        Assert.That(async () => await server.Client.RevokeAsync(GrantOwner.User("42")), Throws.TypeOf<EndpointException>());
        Assert.That(server.Requests.Select(request => request["token"]), Is.EqualTo(new[] { "rt", "at" }));
    }

    [Test]
    [Description("All grants of the owner are revoked, also those after one that failed; grants of other owners are not")]
    public async Task All_grants_of_the_owner()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"), parameters: new() { Scopes = ["a"] });
        await server.SignedInAsync(Tokens("at-2", "rt-2"), parameters: new() { Scopes = ["b"] });
        await server.SignedInAsync(Tokens("at-3", "rt-3"), owner: "43");
        server.Answers(sentRequest => sentRequest["token"]!.EndsWith('2') ? throw new HttpRequestException("gone") : Json(200, ""));
        Assert.That(async () => await server.Client.RevokeAsync(GrantOwner.User("42")), Throws.TypeOf<HttpRequestException>());
        Assert.That(server.Requests.Select(request => request["token"]), Is.EqualTo(new[] { "rt-2", "rt-1", "at-1" }));
        Assert.That(await server.Store.FindAsync("", GrantOwner.User("42"), default), Is.Empty);
        Assert.That(await server.Store.FindAsync("", GrantOwner.User("43"), default), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task No_grant()
    {
        await using ScriptedServer server = new();
        Assert.That(async () => await server.Client.RevokeAsync(GrantOwner.User("42")), Throws.Nothing);
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("Without a revocation endpoint the grant is only removed, and the log says so")]
    public async Task No_revocation_endpoint()
    {
        await using ScriptedServer server = new(o => o.RevocationEndpoint = null);
        await server.SignedInAsync(Tokens("at", "rt"));
        await server.Client.RevokeAsync(GrantOwner.User("42"));
        Assert.That(await server.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
        Assert.That(server.Requests, Is.Empty);
        Assert.That(server.Log.Events(401).Single().Level, Is.EqualTo(LogLevel.Information));
    }

    [Test]
    [Description("Rotation race: the revocation waits for a refresh in progress, and revokes the refresh token it returned")]
    public async Task Waits_for_a_refresh([Values] bool refreshFails)
    {
        await using var host = await OAuthTestHost.StartAsync();
        var before = await host.SignedInAsync();
        host.Clock.Advance(Hour);
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task), times: 1);
        if (refreshFails)
            host.Server.Options.OnTokenResponse = response =>
            {
                response["token_type"] = "mac";
                response.Remove("refresh_token");
            };
        var refresh = host.Client.GetAccessTokenAsync(GrantOwner.User("42")).AsTask();
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();

        var revoke = host.Client.RevokeAsync(GrantOwner.User("42"));
        Assert.That(host.Server.RequestsTo(TestEndpoint.Revocation), Is.Empty);
        release.SetResult();
        await revoke.Promptly();
        await refresh.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

        string revoked = host.Server.RequestsTo(TestEndpoint.Revocation)[0].Form["token"];
        Assert.That(revoked == before.RefreshToken!.Reveal(), Is.EqualTo(refreshFails));
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    [Test]
    [Description("A grant that is being revoked returns no token: callers receive the exception for a missing grant")]
    public async Task Callers_during_a_revocation()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Revocation, Fault.HoldUntil(release.Task));
        var revoke = host.Client.RevokeAsync(GrantOwner.User("42"));
        await host.Server.WaitForRequestAsync(TestEndpoint.Revocation).Promptly();
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly(),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        release.SetResult();
        await revoke.Promptly();
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("A caller who cancels does not stop a revocation that has begun")]
    public async Task Canceled_caller()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Revocation, Fault.HoldUntil(release.Task));
        using CancellationTokenSource cancellation = new();
        var revoke = host.Client.RevokeAsync(GrantOwner.User("42"), cancellation.Token);
        await host.Server.WaitForRequestAsync(TestEndpoint.Revocation).Promptly();
        await cancellation.CancelAsync();
        Assert.That(async () => await revoke.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        release.SetResult();
        await host.Server.WaitForRequestAsync(TestEndpoint.Revocation, 2).Promptly();
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
    }

    [Test]
    [Description("Two concurrent revocations of the same grant revoke it once")]
    public async Task Concurrent_revocations()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => host.Client.RevokeAsync(GrantOwner.User("42"))))).Promptly();
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null);
        Assert.That(
            host.Server.RequestsTo(TestEndpoint.Revocation)
                .Select(request => request.Form["token"])
                .Distinct(StringComparer.Ordinal)
                .Count(),
            Is.EqualTo(2)
        );
        Assert.That(host.Server.RequestsTo(TestEndpoint.Revocation), Has.Count.EqualTo(2));
    }
}
