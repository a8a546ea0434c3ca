using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OAuthClient.Conventions.Tests;

/// <summary>Checks that awaitable methods take a CancellationToken.</summary>
internal static class AsyncMethods
{
    private static readonly string[] Awaited =
    [
        "System.Threading.Tasks.Task",
        "System.Threading.Tasks.Task<TResult>",
        "System.Threading.Tasks.ValueTask",
        "System.Threading.Tasks.ValueTask<TResult>",
        "System.Collections.Generic.IAsyncEnumerable<T>",
    ];

    public static IEnumerable<string> Breaches(SourceTree sources, IReadOnlyDictionary<string, string> allowed)
    {
        var found = Uncancellable(sources).ToArray();
        foreach (var (method, name) in found)
            if (!allowed.ContainsKey(name))
                yield return $"{SourceTree.Place(method)} {name} takes no CancellationToken as its last parameter";

        foreach (var name in allowed.Keys.Except(found.Select(one => one.Name), StringComparer.Ordinal))
            yield return $"{name} is allowed to take no CancellationToken, but takes one now";
    }

    private static IEnumerable<(MethodDeclarationSyntax Method, string Name)> Uncancellable(SourceTree sources) =>
        from declared in sources.Nodes<MethodDeclarationSyntax>()
        let method = sources.Compilation.GetSemanticModel(declared.File).GetDeclaredSymbol(declared.Node)
        where
            method is not null
            && Awaited.Contains(method.ReturnType.OriginalDefinition.ToDisplayString(), StringComparer.Ordinal)
            && method.DeclaredAccessibility != Accessibility.Private
            && !IsNamedByAnother(method)
            && !EndsInCancellationToken(method)
        select (declared.Node, $"{method.ContainingType.Name}.{method.Name}");

    // The base declaration determines the parameters; if it is part of this project, it is checked itself.
    private static bool IsNamedByAnother(IMethodSymbol method) =>
        method.IsOverride
        || method is { Name: "DisposeAsync", Parameters.IsEmpty: true }
        || !method.ExplicitInterfaceImplementations.IsEmpty
        || method
            .ContainingType.AllInterfaces.SelectMany(contract => contract.GetMembers(method.Name))
            .Any(member =>
                SymbolEqualityComparer.Default.Equals(method.ContainingType.FindImplementationForInterfaceMember(member), method)
            );

    private static bool EndsInCancellationToken(IMethodSymbol method) =>
        method
            .Parameters.LastOrDefault(parameter => !parameter.IsParams)
            ?.Type.ToDisplayString()
            .Equals("System.Threading.CancellationToken", StringComparison.Ordinal) == true;
}
