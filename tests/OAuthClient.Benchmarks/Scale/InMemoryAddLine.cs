using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Measures adding grants of different owners to the store in memory.</summary>
internal static class InMemoryAddLine
{
    private const int Grants = 100_000;
    private const int Rounds = 7;

    public static async Task MeasureAsync()
    {
        var template = await GrantTemplate.CreateAsync();
        var grants = Enumerable.Range(0, Grants).Select(template.Create).ToArray();
        double[] times = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            var services = new ServiceCollection();
            OurClient.AddTo(services, new TokenServer());
            await using var provider = services.BuildServiceProvider();
            var store = provider.GetRequiredService<IGrantStore>();
            long start = Stopwatch.GetTimestamp();
            foreach (var grant in grants)
                await store.AddAsync(grant, default);
            times[round] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / Grants;
        }
        // There is no floor in turn with it: the other programs of the machine only add to the time of a round.
        Report.Scale("scale_add_us", times.Min());
    }
}
