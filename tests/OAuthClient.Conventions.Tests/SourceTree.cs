using System.Collections.Concurrent;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace OAuthClient.Conventions.Tests;

/// <summary>
/// The source files of one project, parsed and bound. Source generators do not run, so a few symbols remain unbound: the checks skip them
/// and do not read the diagnostics of the compilation.
/// </summary>
internal sealed class SourceTree
{
    private static readonly ConcurrentDictionary<string, Lazy<SourceTree>> Loaded = new(StringComparer.Ordinal);

    private static readonly CSharpParseOptions Options = new(
        LanguageVersion.Preview,
        preprocessorSymbols: ["NET", "NET10_0", "NET8_0_OR_GREATER", "NET9_0_OR_GREATER", "NET10_0_OR_GREATER"]
    );

    private SourceTree(string project, IEnumerable<(string Path, string Text)> files, IEnumerable<string> usings)
    {
        Project = project;
        Files = [.. files.Select(file => CSharpSyntaxTree.ParseText(file.Text, Options, file.Path))];
        var implicitUsings = CSharpSyntaxTree.ParseText(string.Concat(usings.Select(name => $"global using {name};\n")), Options);
        Compilation = CSharpCompilation.Create(
            project,
            [.. Files, implicitUsings],
            References.Except(project),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable)
        );
    }

    public string Project { get; }

    public IReadOnlyList<SyntaxTree> Files { get; }

    public CSharpCompilation Compilation { get; }

    public static SourceTree Of(string project, params (string Path, string Text)[] files) => new(project, files, ImplicitUsings);

    public static SourceTree Load(string project) => Loaded.GetOrAdd(project, name => new(() => Read(name))).Value;

    public IEnumerable<(SyntaxTree File, T Node)> Nodes<T>()
        where T : SyntaxNode => Files.SelectMany(file => file.GetRoot().DescendantNodes().OfType<T>().Select(node => (file, node)));

    public static string Place(SyntaxNode node) =>
        $"{node.SyntaxTree.FilePath}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";

    private static SourceTree Read(string project)
    {
        var prefix = $"src/{project}/";
        var files = Repository
            .CSharpFiles.Where(file => file.Path.StartsWith(prefix, StringComparison.Ordinal))
            .Select(file => (file.Path[prefix.Length..], file.Text));
        var usings = XDocument
            .Load(Repository.ProjectFile("src", project))
            .Descendants("Using")
            .Select(use => use.Attribute("Include")?.Value)
            .OfType<string>();
        return new(project, files, ImplicitUsings.Concat(usings).Distinct(StringComparer.Ordinal));
    }

    private static readonly string[] ImplicitUsings =
    [
        "System",
        "System.Collections.Generic",
        "System.IO",
        "System.Linq",
        "System.Net.Http",
        "System.Threading",
        "System.Threading.Tasks",
    ];
}
