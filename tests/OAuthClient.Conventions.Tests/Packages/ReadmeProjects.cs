using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace OAuthClient.Conventions.Tests.Packages;

/// <summary>A user's projects, one for each block, which know the library only as packages.</summary>
internal sealed partial class ReadmeProjects(string folder, IReadOnlyList<ReadmeBlock> all)
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(5);

    public async Task<IReadOnlyList<string>> BuildAsync(IReadOnlyList<ReadmeBlock> blocks)
    {
        Directory.CreateDirectory(folder);
        // A temporary folder may stand below files of other projects.
        Write("Directory.Build.props", "<Project />");
        Write("Directory.Packages.props", "<Project />");
        Write("nuget.config", NuGetConfig);
        foreach (var block in blocks)
            WriteProject(block);

        Write(
            "Readme.slnx",
            new XElement(
                "Solution",
                blocks.Select(block => new XElement("Project", new XAttribute("Path", $"{block.Name}/{block.Name}.csproj")))
            ).ToString()
        );
        var build = await DotNet.RunAsync(folder, BuildLimit, "build", "Readme.slnx", "-v", "quiet");
        if (build.ExitCode == 0)
            return [];
        var errors = Error().Matches(build.Output).Select(error => error.Value).Distinct(StringComparer.Ordinal).ToArray();
        return errors.Length > 0 ? errors : [build.Output];
    }

    public async Task<string?> RunAsync(ReadmeBlock block, TimeSpan limit)
    {
        var arguments = block.Kind == ProgramKind.Test ? new[] { "test", "--no-build" } : [Program(block)];
        var run = await DotNet.RunAsync(Path.Combine(folder, block.Name), limit, arguments);
        return run.ExitCode switch
        {
            0 => null,
            null => $"{block.Place} did not end within {limit}\n{run.Output}",
            var code => $"{block.Place} ended with code {code}\n{run.Output}",
        };
    }

    /// <summary>Gets the compiled program of a block.</summary>
    /// <param name="block">A block that was built.</param>
    /// <returns>The path of the program.</returns>
    public string Program(ReadmeBlock block) => Path.Combine(folder, block.Name, "bin", "Debug", "net10.0", block.Name + ".dll");

    private void WriteProject(ReadmeBlock block)
    {
        var line = $"#line {block.Line} \"{block.File}\"\n";
        switch (block.Kind)
        {
            case ProgramKind.Razor:
                Write($"{block.Name}/Photos.razor", block.Code);
                Write(
                    $"{block.Name}/Program.cs",
                    "var builder = WebApplication.CreateBuilder(args);\n"
                        + "builder.Services.AddRazorComponents().AddInteractiveServerComponents();\nbuilder.Build().Run();\n"
                );
                break;
            case ProgramKind.Test:
                // The application under test is the web application that the document shows before the test.
                var application = all.Last(other => other.File == block.File && other.Kind == ProgramKind.Web && other.Line < block.Line);
                Write($"{block.Name}/Application/Application.csproj", ProjectFile(ProgramKind.Web, reference: null));
                Write($"{block.Name}/Application/Program.cs", application.Code);
                Write($"{block.Name}/Test.cs", line + block.Code);
                break;
            default:
                Write($"{block.Name}/Program.cs", line + block.Code);
                break;
        }
        Write(
            $"{block.Name}/{block.Name}.csproj",
            ProjectFile(block.Kind, block.Kind == ProgramKind.Test ? "Application/Application.csproj" : null)
        );
    }

    private void Write(string path, string text)
    {
        var target = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.WriteAllText(target, text);
    }

    private string ProjectFile(ProgramKind kind, string? reference) =>
        $"""
            <Project Sdk="Microsoft.NET.Sdk{(kind is ProgramKind.Web or ProgramKind.Razor ? ".Web" : "")}">
              <PropertyGroup>
                {(kind == ProgramKind.Test ? "" : "<OutputType>Exe</OutputType>")}
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <EnableDefaultCompileItems>{(kind == ProgramKind.Test ? "false" : "true")}</EnableDefaultCompileItems>
                <RestorePackagesPath>{Path.Combine(folder, "cache")}</RestorePackagesPath>
                <!-- Which versions and which vulnerability data a package source offers does not concern the documents. -->
                <NoWarn>$(NoWarn);NU1603</NoWarn>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="OAuthClient" Version="{Packed.Version}" />
                <PackageReference Include="OAuthClient.Ed25519" Version="{Packed.Version}" />
                <PackageReference Include="OAuthClient.Interactive" Version="{Packed.Version}" />
                <PackageReference Include="OAuthClient.PostgreSql" Version="{Packed.Version}" />
                <PackageReference Include="OAuthClient.Sqlite" Version="{Packed.Version}" />
                <PackageReference Include="OAuthClient.Testing" Version="{Packed.Version}" />
                {Further(kind)}
              </ItemGroup>
              {(reference is null ? "" : $"""<ItemGroup><ProjectReference Include="{reference}" /></ItemGroup>""")}
            </Project>
            """;

    private static string Further(ProgramKind kind) =>
        kind switch
        {
            ProgramKind.Web or ProgramKind.Razor => Package("OAuthClient.AspNetCore", Packed.Version),
            ProgramKind.Test => """<Compile Include="Test.cs" /><FrameworkReference Include="Microsoft.AspNetCore.App" />"""
                + Package("OAuthClient.AspNetCore", Packed.Version)
                + string.Concat(
                    new[] { "Microsoft.AspNetCore.Mvc.Testing", "Microsoft.NET.Test.Sdk", "NUnit", "NUnit3TestAdapter" }.Select(name =>
                        Package(name, CentralVersion(name))
                    )
                ),
            _ => Package("Microsoft.Extensions.Hosting", CentralVersion("Microsoft.Extensions.Hosting")),
        };

    private static string Package(string name, string version) => $"""<PackageReference Include="{name}" Version="{version}" />""";

    // No <clear />: the packages that ours depend on come from wherever this machine gets its packages.
    private static string NuGetConfig =>
        $"""
            <configuration>
              <packageSources>
                <add key="packed" value="{Packed.Folder}" />
              </packageSources>
              <fallbackPackageFolders>
                <add key="restored" value="{PackageFolder}" />
              </fallbackPackageFolders>
            </configuration>
            """;

    private static string PackageFolder =>
        typeof(ReadmeProjects).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "PackageFolder").Value!;

    private static string CentralVersion(string name) =>
        XDocument
            .Load(Path.Combine(Repository.Root, "Directory.Packages.props"))
            .Descendants("PackageVersion")
            .Single(package => package.Attribute("Include")?.Value == name)
            .Attribute("Version")!
            .Value;

    [GeneratedRegex(
        @"(?:[\w./-]+\(\d+,\d+\): )?error .*?(?= \[|$)",
        RegexOptions.CultureInvariant | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 5000
    )]
    private static partial Regex Error();
}
