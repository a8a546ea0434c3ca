using System.Reflection;
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
    public static IEnumerable<string> FindErrors(ReadmeBlock block) =>
        FindErrors(Create([block], block.Kind == ProgramKind.Web ? Web : Console, OutputKind.ConsoleApplication));

    /// <summary>Compiles blocks as the files of one library.</summary>
    /// <param name="blocks">The blocks.</param>
    /// <returns>The errors and warnings, each with its place in the document.</returns>
    public static IEnumerable<string> FindErrorsTogether(IEnumerable<ReadmeBlock> blocks) => FindErrors(CreateLibrary(blocks));

    /// <summary>Compiles blocks as the files of one library, and loads it into this process.</summary>
    /// <param name="blocks">The blocks.</param>
    /// <returns>The library.</returns>
    public static Assembly Load(IEnumerable<ReadmeBlock> blocks)
    {
        using MemoryStream assembly = new();
        Assert.That(CreateLibrary(blocks).Emit(assembly).Success, Is.True);
        return Assembly.Load(assembly.ToArray());
    }

    private static CSharpCompilation CreateLibrary(IEnumerable<ReadmeBlock> blocks) =>
        Create(blocks, Console, OutputKind.DynamicallyLinkedLibrary);

    private static CSharpCompilation Create(IEnumerable<ReadmeBlock> blocks, string[] usings, OutputKind kind) =>
        CSharpCompilation.Create(
            "Snippet",
            [
                .. blocks.Select(block =>
                    CSharpSyntaxTree.ParseText($"#line {block.Line} \"{block.File}\"\n{block.Code}", ParseOptions, block.File)
                ),
                CSharpSyntaxTree.ParseText(string.Concat(usings.Select(name => $"global using {name};\n")), ParseOptions),
            ],
            References.Except("Snippet"),
            new(kind, nullableContextOptions: NullableContextOptions.Enable)
        );

    private static IEnumerable<string> FindErrors(CSharpCompilation compilation) =>
        from diagnostic in compilation.GetDiagnostics()
        where diagnostic.Severity is DiagnosticSeverity.Error or DiagnosticSeverity.Warning
        let place = diagnostic.Location.GetMappedLineSpan()
        select $"{place.Path}({place.StartLinePosition.Line + 1}): "
            + $"{diagnostic.Id}: {diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}";
}
