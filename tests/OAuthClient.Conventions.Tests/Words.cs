using System.Text.RegularExpressions;

namespace OAuthClient.Conventions.Tests;

internal static partial class Words
{
    public static string[] Of(string pascalCase) => [.. Parts().Matches(pascalCase).Select(part => part.Value.ToUpperInvariant())];

    [GeneratedRegex("[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Parts();
}
