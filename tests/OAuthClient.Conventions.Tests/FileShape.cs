using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OAuthClient.Conventions.Tests;

internal static class FileShape
{
    public const int MostLines = 300;

    public static IEnumerable<string> Breaches(SourceTree sources) => sources.Files.SelectMany(file => Breaches(file, sources.Project));

    private static IEnumerable<string> Breaches(SyntaxTree file, string project)
    {
        var lines = file.GetText().Lines;
        var count = lines[^1].Span.IsEmpty ? lines.Count - 1 : lines.Count;
        if (count > MostLines)
            yield return $"{file.FilePath} has {count} lines; a file has at most {MostLines}";
        if (file.FilePath.Count(c => c == '/') > 2)
            yield return $"{file.FilePath} is deeper than two folders";

        var root = (CompilationUnitSyntax)file.GetRoot();
        foreach (var member in root.Members)
        {
            var fault = member switch
            {
                FileScopedNamespaceDeclarationSyntax space when !string.Equals(space.Name.ToString(), project, StringComparison.Ordinal) =>
                    $"has the namespace {space.Name}; in this package it is {project}, regardless of the folder",
                NamespaceDeclarationSyntax => "has a namespace with braces",
                BaseTypeDeclarationSyntax or DelegateDeclarationSyntax => "declares a type outside of a namespace",
                _ => null,
            };
            if (fault is not null)
                yield return $"{SourceTree.Place(member)} {fault}";
        }
    }
}
