using System.Text.RegularExpressions;

namespace OAuthClient.Conventions.Tests;

/// <summary>Tests that the messages of the troubleshooting table exist.</summary>
public sealed partial class TroubleshootingTests
{
    [Test]
    public async Task Each_message_of_the_table_is_a_message_of_the_library()
    {
        var sources = string.Concat(
            Repository
                .CSharpFiles.Where(file => file.Path.StartsWith("src/", StringComparison.Ordinal))
                .Select(file => Concatenation().Replace(file.Text, ""))
        );
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "src", "OAuthClient", "README.md"));
        var messages = Message()
            .Matches(document[document.IndexOf("| message |", StringComparison.Ordinal)..])
            .Select(row => row.Groups["message"].Value)
            .ToList();

        Assert.That(messages, Has.Count.GreaterThan(10));
        Rule.Holds("Correct the table:", messages.Where(message => !sources.Contains(message, StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"""\s*\+\s*\$?""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Concatenation();

    [GeneratedRegex(
        @"^\| `(?<message>[^`]+)` \| [A-Z]",
        RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 5000
    )]
    private static partial Regex Message();
}
