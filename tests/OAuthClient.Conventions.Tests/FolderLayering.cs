using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OAuthClient.Conventions.Tests;

/// <summary>
/// Checks that a folder uses only the folders that <see cref="FolderMap"/> allows, and that the files of a folder form no cycle. All
/// types share one namespace, so <c>using</c> lines prove nothing: every name is bound, and the file that declares it is looked up.
/// </summary>
internal static class FolderLayering
{
    public static IEnumerable<string> Breaches(SourceTree sources) =>
        sources
            .Files.SelectMany(file => Breaches(file, sources))
            .Concat(PartialTypesInSeveralFolders(sources))
            .Distinct(StringComparer.Ordinal);

    /// <summary>Finds the cycles between folders, by what their files use.</summary>
    /// <param name="sources">The files of a project.</param>
    /// <returns>The folders of each cycle.</returns>
    public static IEnumerable<string> FolderCycles(SourceTree sources) =>
        Cycles.Find(
            from use in Uses(sources)
            where use.Folder != use.OtherFolder && use.Folder != FolderMap.Root
            select (use.Folder, use.OtherFolder)
        );

    /// <summary>Finds the cycles between the files of each folder.</summary>
    /// <param name="sources">The files of a project.</param>
    /// <param name="factories">The pairs of types that may use each other.</param>
    /// <returns>The files of each cycle.</returns>
    public static IEnumerable<string> FileCycles(SourceTree sources, IReadOnlyCollection<(string Type, string Created)> factories) =>
        Cycles.Find(
            from use in Uses(sources)
            where use.Folder == use.OtherFolder && !factories.Contains((Path.GetFileNameWithoutExtension(use.File), use.Type))
            select (use.File, use.OtherFile)
        );

    /// <summary>Finds entries of the map that no file needs.</summary>
    /// <param name="sources">The files of the core.</param>
    /// <returns>The unnecessary entries.</returns>
    public static IEnumerable<string> Unnecessary(SourceTree sources)
    {
        var needed = Uses(sources).Select(use => (use.Folder, use.OtherFolder)).ToHashSet();
        return from entry in FolderMap.Uses
            from used in entry.Value
            where !needed.Contains((entry.Key, used))
            select $"{entry.Key} may use {used}, but does not";
    }

    private static IEnumerable<string> Breaches(SyntaxTree file, SourceTree sources)
    {
        var folder = FolderOf(file);
        if (folder != FolderMap.Root && !FolderMap.Uses.ContainsKey(folder))
            return [$"{file.FilePath} is in {folder}, which is not in the map: {string.Join(", ", FolderMap.Uses.Keys)}"];
        return from use in Uses(file, sources)
            where
                use.Folder != FolderMap.Root
                && use.Folder != use.OtherFolder
                && !FolderMap.Uses[use.Folder].Contains(use.OtherFolder, StringComparer.Ordinal)
            select $"{SourceTree.Place(use.Node)} uses {use.Type} ({use.OtherFolder})";
    }

    private static IEnumerable<Use> Uses(SourceTree sources) => sources.Files.SelectMany(file => Uses(file, sources));

    private static IEnumerable<Use> Uses(SyntaxTree file, SourceTree sources)
    {
        var model = sources.Compilation.GetSemanticModel(file);
        return from node in file.GetRoot().DescendantNodes().OfType<ExpressionSyntax>()
            from type in TypesUsed(model, node)
            // The parts of a partial type are one type, not a cycle.
            where type.DeclaringSyntaxReferences.All(reference => reference.SyntaxTree != file)
            from reference in type.DeclaringSyntaxReferences
            select new Use(node, file.FilePath, FolderOf(file), type.Name, reference.SyntaxTree.FilePath, FolderOf(reference.SyntaxTree));
    }

    // A partial type in two folders would belong to both.
    private static IEnumerable<string> PartialTypesInSeveralFolders(SourceTree sources) =>
        from declared in sources.Nodes<BaseTypeDeclarationSyntax>()
        let type = sources.Compilation.GetSemanticModel(declared.File).GetDeclaredSymbol(declared.Node)
        where type is not null
        let folders = FoldersOf(type).Order(StringComparer.Ordinal).ToArray()
        where folders.Length > 1
        select $"{SourceTree.Place(declared.Node)} declares a part of {type.Name}, which is in {string.Join(" and ", folders)}";

    private static IEnumerable<INamedTypeSymbol> TypesUsed(SemanticModel model, ExpressionSyntax node)
    {
        var bound = model.GetSymbolInfo(node);
        // Without generated code an overload may not resolve; any of its candidates determines the folder.
        var symbols = bound.Symbol is { } symbol ? [symbol] : bound.CandidateSymbols.AsEnumerable();
        if (model.GetConversion(node).MethodSymbol is { } conversion)
            symbols = symbols.Append(conversion);
        return symbols.Select(Outermost).OfType<INamedTypeSymbol>();
    }

    private static INamedTypeSymbol? Outermost(ISymbol symbol)
    {
        var type = symbol switch
        {
            IAliasSymbol alias => alias.Target as INamedTypeSymbol,
            INamedTypeSymbol named => named,
            IMethodSymbol or IPropertySymbol or IFieldSymbol or IEventSymbol => symbol.ContainingType,
            _ => null,
        };
        while (type?.ContainingType is { } outer)
            type = outer;
        return type?.OriginalDefinition;
    }

    private static IEnumerable<string> FoldersOf(INamedTypeSymbol type) =>
        type.DeclaringSyntaxReferences.Select(reference => FolderOf(reference.SyntaxTree)).Distinct(StringComparer.Ordinal);

    private static string FolderOf(SyntaxTree file) =>
        file.FilePath.LastIndexOf('/') is >= 0 and var slash ? file.FilePath[..slash] : FolderMap.Root;

    private sealed record Use(ExpressionSyntax Node, string File, string Folder, string Type, string OtherFile, string OtherFolder);
}
