using System.Text.RegularExpressions;

namespace OAuthClient.Conventions.Tests.Packages;

internal enum ProgramKind
{
    Console,
    Web,
}

/// <summary>A fenced block of the README that promises to compile, and the line its code starts at.</summary>
internal sealed record ReadmeBlock(int Line, ProgramKind Kind, bool Runs, string Code)
{
    public string Name => $"Readme{Line}";
}

internal static partial class ReadmeCode
{
    private const string Fence = "```csharp";

    public static IReadOnlyList<ReadmeBlock> Parse(string markdown)
    {
        var lines = markdown.ReplaceLineEndings("\n").Split('\n');
        var blocks = new List<ReadmeBlock>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].TrimStart().StartsWith("<!-- compiled", StringComparison.Ordinal))
                continue;
            var mark = Mark().Match(lines[i].Trim());
            if (!mark.Success)
                throw new FormatException($"README.md:{i + 1} is no mark: {lines[i].Trim()}");
            var start = i + 1;
            while (start < lines.Length && lines[start].Trim().Length == 0)
                start++;
            if (start == lines.Length || lines[start].Trim() != Fence)
                throw new FormatException($"README.md:{i + 1} marks no {Fence} block");
            var end = Array.FindIndex(lines, start + 1, line => line.Trim() == "```");
            if (end < 0)
                throw new FormatException($"README.md:{start + 1} opens a block that nothing closes");

            blocks.Add(
                new(
                    start + 2,
                    Enum.Parse<ProgramKind>(mark.Groups["kind"].Value, ignoreCase: true),
                    mark.Groups["run"].Success,
                    string.Join('\n', lines[(start + 1)..end]) + "\n"
                )
            );
            i = end;
        }

        return blocks.Count > 0 ? blocks : throw new FormatException("README shows no compiled code");
    }

    [GeneratedRegex(
        "^<!-- compiled(?<run> and run)?: (?<kind>console|web) -->$",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Mark();
}
