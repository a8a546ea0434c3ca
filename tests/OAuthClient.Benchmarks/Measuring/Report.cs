using System.Globalization;

namespace OAuthClient.Benchmarks;

/// <summary>
/// Prints the lines: those of the library at once, those of the peers at the end. Lines that begin with # are explanations.
/// </summary>
internal sealed class Report
{
    private readonly List<string> peers = [];

    public static void Explain(string text) => Console.WriteLine($"# {text}");

    /// <summary>Prints a line with its two ratios; less is better, and 1 is the floor.</summary>
    public void Ratios(string line, string contestant, double nanoseconds, double bytes) =>
        Values(line, contestant, Text(nanoseconds), Text(bytes));

    /// <summary>Prints a line with other values.</summary>
    public void Values(string line, string contestant, params IReadOnlyList<string> values)
    {
        if (contestant == Contestant.Ours)
            Console.WriteLine($"{line} {string.Join(' ', values)}");
        else
            peers.Add($"peer:{contestant} {line} {string.Join(' ', values)}");
    }

    public void PrintPeers() => peers.ForEach(Console.WriteLine);

    public static string Text(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
