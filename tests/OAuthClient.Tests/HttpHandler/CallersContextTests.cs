namespace OAuthClient.Tests;

/// <summary>
/// Tests that the library does not use the caller's synchronization context, so that an application that blocks on it does not deadlock.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CallersContextTests
{
    [Test]
    public async Task No_continuation_runs_on_the_callers_context()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        var http = host.Http;
        CountingContext context = new();

        var pending = await context.Run(() => host.Client.BeginAuthorizationAsync());
        var callback = AuthorizationResponse.Parse(await host.Server.SignInAsync(pending.AuthorizationUri));
        await context.Run(() => host.Client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("42")));
        host.Server.ExpireAccessTokens();
        using var replayed = await context.Run(() => http.GetAsync("/me"));
        await context.Run(() => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"])));
        await context.Run(() => host.Client.GetAccessTokenAsync(GrantOwner.Client).AsTask());
        host.Clock.Advance(TimeSpan.FromHours(1));
        await context.Run(() => host.Client.GetAccessTokenAsync(GrantOwner.User("42")).AsTask());
        await context.Run(async () =>
        {
            await host.Client.RevokeAsync(GrantOwner.User("42")).ConfigureAwait(false);
            return true;
        });

        Assert.That(context.Posts, Is.Zero);
    }

    private sealed class CountingContext : SynchronizationContext
    {
        private int posts;

        public int Posts => Volatile.Read(ref posts);

        public override void Post(SendOrPostCallback d, object? state)
        {
            Interlocked.Increment(ref posts);
            ThreadPool.UnsafeQueueUserWorkItem(_ => d(state), null);
        }

        public async Task<T> Run<T>(Func<Task<T>> call)
        {
            var before = Current;
            Task<T> task;
            try
            {
                SetSynchronizationContext(this);
                task = call();
            }
            finally
            {
                SetSynchronizationContext(before);
            }
            return await task.Promptly();
        }
    }
}
