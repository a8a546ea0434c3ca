using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OAuthClient.Conventions.Tests;

/// <summary>Reads the log messages of a package from its sources, and compares them with the table in the documentation.</summary>
internal static class LogMessages
{
    public const string Document = "src/OAuthClient/Diagnostics/README.md";

    /// <summary>Finds event ids that are used twice, messages that the table lacks, and rows without a message.</summary>
    /// <param name="sources">The files of the package.</param>
    /// <param name="document">The document with a table of log messages for each package.</param>
    /// <returns>The breaches.</returns>
    public static IEnumerable<string> Breaches(SourceTree sources, string document)
    {
        var rows = Rows(document, sources.Project).ToArray();
        var messages = sources
            .Nodes<AttributeSyntax>()
            .Where(found => IsLoggerMessage(found.Node))
            .Select(found => Read(sources, found.Node))
            .ToArray();
        foreach (var message in messages)
        {
            if (message.Id is null || message.Text is null)
                yield return $"{message.Place} does not state event id, level and message in this order";
            else if (!rows.Any(row => row.StartsWith(message.Row, StringComparison.Ordinal)))
                yield return $"{message.Place} is not in {Document}, section {sources.Project}; the row starts with {message.Row}";
        }
        foreach (var same in messages.GroupBy(message => message.Id).Where(same => same.Key is not null && same.Count() > 1))
            yield return $"{sources.Project} uses the event id {same.Key} at {string.Join(" and ", same.Select(message => message.Place))}";
        foreach (var row in rows.Where(row => !messages.Any(message => row.StartsWith($"| {message.Id} |", StringComparison.Ordinal))))
            yield return $"{Document}, section {sources.Project} has a row without a log message: {row}";
    }

    private static bool IsLoggerMessage(AttributeSyntax attribute) =>
        attribute.Name.ToString() is "LoggerMessage" or "LoggerMessageAttribute";

    private static Message Read(SourceTree sources, AttributeSyntax attribute)
    {
        var arguments = attribute.ArgumentList?.Arguments ?? [];
        var place = SourceTree.Place(attribute);
        if (arguments.Count < 3 || arguments.Any(argument => argument.NameEquals is not null || argument.NameColon is not null))
            return new(place, null, "", null);
        var model = sources.Compilation.GetSemanticModel(attribute.SyntaxTree);
        return new(
            place,
            model.GetConstantValue(arguments[0].Expression).Value as int?,
            (arguments[1].Expression as MemberAccessExpressionSyntax)?.Name.Identifier.ValueText ?? "",
            model.GetConstantValue(arguments[2].Expression).Value as string
        );
    }

    // The rows of the section of a package that start with a number.
    private static IEnumerable<string> Rows(string document, string project) =>
        document
            .Split('\n')
            .SkipWhile(line => line != $"### {project}")
            .Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .Where(line => line.Length > 2 && line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(line[2]));

    private sealed record Message(string Place, int? Id, string Level, string? Text)
    {
        public string Row => $"| {Id} | {Level} | {Text} |";
    }
}
