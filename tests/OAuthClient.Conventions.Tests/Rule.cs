namespace OAuthClient.Conventions.Tests;

internal static class Rule
{
    // NUnit's own collection message shows ten items on one line; a rule's breaches are read one by one.
    public static void Holds(string rule, IEnumerable<string> breaches)
    {
        var lines = breaches.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        if (lines.Length > 0)
            Assert.Fail($"{rule}\n{string.Join('\n', lines.Select(line => "  " + line))}");
    }
}
