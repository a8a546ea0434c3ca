using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace OAuthClient.Conventions.Tests;

/// <summary>Checks the form of the documentation comments of public members, which is that of the .NET API reference.</summary>
internal static partial class PublicDocumentation
{
    private const string CancellationToken = "The token to monitor for cancellation requests.";

    public static IEnumerable<string> Breaches(SourceTree sources) =>
        from type in PublicApi.VisibleTypes(sources.Compilation.Assembly)
        from fault in Faults(type).Concat(type.GetMembers().Where(IsDocumented).SelectMany(member => Faults(member, type)))
        select fault;

    private static IEnumerable<string> Faults(INamedTypeSymbol type)
    {
        if (Read(type) is not { } comment)
            yield return $"{Place(type)} {type.Name} has no documentation";
        else if (!Text(comment.Element("summary")).EndsWith('.'))
            yield return $"{Place(type)} {type.Name}: the summary is not a sentence";
    }

    private static IEnumerable<string> Faults(ISymbol member, INamedTypeSymbol type)
    {
        var name = $"{Place(member)} {type.Name}.{member.Name}";
        if (Read(member) is not { } comment)
        {
            yield return $"{name} has no documentation";
            yield break;
        }
        if (comment.Element("inheritdoc") is not null)
            yield break;
        var summary = Text(comment.Element("summary"));
        if (member is IPropertySymbol { IsIndexer: false } property)
        {
            var beginning = IsSettable(property) ? "Gets or sets " : "Gets ";
            if (!summary.StartsWith(beginning, StringComparison.Ordinal))
                yield return $"{name}: the summary of a property starts with \"{beginning.Trim()}\"";
            if (type.Name.EndsWith("Options", StringComparison.Ordinal) && IsSettable(property))
            {
                var whole = Text(comment);
                if (!whole.Contains("default", StringComparison.OrdinalIgnoreCase))
                    yield return $"{name}: an option states its default";
                if (IsNumber(property.Type) && !Unit().IsMatch(whole))
                    yield return $"{name}: an option that is a number states its unit";
            }
        }
        if (member is IMethodSymbol method)
        {
            if (HasResult(method) && comment.Element("returns") is null)
                yield return $"{name} has a result and no <returns>";
            foreach (var parameter in method.Parameters)
            {
                var described = comment.Elements("param").FirstOrDefault(param => param.Attribute("name")?.Value == parameter.Name);
                if (described is null)
                    yield return $"{name} does not describe '{parameter.Name}'";
                else if (
                    parameter.Type.Name == "CancellationToken"
                    && !Text(described).StartsWith(CancellationToken, StringComparison.Ordinal)
                )
                    yield return $"{name}: '{parameter.Name}' is \"{CancellationToken}\"";
            }
        }
    }

    private static bool IsDocumented(ISymbol member) =>
        member.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal
        && member is { IsImplicitlyDeclared: false, IsOverride: false }
        && member
            is IPropertySymbol { ExplicitInterfaceImplementations.IsEmpty: true }
                or IFieldSymbol
                or IMethodSymbol
                {
                    MethodKind: MethodKind.Ordinary or MethodKind.Constructor,
                    ExplicitInterfaceImplementations.IsEmpty: true,
                };

    private static bool IsSettable(IPropertySymbol property) =>
        property.SetMethod is { DeclaredAccessibility: Accessibility.Public or Accessibility.Protected };

    private static bool HasResult(IMethodSymbol method) =>
        method is { MethodKind: MethodKind.Ordinary, ReturnsVoid: false }
        && method.ReturnType is not INamedTypeSymbol { Name: "Task" or "ValueTask", IsGenericType: false };

    private static bool IsNumber(ITypeSymbol type) => type.SpecialType is SpecialType.System_Int32 or SpecialType.System_Int64;

    private static XElement? Read(ISymbol symbol)
    {
        var xml = symbol.GetDocumentationCommentXml(expandIncludes: false);
        return string.IsNullOrWhiteSpace(xml)
            ? null
            : XElement.Parse(xml.StartsWith("<member", StringComparison.Ordinal) ? xml : $"<member>{xml}</member>");
    }

    private static string Text(XElement? element) => element is null ? "" : Spaces().Replace(element.Value, " ").Trim();

    private static string Place(ISymbol symbol) =>
        symbol.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is { } node ? SourceTree.Place(node) : symbol.Name;

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces();

    [GeneratedRegex(
        @"\b(number of|seconds|minutes|bytes|characters|days|status code|port)\b",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Unit();
}
