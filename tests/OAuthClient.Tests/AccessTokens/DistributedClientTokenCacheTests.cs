using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>
/// Tests the sharing of client tokens between nodes through a distributed cache. A cache that loses, falsifies or delays entries costs at
/// most one token request.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DistributedClientTokenCacheTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description("A token that one node obtained is used by the other nodes until it expires")]
    public async Task Nodes_share_one_token()
    {
        FakeDistributedCache cache = new();
        await using var one = Node(cache);
        await using var two = Node(cache);
        one.Answers(Tokens("at-1"));
        two.Answers(Tokens("at-2"));
        var token = await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client));
        var same = await two.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(same, Is.EqualTo(token));
        Assert.That((same.IssuedAt, same.ExpiresAt, same.Scopes), Is.EqualTo((token.IssuedAt, token.ExpiresAt, token.Scopes)));
        Assert.That(two.Requests, Is.Empty);
        Assert.That(cache.Options.Single().AbsoluteExpirationRelativeToNow, Is.EqualTo(Hour), "the entry expires with the token");

        two.Clock.Advance(Hour);
        Assert.That(
            (await two.Client.GetAccessTokenAsync(GrantOwner.Client)).Reveal(),
            Is.EqualTo("at-2"),
            "an expired token is not used even if it is still cached"
        );
    }

    [Test]
    [Description("RFC 6819 §4.1.6: the cache receives encrypted entries only, and the keys reveal nothing")]
    public async Task Entries_are_encrypted()
    {
        FakeDistributedCache cache = new();
        await using var node = Node(cache, o => o.Scopes = ["photos.read"]);
        node.Answers(Tokens("the-access-token"));
        await cache.FilledAsync(() => node.Client.GetAccessTokenAsync(GrantOwner.Client));

        foreach (var (key, content) in cache.Entries)
        {
            string all = key + Encoding.UTF8.GetString(content);
            Assert.That(all, Does.Not.Contain("the-access-token").And.Not.Contain("photos.read").And.Not.Contain("as.example"));
            Assert.That(
                Encoding.UTF8.GetString(Unprotect(content)),
                Does.Contain("the-access-token"),
                "the decrypted entry contains the token"
            );
        }
    }

    private static IEnumerable<TestCaseData> OtherKeys()
    {
        yield return Case(o => o.ClientId = "another").SetArgDisplayNames("client");
        yield return Case(o => o.TokenEndpoint = new(Origin + "/other")).SetArgDisplayNames("server");
        yield return Case(o => o.Scopes = ["a", "b"]).SetArgDisplayNames("scopes");
        yield return Case(o => o.Resources = [new("https://api.example/")]).SetArgDisplayNames("resource");
        yield return Case(o => o.AuthorizationDetails = """[{"type":"a"}]""").SetArgDisplayNames("details");
        yield return Case(_ => { }, new() { AuthorizationDetails = AuthorizationDetails.Parse("""[{"type":"a"}]""") })
            .SetArgDisplayNames("requested details");
        yield return Case(_ => { }, new() { Scopes = ["a"] }).SetArgDisplayNames("requested scopes");
        static TestCaseData Case(Action<OAuthClientOptions> other, AccessTokenParameters? parameters = null) => new(other, parameters);
    }

    [TestCaseSource(nameof(OtherKeys))]
    [Description("CVE-2024-51987: the cache key covers server, client, scopes and resources")]
    public async Task Another_server_client_scope_or_resource_is_another_entry(
        Action<OAuthClientOptions> other,
        AccessTokenParameters? parameters
    )
    {
        FakeDistributedCache cache = new();
        await using var one = Node(cache, o => o.Scopes = ["ab"]);
        await using var two = Node(
            cache,
            o =>
            {
                o.Scopes = ["ab"];
                other(o);
            }
        );
        one.Answers(Tokens("at-1"));
        two.Answers(Tokens("at-2"));
        await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client));
        Assert.That((await two.Client.GetAccessTokenAsync(GrantOwner.Client, parameters)).Reveal(), Is.EqualTo("at-2"));
    }

    [Test]
    [Description("The encrypted entry contains its key; an entry that was moved to another key is rejected")]
    public async Task Entries_swapped_between_keys_are_rejected()
    {
        FakeDistributedCache cache = new();
        await using var one = Node(cache);
        one.Answers(sentRequest => Json(200, Tokens("at-" + sentRequest["scope"], scope: sentRequest["scope"])));
        await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client, new() { Scopes = ["read"] }));
        await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client, new() { Scopes = ["write"] }));
        var (first, second) = (cache.Entries.First(), cache.Entries.Last());
        cache.Put(first.Key, second.Value);
        cache.Put(second.Key, first.Value);

        await using var two = Node(cache);
        two.Answers(Tokens("own"));
        Assert.That((await two.Client.GetAccessTokenAsync(GrantOwner.Client, new() { Scopes = ["read"] })).Reveal(), Is.EqualTo("own"));
        Assert.That(two.Requests, Has.Count.EqualTo(1));
    }

    private static IEnumerable<TestCaseData> InvalidEntries()
    {
        yield return new TestCaseData((Func<byte[], byte[]>)(_ => [])).SetArgDisplayNames("empty");
        yield return new TestCaseData((Func<byte[], byte[]>)(good => good[..^1])).SetArgDisplayNames("truncated");
        yield return new TestCaseData(
            (Func<byte[], byte[]>)(good => [.. good.Select((value, i) => i == 20 ? (byte)(value ^ 1) : value)])
        ).SetArgDisplayNames("changed");
        yield return new TestCaseData((Func<byte[], byte[]>)(_ => new byte[1024 * 1024])).SetArgDisplayNames("large");
        yield return new TestCaseData((Func<byte[], byte[]>)(_ => Protect("null"u8.ToArray()))).SetArgDisplayNames("null");
        yield return new TestCaseData((Func<byte[], byte[]>)(_ => Protect("[]"u8.ToArray()))).SetArgDisplayNames("array");
        yield return new TestCaseData(
            (Func<byte[], byte[]>)(
                good =>
                    Protect(
                        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Unprotect(good)).Replace("at-1", "at\\n1", StringComparison.Ordinal))
                    )
            )
        ).SetArgDisplayNames("invalid token");
    }

    [TestCaseSource(nameof(InvalidEntries))]
    [Description("An invalid entry costs one token request")]
    public async Task An_invalid_entry_costs_one_token_request(Func<byte[], byte[]> falsify)
    {
        FakeDistributedCache cache = new();
        await using var one = Node(cache);
        one.Answers(Tokens("at-1"));
        await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client));
        cache.Put(cache.Entries.Single().Key, falsify(cache.Entries.Single().Value));

        await using var two = Node(cache);
        two.Answers(Tokens("own"));
        Assert.That((await two.Client.GetAccessTokenAsync(GrantOwner.Client)).Reveal(), Is.EqualTo("own"));
        Assert.That(two.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A cache that fails synchronously or asynchronously costs one token request and logs a warning")]
    public async Task A_failing_cache_costs_one_token_request([Values] bool atOnce)
    {
        FakeDistributedCache cache = new()
        {
            Fault = () => atOnce ? throw new IOException("unavailable") : Task.FromException(new IOException("unavailable")),
        };
        await using var node = Node(cache);
        node.Answers(Tokens("own"));
        for (int i = 0; i < 3; i++)
            Assert.That((await node.Client.GetAccessTokenAsync(GrantOwner.Client)).Reveal(), Is.EqualTo("own"));
        Assert.That(node.Requests, Has.Count.EqualTo(1));
        await Eventually.UntilAsync(() => node.Log.Events(331).Count == 2);
    }

    [Test]
    [Description("A cache that does not respond is ignored after 500 milliseconds")]
    public async Task A_cache_that_does_not_respond_is_ignored()
    {
        FakeDistributedCache cache = new() { Fault = () => Eventually.Never };
        await using var node = Node(cache);
        node.Answers(Tokens("own"));
        var getting = node.Client.GetAccessTokenAsync(GrantOwner.Client).AsTask();
        await cache.Called.Promptly();
        Assert.That(getting.IsCompleted, Is.False);
        // Advance once and no further: the deadline of the token request uses the same clock.
        node.Clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.That((await getting.Promptly()).Reveal(), Is.EqualTo("own"));
        Assert.That(node.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A token that an API rejected is replaced by a newer token of another node, never by itself or an older one")]
    public async Task A_rejected_token_is_replaced_by_a_newer_one_only()
    {
        FakeDistributedCache cache = new();
        await using var one = Node(cache);
        await using var two = Node(cache);
        one.Answers(Tokens("at-1"));
        var refused = await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client));
        await two.Client.GetAccessTokenAsync(GrantOwner.Client);
        byte[] old = cache.Entries.Single().Value;

        one.Clock.Advance(TimeSpan.FromSeconds(1));
        two.Clock.Advance(TimeSpan.FromSeconds(1));
        one.Answers(Tokens("at-2"));
        var newer = await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client, new() { RejectedToken = refused }));
        Assert.That(newer.Reveal(), Is.EqualTo("at-2"), "the rejected token is not read from the cache");
        Assert.That(await two.Client.GetAccessTokenAsync(GrantOwner.Client, new() { RejectedToken = refused }), Is.EqualTo(newer));
        Assert.That(two.Requests, Is.Empty);

        cache.Put(cache.Entries.Single().Key, old);
        two.Answers(Tokens("at-3"));
        Assert.That(
            (await two.Client.GetAccessTokenAsync(GrantOwner.Client, new() { RejectedToken = newer })).Reveal(),
            Is.EqualTo("at-3"),
            "the older token is not read from the cache"
        );
    }

    [Test]
    [Description("RFC 9700 §4.14: access tokens and refresh tokens of users are never written to the cache")]
    public async Task Tokens_of_users_are_not_cached()
    {
        FakeDistributedCache cache = new();
        await using var node = Node(cache);
        await node.SignedInAsync(Tokens("at-1", "rt-1"));
        node.Clock.Advance(Hour);
        node.Answers(Tokens("at-2", "rt-2"));
        await node.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(cache.Called.IsCompleted, Is.False);

        await cache.FilledAsync(() => node.Client.GetAccessTokenAsync(GrantOwner.Client));
        Assert.That(
            Encoding.UTF8.GetString(Unprotect(cache.Entries.Single().Value)),
            Does.Not.Contain("rt-2"),
            "nor is a refresh token that was issued with a client token"
        );
    }

    [Test]
    [Description("Sharing client tokens without an IDistributedCache throws")]
    public async Task A_missing_cache_throws()
    {
        await using ScriptedServer node = new(register: client =>
            client.ShareClientTokens((_, data) => Protect(data), (_, data) => Unprotect(data))
        );
        Assert.That(() => node.Client, Throws.InvalidOperationException.With.Message.Contain("IDistributedCache"));
    }

    private static ScriptedServer Node(FakeDistributedCache cache, Action<OAuthClientOptions>? options = null) =>
        new(
            options,
            register: client =>
            {
                client.Services.AddSingleton<IDistributedCache>(cache);
                client.ShareClientTokens((_, data) => Protect(data), (_, data) => Unprotect(data));
            }
        );

    private static readonly byte[] EncryptionKey = RandomNumberGenerator.GetBytes(32);

    private static byte[] Protect(byte[] data)
    {
        using AesGcm aes = new(EncryptionKey, 16);
        byte[] content = new byte[12 + 16 + data.Length];
        RandomNumberGenerator.Fill(content.AsSpan(0, 12));
        aes.Encrypt(content.AsSpan(0, 12), data, content.AsSpan(28), content.AsSpan(12, 16));
        return content;
    }

    private static byte[] Unprotect(byte[] content)
    {
        using AesGcm aes = new(EncryptionKey, 16);
        byte[] data = new byte[content.Length - 28];
        aes.Decrypt(content.AsSpan(0, 12), content.AsSpan(28), content.AsSpan(12, 16), data);
        return data;
    }
}
