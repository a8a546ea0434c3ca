using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;

namespace OAuthClient.Tests.Shared;

/// <summary>A <see cref="FakeTimeProvider"/> that also lets a test wait until a timer is started.</summary>
/// <param name="start">The initial time; <see langword="null"/> for a fixed one.</param>
internal sealed class ManualTimeProvider(DateTimeOffset? start = null) : FakeTimeProvider(start ?? new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero))
{
    private readonly Channel<DateTimeOffset> startedTimers = Channel.CreateUnbounded<DateTimeOffset>();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ObservedTimer timer = new(this, base.CreateTimer(callback, state, dueTime, period));
        Report(dueTime);
        return timer;
    }

    /// <summary>Waits for a timer that was started and that no earlier call has returned.</summary>
    /// <returns>The due time relative to the current time.</returns>
    public async Task<TimeSpan> WaitForTimerAsync(CancellationToken cancellationToken = default) =>
        await startedTimers.Reader.ReadAsync(cancellationToken) - GetUtcNow();

    private void Report(TimeSpan dueTime)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
            startedTimers.Writer.TryWrite(GetUtcNow() + dueTime);
    }

    private sealed class ObservedTimer(ManualTimeProvider clock, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool changed = timer.Change(dueTime, period);
            clock.Report(dueTime);
            return changed;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
