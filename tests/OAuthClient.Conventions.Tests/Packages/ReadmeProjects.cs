using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace OAuthClient.Conventions.Tests.Packages;

/// <summary>A user's projects, one for each block, which know the library only as packages.</summary>
internal sealed partial class ReadmeProjects(string folder)
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(5);

    public async Task<IReadOnlyList<string>> BuildAsync(IReadOnlyList<ReadmeBlock> blocks)
    {
        Directory.CreateDirectory(folder);
        // What stands above a temporary folder is nobody's choice.
        Write("Directory.Build.props", "<Project />");
        Write("Directory.Packages.props", "<Project />");
        Write("nuget.config", NuGetConfig);
        foreach (var block in blocks)
        {
            Write($"{block.Name}/{block.Name}.csproj", ProjectFile(block.Kind));
            Write($"{block.Name}/Program.cs", $"#line {block.Line} \"README.md\"\n{block.Code}");
        }

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
        var program = Path.Combine(folder, block.Name, "bin", "Debug", "net10.0", block.Name + ".dll");
        var run = await DotNet.RunAsync(Path.GetDirectoryName(program)!, limit, program);
        return run.ExitCode switch
        {
            0 => null,
            null => $"README.md:{block.Line} did not end within {limit}\n{run.Output}",
            var code => $"README.md:{block.Line} ended with code {code}\n{run.Output}",
        };
    }

    private void Write(string path, string text)
    {
        var target = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.WriteAllText(target, text);
    }

    private string ProjectFile(ProgramKind kind) =>
        $"""
        <Project Sdk="Microsoft.NET.Sdk{(kind == ProgramKind.Web ? ".Web" : "")}">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
            <RestorePackagesPath>{Path.Combine(folder, "cache")}</RestorePackagesPath>
            <!-- Which versions and which vulnerability data a package source offers is not the README's matter. -->
            <NoWarn>$(NoWarn);NU1603</NoWarn>
            <NuGetAudit>false</NuGetAudit>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="OAuthClient" Version="{Packed.Version}" />
            <PackageReference Include="OAuthClient.PostgreSql" Version="{Packed.Version}" />
            <PackageReference Include="OAuthClient.Testing" Version="{Packed.Version}" />
            {(kind == ProgramKind.Web
                ? $"""<PackageReference Include="OAuthClient.AspNetCore" Version="{Packed.Version}" />"""
                : $"""<PackageReference Include="Microsoft.Extensions.Hosting" Version="{HostingVersion}" />""")}
          </ItemGroup>
        </Project>
        """;

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

    private static string HostingVersion =>
        XDocument
            .Load(Path.Combine(Repository.Root, "Directory.Packages.props"))
            .Descendants("PackageVersion")
            .Single(package => package.Attribute("Include")?.Value == "Microsoft.Extensions.Hosting")
            .Attribute("Version")!
            .Value;

    [GeneratedRegex(
        @"(?:README\.md\(\d+,\d+\): )?error .*?(?= \[|$)",
        RegexOptions.CultureInvariant | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 5000
    )]
    private static partial Regex Error();
}
