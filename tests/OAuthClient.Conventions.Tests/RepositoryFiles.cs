using System.Text.RegularExpressions;

namespace OAuthClient.Conventions.Tests;

internal static partial class RepositoryFiles
{
    private static readonly string[] TopLevel =
    [
        "src",
        "tests",
        "samples",
        "OAuthClient.sln",
        "Directory.Build.props",
        "Directory.Packages.props",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "nuget.config",
    ];

    public static IEnumerable<string> UnexpectedEntries(IEnumerable<string> paths) =>
        from entry in paths.Select(path => path.Split('/')[0]).Distinct(StringComparer.Ordinal)
        where !entry.StartsWith('.') && !TopLevel.Contains(entry, StringComparer.Ordinal)
        select $"{entry} at the top of the repository";

    public static bool IsText(string path) => Path.GetExtension(path) is not (".png" or ".ico" or ".snk" or ".pfx");

    public static IEnumerable<string> Breaches(string path, string text) =>
        MachinePath()
            .Matches(text)
            .Select(match => (match, Fault: "names a path of one machine"))
            .Concat(RegistryHost().Matches(text).Select(match => (match, Fault: "names a package registry")))
            .Select(one => $"{path}:{text.AsSpan(0, one.match.Index).Count('\n') + 1} {one.Fault}: {one.match.Value}");

    // Not after a letter, a dot or a bracket: there it is the path of a URL or a relative path.
    [GeneratedRegex(
        @"(?<![\w.\]}~-])(?:/(?:home|Users|root|work|tmp|mnt|opt)/[A-Za-z0-9]|[A-Za-z]:\\Users\\)[^\s""'<>]*",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 5000
    )]
    private static partial Regex MachinePath();

    [GeneratedRegex(
        @"[\w.-]*(?:nuget\.org|myget\.org|pkgs\.dev\.azure\.com|pkgs\.visualstudio\.com|nuget\.pkg\.github\.com|"
            + @"npmjs\.org|npmjs\.com|yarnpkg\.com|pypi\.org|jfrog\.io)\b",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        matchTimeoutMilliseconds: 5000
    )]
    private static partial Regex RegistryHost();
}
