using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OAuthClient.Conventions.Tests;

/// <summary>
/// A folder uses only folders below it. All types share one namespace, so <c>using</c> lines prove nothing:
/// every name is bound, and asked in which folder its declaration stands.
/// </summary>
internal static class FolderLayering
{
    public const string Root = "(root)";

    /// <summary>From the top of the house down.</summary>
    public static readonly IReadOnlyList<string> Rooms =
    [
        Root, "HttpHandler", "Grants", "TokenEndpoint", "Endpoints", "Discovery", "BackChannel",
        "Authorization", "IdToken", "ClientAuthentication", "Registration", "Protocol",
    ];

    public static IEnumerable<string> Breaches(SourceTree sources) =>
        sources.Files.SelectMany(file => Breaches(file, sources)).Concat(SpreadTypes(sources)).Distinct(StringComparer.Ordinal);

    private static IEnumerable<string> Breaches(SyntaxTree file, SourceTree sources)
    {
        var room = RoomOf(file);
        var floor = Floor(room);
        if (floor < 0)
            return [$"{file.FilePath} stands in {room}, which is not a room: {string.Join(", ", Rooms)}"];

        var model = sources.Compilation.GetSemanticModel(file);
        return from node in file.GetRoot().DescendantNodes().OfType<ExpressionSyntax>()
               from type in TypesUsed(model, node)
               let home = Homes(type).OrderByDescending(Floor).FirstOrDefault()
               where home is not null && Floor(home) is >= 0 and var above && above < floor
               select $"{SourceTree.Place(node)} uses {type.Name} ({home})";
    }

    // A type in pieces would stand in two rooms at once, and be below everyone.
    private static IEnumerable<string> SpreadTypes(SourceTree sources) =>
        from declared in sources.Nodes<BaseTypeDeclarationSyntax>()
        let type = sources.Compilation.GetSemanticModel(declared.File).GetDeclaredSymbol(declared.Node)
        where type is not null
        let homes = Homes(type).Order(StringComparer.Ordinal).ToArray()
        where homes.Length > 1
        select $"{SourceTree.Place(declared.Node)} declares a part of {type.Name}, which stands in {string.Join(" and ", homes)}";

    private static IEnumerable<INamedTypeSymbol> TypesUsed(SemanticModel model, ExpressionSyntax node)
    {
        var bound = model.GetSymbolInfo(node);
        // Where generated code is missing an overload may not resolve; any of its candidates tells the room.
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

    private static IEnumerable<string> Homes(INamedTypeSymbol type) =>
        type.DeclaringSyntaxReferences.Select(reference => RoomOf(reference.SyntaxTree)).Distinct(StringComparer.Ordinal);

    private static string RoomOf(SyntaxTree file) =>
        file.FilePath.LastIndexOf('/') is >= 0 and var slash ? file.FilePath[..slash] : Root;

    private static int Floor(string room)
    {
        for (var i = 0; i < Rooms.Count; i++)
            if (string.Equals(Rooms[i], room, StringComparison.Ordinal))
                return i;
        return -1;
    }
}
