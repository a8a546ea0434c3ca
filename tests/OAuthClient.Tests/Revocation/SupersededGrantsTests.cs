using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>
/// Tests the revocation of grants that a newer grant of the same user replaces, and of sign-ins beyond the limit (RFC 7009).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SupersededGrantsTests
{
    [Test]
    [Description("Unless the option is set no grant is revoked: at many servers that would end the new grant too (RFC 7009 §2.1)")]
    public async Task By_default_nothing_is_revoked()
    {
        await using OpenIdServer server = new();
        await SignInTwentyOneTimesAsync(server);
        await server.SignInAsync("alice", "s20");
        await server.Script.DisposeAsync();
        Assert.That(server.Revoked, Is.Empty);
    }

    [Test]
    [Description(
        "RFC 7009 §2.1: a grant that the next sign-in of the same session replaces is removed and revoked, and the new one is not"
    )]
    public async Task A_replaced_grant_is_revoked()
    {
        await using OpenIdServer server = new(o => o.RevokeSupersededGrants = true);
        await server.SignInAsync();
        var newer = await server.SignInAsync();
        await Eventually.UntilAsync(() => server.Revoked.Count() == 2);
        Assert.That(server.Revoked, Is.EqualTo(new[] { "rt-1", "at-1" }));
        Assert.That((await server.Store.FindAsync("", newer.Owner, default)).Select(grant => grant.Id), Is.EqualTo(new[] { newer.Id }));
    }

    [Test]
    [Description("RFC 7009 §2.1: of a user with more than twenty sign-ins, the oldest is removed and revoked")]
    public async Task A_sign_in_beyond_the_limit_is_revoked()
    {
        await using OpenIdServer server = new(o => o.RevokeSupersededGrants = true);
        await SignInTwentyOneTimesAsync(server);
        await Eventually.UntilAsync(() => server.Revoked.Count() == 2);
        Assert.That(server.Revoked, Is.EqualTo(new[] { "rt-1", "at-1" }));
        Assert.That(await server.LeftAsync(), Is.EqualTo(Enumerable.Range(1, 20).Reverse().Select(i => $"s{i}")));
    }

    [Test]
    [Description("A revocation that fails is logged. The new grant is kept, the old one is removed, and the remaining tokens are revoked")]
    public async Task A_failure_is_logged([Values] bool isUnavailable)
    {
        await using OpenIdServer server = new(o => o.RevokeSupersededGrants = true);
        server.Revoke = () => isUnavailable ? throw new HttpRequestException("gone") : ScriptedServer.Json(503, "");
        await server.SignInAsync();
        var newer = await server.SignInAsync();
        await Eventually.UntilAsync(() => server.Script.Log.Events(411).Count > 0);
        Assert.That(server.Script.Log.Events(411).Select(entry => entry.Level), Is.All.EqualTo(LogLevel.Warning));
        Assert.That((await server.Store.FindAsync("", newer.Owner, default)).Select(grant => grant.Id), Is.EqualTo(new[] { newer.Id }));
        Assert.That((await server.Client.GetAccessTokenAsync(newer.Owner)).Reveal(), Is.EqualTo("at-2"));
    }

    [Test]
    [Description("The sign-in does not wait for the revocation; the shutdown of the application does")]
    public async Task The_sign_in_does_not_wait()
    {
        OpenIdServer server = new(o => o.RevokeSupersededGrants = true);
        TaskCompletionSource release = new();
        server.Script.AnswersAsync(async sentRequest =>
        {
            if (sentRequest.Uri.AbsolutePath == "/revoke")
                await release.Task;
            return server.Answer(sentRequest);
        });
        await server.SignInAsync();
        await server.SignInAsync().Promptly();
        var shutdown = server.DisposeAsync().AsTask();
        release.SetResult();
        await shutdown.Promptly();
        Assert.That(server.Revoked, Is.EqualTo(new[] { "rt-1", "at-1" }));
    }

    [Test]
    [Description("A store that fails to remove a superseded grant is logged, and the sign-in succeeds; the next sign-in tries again")]
    public async Task A_failing_store_is_logged()
    {
        FailingStore store = new(new InMemoryGrantStore(new ManualTimeProvider()));
        await using OpenIdServer server = new(o => o.RevokeSupersededGrants = true, services => services.AddSingleton<IGrantStore>(store));
        await server.SignInAsync();
        store.RefusesToRemove = true;
        await server.SignInAsync();
        await Eventually.UntilAsync(() => server.Script.Log.Events(412).Count > 0);
        Assert.That(server.Revoked, Is.Empty, "a grant that is still used is not revoked");
        store.RefusesToRemove = false;
        await server.SignInAsync();
        await Eventually.UntilAsync(() => server.Revoked.Count() == 4);
        Assert.That(server.Revoked, Is.EquivalentTo(new[] { "rt-1", "at-1", "rt-2", "at-2" }));
    }

    private static async Task SignInTwentyOneTimesAsync(OpenIdServer server)
    {
        for (int i = 0; i < 21; i++)
            await server.SignInAsync("alice", $"s{i}");
    }
}
