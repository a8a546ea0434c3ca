namespace OAuthClient.Tests;

/// <summary>Advances the clock of a test through the delays between the attempts of a request.</summary>
internal sealed class Pauses(ManualTimeProvider clock)
{
    // The timeout of an attempt uses a timer too, which is longer than any delay here.
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
        using CancellationTokenSource stop = new();
        while (!request.IsCompleted)
        {
            var timer = clock.WaitForTimerAsync(stop.Token);
            await Task.WhenAny(request, timer).Promptly();
            if (request.IsCompleted)
                break;
            if (await timer is var pause && pause <= Longest)
            {
                taken.Add(pause);
                clock.Advance(pause);
            }
        }
        await stop.CancelAsync();
        await request;
    }
}
