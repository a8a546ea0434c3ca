using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Benchmarks;

/// <summary>Measures adding grants of different owners to the store in memory.</summary>
internal static class InMemoryAddLine
{
    private const int Grants = 100_000;
    private const int Rounds = 5;

    public static async Task MeasureAsync()
    {
        var template = await GrantTemplate.CreateAsync();
        List<double> times = [];
        for (int round = 0; round <= Rounds; round++)
        {
            var grants = Enumerable.Range(0, Grants).Select(template.Create).ToArray();
            var services = new ServiceCollection();
            OurClient.AddTo(services, new TokenServer());
            await using var provider = services.BuildServiceProvider();
            var store = provider.GetRequiredService<IGrantStore>();
            long start = Stopwatch.GetTimestamp();
            foreach (var grant in grants)
                await store.AddAsync(grant, default);
            if (round > 0)
                times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds / Grants);
        }
        Report.Scale("scale_add_us", Samples.Median(times));
    }
}
