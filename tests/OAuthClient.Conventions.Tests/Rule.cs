namespace OAuthClient.Conventions.Tests;

internal static class Rule
{
    // The collection message of NUnit shows ten items on one line; each breach is shown on its own line.
    public static void Holds(string rule, IEnumerable<string> breaches)
    {
        var lines = breaches.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        if (lines.Length > 0)
            Assert.Fail($"{rule}\n{string.Join('\n', lines.Select(line => "  " + line))}");
    }
}
