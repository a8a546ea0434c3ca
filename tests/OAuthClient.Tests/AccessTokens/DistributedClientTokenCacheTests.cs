using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>A client's own access tokens, shared between nodes by a cache that may lose, lie and be late: whatever it does costs one token request at most.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DistributedClientTokenCacheTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description("What one node has fetched the others use, for as long as it lives")]
    public async Task One_fetches_for_all()
    {
        Cache cache = new();
        await using var one = Node(cache);
        await using var two = Node(cache);
        one.Answers(Tokens("at-1"));
        two.Answers(Tokens("at-2"));
        var token = await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client));
        var same = await two.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(same, Is.EqualTo(token));
        Assert.That((same.IssuedAt, same.ExpiresAt, same.Scopes), Is.EqualTo((token.IssuedAt, token.ExpiresAt, token.Scopes)));
        Assert.That(two.Requests, Is.Empty);
        Assert.That(cache.Options.Single().AbsoluteExpirationRelativeToNow, Is.EqualTo(Hour), "not longer than the token lives");

        two.Clock.Advance(Hour);
        Assert.That(
            (await two.Client.GetAccessTokenAsync(GrantOwner.Client)).Reveal(),
            Is.EqualTo("at-2"),
            "what is over is not used, whatever the cache still has"
        );
    }

    [Test]
    [Description("RFC 6819 §4.1.6: what the cache gets is what was encrypted, and no more; its keys say nothing")]
    public async Task Encrypted()
    {
        Cache cache = new();
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
                "so the line before means something"
            );
        }
    }

    private static IEnumerable<TestCaseData> Others()
    {
        yield return Case(o => o.ClientId = "another").SetArgDisplayNames("client");
        yield return Case(o => o.TokenEndpoint = new(Origin + "/other")).SetArgDisplayNames("server");
        yield return Case(o => o.Scopes = ["a", "b"]).SetArgDisplayNames("scopes");
        yield return Case(o => o.Resources = [new("https://api.example/")]).SetArgDisplayNames("resource");
        yield return Case(_ => { }, new() { Scopes = ["a"] }).SetArgDisplayNames("selection");
        static TestCaseData Case(Action<OAuthClientOptions> other, AccessTokenParameters? parameters = null) => new(other, parameters);
    }

    [TestCaseSource(nameof(Others))]
    [Description("One's token to another (CVE-2024-51987 class): the key holds server, client, scopes and resources")]
    public async Task Another_key_is_another_token(Action<OAuthClientOptions> other, AccessTokenParameters? parameters)
    {
        Cache cache = new();
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
    [Description("What is encrypted names its key: an entry that was moved to another's place is not believed")]
    public async Task Entries_in_each_others_places()
    {
        Cache cache = new();
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

    private static IEnumerable<TestCaseData> Bad()
    {
        yield return new TestCaseData((Func<byte[], byte[]>)(_ => [])).SetArgDisplayNames("nothing");
        yield return new TestCaseData((Func<byte[], byte[]>)(good => good[..^1])).SetArgDisplayNames("cut");
        yield return new TestCaseData(
            (Func<byte[], byte[]>)(good => [.. good.Select((one, i) => i == 20 ? (byte)(one ^ 1) : one)])
        ).SetArgDisplayNames("changed");
        yield return new TestCaseData((Func<byte[], byte[]>)(_ => new byte[1024 * 1024])).SetArgDisplayNames("large");
        yield return new TestCaseData((Func<byte[], byte[]>)(_ => Protect("null"u8.ToArray()))).SetArgDisplayNames("null");
        yield return new TestCaseData((Func<byte[], byte[]>)(_ => Protect("[]"u8.ToArray()))).SetArgDisplayNames("another shape");
        yield return new TestCaseData(
            (Func<byte[], byte[]>)(
                good =>
                    Protect(
                        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Unprotect(good)).Replace("at-1", "at\\n1", StringComparison.Ordinal))
                    )
            )
        ).SetArgDisplayNames("no token");
    }

    [TestCaseSource(nameof(Bad))]
    [Description("A cache that lies costs one token request")]
    public async Task A_cache_that_lies(Func<byte[], byte[]> lie)
    {
        Cache cache = new();
        await using var one = Node(cache);
        one.Answers(Tokens("at-1"));
        await cache.FilledAsync(() => one.Client.GetAccessTokenAsync(GrantOwner.Client));
        cache.Put(cache.Entries.Single().Key, lie(cache.Entries.Single().Value));

        await using var two = Node(cache);
        two.Answers(Tokens("own"));
        Assert.That((await two.Client.GetAccessTokenAsync(GrantOwner.Client)).Reveal(), Is.EqualTo("own"));
        Assert.That(two.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A cache that fails, at once or later, costs one token request, and the log says so")]
    public async Task A_cache_that_fails([Values] bool atOnce)
    {
        Cache cache = new() { Fault = () => atOnce ? throw new IOException("away") : Task.FromException(new IOException("away")) };
        await using var node = Node(cache);
        node.Answers(Tokens("own"));
        for (int i = 0; i < 3; i++)
            Assert.That((await node.Client.GetAccessTokenAsync(GrantOwner.Client)).Reveal(), Is.EqualTo("own"));
        Assert.That(node.Requests, Has.Count.EqualTo(1));
        await Eventually.UntilAsync(() => node.Log.Events(13).Count == 2);
    }

    [Test]
    [Description("A cache that never answers is left alone after half a second")]
    public async Task A_cache_that_is_silent()
    {
        Cache cache = new() { Fault = () => Eventually.Never };
        await using var node = Node(cache);
        node.Answers(Tokens("own"));
        var getting = node.Client.GetAccessTokenAsync(GrantOwner.Client).AsTask();
        await cache.Asked.Promptly();
        Assert.That(getting.IsCompleted, Is.False);
        // Once and no further: the token request has a deadline on the same clock.
        node.Clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.That((await getting.Promptly()).Reveal(), Is.EqualTo("own"));
        Assert.That(node.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A token that an API refused is replaced by a newer one of another node, never by itself or an older one")]
    public async Task Refused()
    {
        Cache cache = new();
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
        Assert.That(newer.Reveal(), Is.EqualTo("at-2"), "not the same from the cache");
        Assert.That(await two.Client.GetAccessTokenAsync(GrantOwner.Client, new() { RejectedToken = refused }), Is.EqualTo(newer));
        Assert.That(two.Requests, Is.Empty);

        cache.Put(cache.Entries.Single().Key, old);
        two.Answers(Tokens("at-3"));
        Assert.That(
            (await two.Client.GetAccessTokenAsync(GrantOwner.Client, new() { RejectedToken = newer })).Reveal(),
            Is.EqualTo("at-3"),
            "not the older one"
        );
    }

    [Test]
    [Description("Rotation race (RFC 9700 §4.14): neither users' tokens nor refresh tokens ever go there")]
    public async Task Nothing_of_users()
    {
        Cache cache = new();
        await using var node = Node(cache);
        await node.SignedInAsync(Tokens("at-1", "rt-1"));
        node.Clock.Advance(Hour);
        node.Answers(Tokens("at-2", "rt-2"));
        await node.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(cache.Asked.IsCompleted, Is.False);

        await cache.FilledAsync(() => node.Client.GetAccessTokenAsync(GrantOwner.Client));
        Assert.That(
            Encoding.UTF8.GetString(Unprotect(cache.Entries.Single().Value)),
            Does.Not.Contain("rt-2"),
            "not even one that came with the client's own"
        );
    }

    [Test]
    [Description("Without a cache there is nothing to share by")]
    public async Task No_cache()
    {
        await using ScriptedServer node = new(register: client =>
            client.ShareClientTokens((_, data) => Protect(data), (_, data) => Unprotect(data))
        );
        Assert.That(() => node.Client, Throws.InvalidOperationException.With.Message.Contain("IDistributedCache"));
    }

    private static ScriptedServer Node(Cache cache, Action<OAuthClientOptions>? options = null) =>
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

    private sealed class Cache : IDistributedCache
    {
        private readonly ConcurrentDictionary<string, byte[]> entries = new(StringComparer.Ordinal);
        private readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int sets;

        public Func<Task>? Fault { get; init; }

        /// <summary>Ends when anything was asked of it.</summary>
        public Task Asked => asked.Task;

        public ConcurrentQueue<DistributedCacheEntryOptions> Options { get; } = new();

        public IEnumerable<KeyValuePair<string, byte[]>> Entries => entries.OrderBy(entry => entry.Key, StringComparer.Ordinal);

        public void Put(string key, byte[] content) => entries[key] = content;

        /// <summary>Does something that brings one entry, and waits until it is in.</summary>
        public async Task<AccessToken> FilledAsync(Func<ValueTask<AccessToken>> get)
        {
            int before = Volatile.Read(ref sets);
            var token = await get();
            await Eventually.UntilAsync(() => Volatile.Read(ref sets) > before);
            return token;
        }

        public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
        {
            asked.TrySetResult();
            await (Fault?.Invoke() ?? Task.CompletedTask);
            return entries.GetValueOrDefault(key);
        }

        public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            asked.TrySetResult();
            await (Fault?.Invoke() ?? Task.CompletedTask);
            entries[key] = value;
            Options.Enqueue(options);
            Interlocked.Increment(ref sets);
        }

        public byte[]? Get(string key) => throw new NotSupportedException();

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

        public void Refresh(string key) => throw new NotSupportedException();

        public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

        public void Remove(string key) => throw new NotSupportedException();

        public Task RemoveAsync(string key, CancellationToken token = default) => throw new NotSupportedException();
    }
}
