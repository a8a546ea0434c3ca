using System.Text.RegularExpressions;

namespace OAuthClient.Conventions.Tests;

/// <summary>Relative links of the documents lead to files and headings that exist.</summary>
public sealed partial class DocumentLinksTests
{
    [Test]
    public void Links_lead_somewhere() =>
        Rule.Holds(
            "Correct the link:",
            Repository.Files.Where(file => file.Path.EndsWith(".md", StringComparison.Ordinal)).SelectMany(Broken)
        );

    private static IEnumerable<string> Broken(RepositoryFile file) =>
        from match in Link().Matches(file.Text)
        let target = match.Groups["target"].Value
        where !target.Contains("://", StringComparison.Ordinal)
        let parts = target.Split('#', 2)
        let path = parts[0].Length == 0 ? file.FullPath : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file.FullPath)!, parts[0]))
        where
            !File.Exists(path) && !Directory.Exists(path)
            || (parts.Length == 2 && !Headings(path).Contains(parts[1], StringComparer.Ordinal))
        select $"{file.Path} links to {target}";

    private static IEnumerable<string> Headings(string path) =>
        File.ReadLines(path)
            .Where(line => line.StartsWith('#'))
            .Select(line => NoWord().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"(?<!!)\[[^\]]+\]\((?<target>[^)\s]+)\)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NoWord();
}
