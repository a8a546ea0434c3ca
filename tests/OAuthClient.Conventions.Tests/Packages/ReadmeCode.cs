using System.Text.RegularExpressions;

namespace OAuthClient.Conventions.Tests.Packages;

internal enum ProgramKind
{
    Console,
    Web,
    Razor,
    Test,

    /// <summary>Types without a program. The blocks of a document are compiled together.</summary>
    Library,
}

/// <summary>What happens with a block after it was compiled.</summary>
internal enum ReadmeUse
{
    Compile,
    Run,
    Browse,
}

/// <summary>A fenced block of a document, and the line at which its code starts.</summary>
internal sealed record ReadmeBlock(string File, int Line, ProgramKind Kind, ReadmeUse Use, string Code)
{
    public string Name => $"{Path.ChangeExtension(File, null).Replace('/', '_').Replace('.', '_')}_{Line}";

    public string Place => $"{File}:{Line}";
}

/// <summary>
/// Reads the code of the documents. Each block of C# or Razor has a mark that says how it is compiled; a block without one is an error.
/// </summary>
internal static partial class ReadmeCode
{
    private static readonly string[] Fences = ["```csharp", "```razor"];

    /// <summary>Reads the marked blocks of all documents of the repository.</summary>
    /// <returns>The blocks.</returns>
    public static IReadOnlyList<ReadmeBlock> ParseAll() =>
        [
            .. Repository
                .Files.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal))
                .SelectMany(file => Parse(file.Path, file.Text)),
        ];

    public static IReadOnlyList<ReadmeBlock> Parse(string file, string markdown)
    {
        var lines = markdown.ReplaceLineEndings("\n").Split('\n');
        var blocks = new List<ReadmeBlock>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (IsFence(lines[i]))
                throw new FormatException($"{file}:{i + 1} opens a block of code without a mark, so it would not be compiled");
            if (!lines[i].TrimStart().StartsWith("<!-- compiled", StringComparison.Ordinal))
                continue;
            var mark = Mark().Match(lines[i].Trim());
            if (!mark.Success)
                throw new FormatException($"{file}:{i + 1} is no mark: {lines[i].Trim()}");
            var start = i + 1;
            while (start < lines.Length && lines[start].Trim().Length == 0)
                start++;
            if (start == lines.Length || !IsFence(lines[start]))
                throw new FormatException($"{file}:{i + 1} marks no block of code");
            var end = Array.FindIndex(lines, start + 1, line => line.Trim() == "```");
            if (end < 0)
                throw new FormatException($"{file}:{start + 1} opens a block that nothing closes");

            blocks.Add(
                new(
                    file,
                    start + 2,
                    Enum.Parse<ProgramKind>(mark.Groups["kind"].Value, ignoreCase: true),
                    mark.Groups["use"].Value switch
                    {
                        "run" => ReadmeUse.Run,
                        "browsed" => ReadmeUse.Browse,
                        _ => ReadmeUse.Compile,
                    },
                    string.Join('\n', lines[(start + 1)..end]) + "\n"
                )
            );
            i = end;
        }

        return blocks;
    }

    private static bool IsFence(string line) => Fences.Contains(line.Trim(), StringComparer.Ordinal);

    [GeneratedRegex(
        "^<!-- compiled(?: and (?<use>run|browsed))?: (?<kind>console|web|razor|test|library) -->$",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Mark();
}
