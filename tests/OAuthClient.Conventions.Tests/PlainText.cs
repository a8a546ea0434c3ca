using System.Text.RegularExpressions;

namespace OAuthClient.Conventions.Tests;

/// <summary>Checks the length of lines and the words of comments, messages and documents.</summary>
internal static partial class PlainText
{
    public const int MaximumColumns = 140;

    public static IEnumerable<string> Breaches(string path, string text)
    {
        var number = 0;
        var lines = text.TrimEnd('\n').Split('\n');
        if (lines.Length > FileShape.MostLines && path.EndsWith(".cs", StringComparison.Ordinal))
            yield return $"{path} has {lines.Length} lines; a file has at most {FileShape.MostLines}";
        foreach (var line in lines)
        {
            number++;
            if (line.Length > MaximumColumns && path.EndsWith(".cs", StringComparison.Ordinal))
                yield return $"{path}:{number} has {line.Length} columns; a line has at most {MaximumColumns}";
            foreach (Match word in Vague().Matches(line))
                yield return $"{path}:{number} says '{word.Value}'; name who or what it is";
        }
    }

    [GeneratedRegex(
        @"\b(whoever|whomever|nobody|somebody|anybody|everybody|goodbye|the dance|at hand|lies far)\b",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000
    )]
    private static partial Regex Vague();
}
