using static OAuthClient.StoreContract.SampleGrants;

namespace OAuthClient.StoreContract;

/// <summary>Tests that a callback is processed once (RFC 9700 §4.7).</summary>
internal static class StateCases
{
    public const string Reason = "A callback that is received twice must not cause two token requests (RFC 9700 §4.7).";
    private const string Insert = "Insert the fingerprint under a unique key in one atomic step, and return whether it was inserted.";

    public static IEnumerable<CaseDefinition<IGrantStore>> All { get; } =
    [new("A state is consumed once", Reason, OnceAsync), new("A state is consumed once by concurrent callers", Reason, ConcurrentAsync)];

    private static async Task OnceAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        foreach (var (state, isFirst) in new[] { ("one", true), ("one", false), ("One", true), ("two", true), ("one", false) })
        {
            Expect.Equal(
                $"TryConsumeStateAsync of '{state}' after earlier calls with 'one', 'one', 'One' and 'two', in that order",
                isFirst,
                await run.Store.TryConsumeStateAsync(state, Expiry, cancellationToken),
                "Remember each fingerprint until its expiresAt, and compare ordinally."
            );
        }
    }

    private static async Task ConcurrentAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        bool[] consumed = await Task.WhenAll(
            Enumerable
                .Range(0, 32)
                .Select(_ => BackgroundWork.Run(() => run.Store.TryConsumeStateAsync("state", Expiry, cancellationToken).AsTask()))
        );
        Expect.Equal("The number of 32 concurrent calls that consumed the same state", 1, consumed.Count(isFirst => isFirst), Insert);
    }
}
