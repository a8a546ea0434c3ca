using System.Diagnostics;
using System.Globalization;
using OAuthClient.Testing;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Measures the time from the start of a process to its first token, over a real socket; all contestants run alternately.
/// </summary>
internal static class ColdStartLine
{
    private const int Rounds = 21;

    // A separate program, because in this process the web framework has already done half of the work.
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory.Replace("OAuthClient.Benchmarks", "OAuthClient.ColdStart", StringComparison.Ordinal),
        "OAuthClient.ColdStart"
    );

    private const string Framework = "framework";

    private static readonly string[] Contestants = [Contestant.Floor, Framework, Contestant.Ours, MsalPeer.Name];

    public static async Task MeasureAsync(string line, Report report)
    {
        await using var server = await TestAuthorizationServer.StartAsync();
        server.AddClient(new TestClient { ClientId = Sample.ClientId, ClientSecret = Sample.ClientSecret });
        var times = Contestants.ToDictionary(name => name, _ => new double[Rounds], StringComparer.Ordinal);
        var bytes = Contestants.ToDictionary(name => name, _ => 0.0, StringComparer.Ordinal);
        // The first round fills the file cache of the machine and warms up the server.
        for (int round = -1; round < Rounds; round++)
        {
            foreach (string name in Contestants)
            {
                var (time, allocated) = await StartAsync(name, server.TokenEndpoint);
                if (round < 0)
                    continue;
                times[name][round] = time.TotalNanoseconds;
                bytes[name] = allocated;
            }
        }
        var samples = Contestants.Select(name => new Samples(name, times[name], bytes[name])).ToList();
        foreach (var one in samples)
            Report.Explain(
                $"{line}: {one.Name} {one.MedianNanoseconds / 1e6:0} ms {one.Bytes / 1024:0} KB, "
                    + $"{Report.Text(one.MedianRatio(samples[0]))} of the floor"
            );
        foreach (var one in samples.Where(one => one.Name is not (Contestant.Floor or Framework)))
            report.Ratios(line, one.Name, one.MedianRatio(samples[0]), one.Bytes / samples[0].Bytes);
    }

    private static async Task<(TimeSpan Time, long Allocated)> StartAsync(string contestant, Uri tokenEndpoint)
    {
        long start = Stopwatch.GetTimestamp();
        using var process = Process.Start(
            new ProcessStartInfo(Program, [contestant, tokenEndpoint.AbsoluteUri])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        // Written when the token is available; the exit of the process is not measured.
        string? allocated = await process.StandardOutput.ReadLineAsync();
        var time = Stopwatch.GetElapsedTime(start);
        await process.WaitForExitAsync();
        return process.ExitCode == 0 && allocated is not null
            ? (time, long.Parse(allocated, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException(
                $"The process that was to fetch {contestant}'s first token ended with code {process.ExitCode}."
            );
    }
}
