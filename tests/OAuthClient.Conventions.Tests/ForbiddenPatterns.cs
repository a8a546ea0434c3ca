using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OAuthClient.Conventions.Tests;

/// <summary>Finds unfinished code and waits for a fixed time. The syntax tree is searched, so a string may contain the words.</summary>
internal static partial class ForbiddenPatterns
{
    public static IEnumerable<string> Breaches(string path, string text)
    {
        var root = CSharpSyntaxTree.ParseText(text, path: path).GetRoot();
        var isTest = path.StartsWith("tests/", StringComparison.Ordinal);
        return root.DescendantTrivia(descendIntoTrivia: true)
            .SelectMany(InComment)
            .Concat(
                root.DescendantNodes()
                    .Select(node => (node, Fault: In(node, isTest)))
                    .Where(one => one.Fault is not null)
                    .Select(one => $"{SourceTree.Place(one.node)} {one.Fault}")
            );
    }

    private static IEnumerable<string> InComment(SyntaxTrivia trivia) =>
        trivia.IsKind(SyntaxKind.SingleLineCommentTrivia)
        || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia)
        || trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia)
        || trivia.IsKind(SyntaxKind.MultiLineDocumentationCommentTrivia)
            ? Unfinished()
                .Matches(trivia.ToFullString())
                .Select(word =>
                    $"{trivia.SyntaxTree!.FilePath}:{trivia.GetLocation().GetLineSpan().StartLinePosition.Line + 1} says {word.Value}"
                )
            : [];

    private static string? In(SyntaxNode node, bool isTest) =>
        node switch
        {
            IdentifierNameSyntax { Identifier.ValueText: "NotImplementedException" } => "throws NotImplementedException: a stub",
            MemberAccessExpressionSyntax access when Is(access, "Thread", "Sleep") => "sleeps",
            InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access } call
                when isTest && Is(access, "Task", "Delay") && WaitsFixedTime(call) =>
                "waits a fixed time; wait for the event, or for a clock of the test",
            AttributeSyntax attribute
                when isTest
                    && attribute.Name.ToString() is "Ignore" or "Explicit"
                    && !HasReason(attribute.ArgumentList?.Arguments.FirstOrDefault()?.Expression) =>
                $"has [{attribute.Name}] without a reason",
            AttributeArgumentSyntax { NameEquals.Name.Identifier.ValueText: "Ignore" or "Explicit" } argument
                when isTest && !HasReason(argument.Expression) => $"has {argument.NameEquals.Name} without a reason",
            _ => null,
        };

    private static bool Is(MemberAccessExpressionSyntax access, string type, string member) =>
        access.Name.Identifier.ValueText == member
        && access.Expression.ToString() is var owner
        && (owner == type || owner.EndsWith("." + type, StringComparison.Ordinal));

    // A TimeProvider is controlled by the test; an infinite delay ends only by cancellation.
    private static bool WaitsFixedTime(InvocationExpressionSyntax call)
    {
        var arguments = call.ArgumentList.Arguments;
        var hasClock =
            arguments.Count > 2
            || (
                arguments.Count == 2
                && !arguments[1].ToString().Contains("cancel", StringComparison.OrdinalIgnoreCase)
                && !arguments[1].ToString().Contains("token", StringComparison.OrdinalIgnoreCase)
                && arguments[1].ToString() is not ("default" or "ct")
            );
        return !hasClock && arguments.Count > 0 && IsConstant(arguments[0].Expression);
    }

    private static bool IsConstant(ExpressionSyntax expression) =>
        expression switch
        {
            LiteralExpressionSyntax literal => literal.Token.ValueText != "0",
            InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax made } call
                when made.Expression.ToString().EndsWith("TimeSpan", StringComparison.Ordinal) => call.ArgumentList.Arguments.All(
                argument => IsConstant(argument.Expression)
            ),
            BaseObjectCreationExpressionSyntax made => made.ArgumentList?.Arguments.All(argument =>
                argument.Expression is LiteralExpressionSyntax
            ) == true,
            BinaryExpressionSyntax both => IsConstant(both.Left) && IsConstant(both.Right),
            ParenthesizedExpressionSyntax inner => IsConstant(inner.Expression),
            _ => false,
        };

    private static bool HasReason(ExpressionSyntax? expression) =>
        expression switch
        {
            null => false,
            LiteralExpressionSyntax literal => literal.IsKind(SyntaxKind.StringLiteralExpression)
                && !string.IsNullOrWhiteSpace(literal.Token.ValueText),
            _ => true,
        };

    [GeneratedRegex(@"\b(?:TODO|FIXME|HACK)\b", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Unfinished();
}
