using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Two nodes that share a store with one grant whose access token has expired.</summary>
internal sealed class TwoNodes : IAsyncDisposable
{
    private TwoNodes()
    {
        Store = new InMemoryGrantStore(StoreClock);
        StoreOfOne = new FailingStore(Store);
        One = new ScriptedServer(registerFirst: services => services.AddSingleton<IGrantStore>(StoreOfOne));
        Two = new ScriptedServer(registerFirst: services => services.AddSingleton<IGrantStore>(new FailingStore(Store)));
    }

    public ManualTimeProvider StoreClock { get; } = new();
    public InMemoryGrantStore Store { get; }
    public FailingStore StoreOfOne { get; }
    public ScriptedServer One { get; }
    public ScriptedServer Two { get; }
    public Grant Grant { get; private set; } = null!;

    public static async Task<TwoNodes> StartAsync()
    {
        TwoNodes nodes = new();
        nodes.Grant = await nodes.One.SignedInAsync(Tokens("at-1", "rt-1"));
        nodes.One.Clock.Advance(TimeSpan.FromHours(1));
        nodes.Two.Clock.Advance(TimeSpan.FromHours(1));
        return nodes;
    }

    /// <summary>Lets the first node present the refresh token; it receives at-2 and rt-2 when the response is released.</summary>
    public async Task<(Task<AccessToken> Refresh, TaskCompletionSource Release)> RefreshOnOneAsync()
    {
        TaskCompletionSource asked = new();
        TaskCompletionSource release = new();
        One.AnswersAsync(async _ =>
        {
            asked.SetResult();
            await release.Task;
            return Json(200, Tokens("at-2", "rt-2"));
        });
        var refresh = One.Client.GetAccessTokenAsync(GrantOwner.User("42")).AsTask();
        await asked.Task.Promptly();
        return (refresh, release);
    }

    public void Replace(string accessToken, string refreshToken, TimeSpan? expiresIn = null)
    {
        var now = One.Clock.GetUtcNow();
        TokenResponse response = new(
            new AccessToken(accessToken, now, now + (expiresIn ?? TimeSpan.FromHours(1)), [], []),
            new RefreshToken(refreshToken),
            idToken: null,
            new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal)
        );
        var replaced = Store.TryReplaceAsync(Grant.Refreshed(response, AccessTokenKey.Default.Key, now), default);
        Assert.That(replaced is { IsCompletedSuccessfully: true, Result: true });
    }

    public async ValueTask DisposeAsync()
    {
        await One.DisposeAsync();
        await Two.DisposeAsync();
    }
}
