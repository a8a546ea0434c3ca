using System.Runtime.InteropServices;

namespace OAuthClient.Benchmarks;

/// <summary>Measures all lines, or those that were selected.</summary>
internal static class Ratios
{
    private static readonly (string Name, Func<string, Report, Task> MeasureAsync)[] Lines =
    [
        ("handler_client", (name, report) => HandlerLine.MeasureAsync(name, report, forOwners: false, yields: false)),
        ("handler_client_yields", (name, report) => HandlerLine.MeasureAsync(name, report, forOwners: false, yields: true)),
        ("handler_owner", (name, report) => HandlerLine.MeasureAsync(name, report, forOwners: true, yields: false)),
        ("handler_owner_yields", (name, report) => HandlerLine.MeasureAsync(name, report, forOwners: true, yields: true)),
        ("authorization_url", AuthorizationUrlLine.MeasureAsync),
        ("token_response", TokenResponseLine.MeasureAsync),
        ("sign_in", SignInLine.MeasureAsync),
        ("dpop_proof", ProofLine.MeasureAsync),
        ("dpop_call", BoundCallLine.MeasureAsync),
        ("client_assertion_es256", (name, report) => ClientAssertionLine.MeasureAsync(name, report, "ES256")),
        ("client_assertion_ps256", (name, report) => ClientAssertionLine.MeasureAsync(name, report, "PS256")),
        ("id_token", IdTokenLine.MeasureAsync),
        ("stampede_cold", StampedeLines.MeasureColdAsync),
        ("stampede_401", StampedeLines.MeasureRefusedAsync),
        ("cold_start", ColdStartLine.MeasureAsync),
    ];

    public static async Task PrintAsync(IReadOnlyList<string> chosen)
    {
        Report.Explain(
            $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}, {Environment.ProcessorCount} processors"
        );
        Report.Explain(
            "An interleaved stopwatch, not BenchmarkDotNet: floor and contestants take turns of 1 ms, and the medians of 401 rounds' ratios"
        );
        Report.Explain("count. On a shared machine one contestant measured after the other differs more from itself than from the next.");
        Report.Explain("Bytes are those allocated by all threads, for one operation.");
        Report.Explain(
            "line ratio_ns ratio_bytes, where the floor of the same run is 1; the stampedes: line token_requests failures ms_over_latency"
        );
        var report = new Report();
        foreach (var (name, measureAsync) in Lines)
        {
            if (chosen.Count == 0 || chosen.Contains(name))
                await measureAsync(name, report);
        }
        report.PrintPeers();
    }
}
