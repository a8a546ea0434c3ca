using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace OAuthClient.Conventions.Tests.Packages;

/// <summary>
/// Compiles code of the documents that is only shown, within this process: a project for each block would take minutes. What runs is built
/// as a project of its own by <see cref="ReadmeProjects"/>.
/// </summary>
internal static class SnippetCompiler
{
    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Latest);

    private static readonly string[] Console =
    [
        "System",
        "System.Collections.Generic",
        "System.IO",
        "System.Linq",
        "System.Net.Http",
        "System.Threading",
        "System.Threading.Tasks",
    ];

    private static readonly string[] Web =
    [
        .. Console,
        "System.Net.Http.Json",
        "Microsoft.AspNetCore.Builder",
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Http",
        "Microsoft.AspNetCore.Routing",
        "Microsoft.Extensions.Configuration",
        "Microsoft.Extensions.DependencyInjection",
        "Microsoft.Extensions.Hosting",
        "Microsoft.Extensions.Logging",
    ];

    /// <summary>Compiles a block as the program of a new project, with the implicit usings of its SDK.</summary>
    /// <param name="block">The block.</param>
    /// <returns>The errors and warnings, each with its place in the document.</returns>
    public static IEnumerable<string> FindErrors(ReadmeBlock block)
    {
        var usings = string.Concat((block.Kind == ProgramKind.Web ? Web : Console).Select(name => $"global using {name};\n"));
        var compilation = CSharpCompilation.Create(
            "Snippet",
            [CSharpSyntaxTree.ParseText(block.Code, ParseOptions), CSharpSyntaxTree.ParseText(usings, ParseOptions)],
            References.Except("Snippet"),
            new(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable)
        );
        return compilation
            .GetDiagnostics()
            .Where(diagnostic => diagnostic.Severity is DiagnosticSeverity.Error or DiagnosticSeverity.Warning)
            .Select(diagnostic =>
                $"{block.File}({block.Line + diagnostic.Location.GetLineSpan().StartLinePosition.Line}): "
                + $"{diagnostic.Id}: {diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}"
            );
    }
}
