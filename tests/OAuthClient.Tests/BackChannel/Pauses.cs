namespace OAuthClient.Tests;

/// <summary>Takes a request through the pauses between its attempts, on the test's clock.</summary>
internal sealed class Pauses(ManualTimeProvider clock)
{
    // An attempt has a timer too; it has more time than any pause here.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly List<TimeSpan> taken = [];

    public IReadOnlyList<TimeSpan> Taken => taken;

    public async Task<T> PassAsync<T>(Task<T> request)
    {
        await PassAsync((Task)request);
        return await request;
    }

    public async Task PassAsync(Task request)
    {
        using CancellationTokenSource over = new();
        while (!request.IsCompleted)
        {
            var timer = clock.WaitForTimerAsync(over.Token);
            await Task.WhenAny(request, timer).Promptly();
            if (request.IsCompleted)
                break;
            if (await timer is var pause && pause <= Longest)
            {
                taken.Add(pause);
                clock.Advance(pause);
            }
        }
        await over.CancelAsync();
        await request;
    }
}
