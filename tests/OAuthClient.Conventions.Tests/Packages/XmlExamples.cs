using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OAuthClient.Conventions.Tests.Packages;

/// <summary>Reads the code of the <c>&lt;example&gt;</c> elements of the public API.</summary>
internal static class XmlExamples
{
    /// <summary>Reads the examples of all packages.</summary>
    /// <returns>A block for each <c>&lt;code&gt;</c> element of an example.</returns>
    public static IReadOnlyList<ReadmeBlock> ReadAll() => [.. Repository.SourceProjects.SelectMany(Read)];

    private static IEnumerable<ReadmeBlock> Read(string project)
    {
        var sources = SourceTree.Load(project);
        foreach (var (file, node) in sources.Nodes<MemberDeclarationSyntax>())
        {
            if (sources.Compilation.GetSemanticModel(file).GetDeclaredSymbol(node) is not { } symbol)
                continue;
            var xml = symbol.GetDocumentationCommentXml();
            if (string.IsNullOrEmpty(xml) || !xml.Contains("<example>", StringComparison.Ordinal))
                continue;
            var line = node.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
            foreach (var code in XElement.Parse(xml).Descendants("example").Descendants("code"))
                yield return new($"src/{project}/{file.FilePath}", line++, KindOf(code.Value), ReadmeUse.Compile, Dedent(code.Value));
        }
    }

    private static ProgramKind KindOf(string code) =>
        code.Contains("TestFixture", StringComparison.Ordinal) || code.Contains("[Test]", StringComparison.Ordinal) ? ProgramKind.Test
        : code.Contains("WebApplication.", StringComparison.Ordinal) ? ProgramKind.Web
        : ProgramKind.Console;

    private static string Dedent(string code)
    {
        var lines = code.Split('\n');
        var indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length >= indent ? line[indent..] : line.TrimStart())).Trim('\n') + "\n";
    }
}
