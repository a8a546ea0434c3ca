using System.Globalization;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace OAuthClient.Conventions.Tests.Packages;

[Category("Packages")]
public sealed class PackageContentTests
{
    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void A_package_contains_readme_icon_assembly_and_documentation(string project)
    {
        using var package = Open(project, "nupkg");

        Assert.That(
            package.Entries.Select(entry => entry.FullName),
            Is.SupersetOf(["README.md", "icon.png", $"lib/net10.0/{project}.dll", $"lib/net10.0/{project}.xml"])
        );
        Assert.That(Read(package, "README.md"), Is.EqualTo(File.ReadAllBytes(Path.Combine(Repository.Root, "src", project, "README.md"))));
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void A_package_states_its_description_and_license(string project)
    {
        using var package = Open(project, "nupkg");
        using var manifest = new MemoryStream(Read(package, $"{project}.nuspec"));
        var metadata = XDocument
            .Load(manifest)
            .Descendants()
            .Where(element => !element.HasElements)
            .GroupBy(element => element.Name.LocalName, StringComparer.Ordinal)
            .ToDictionary(element => element.Key, element => element.First(), StringComparer.Ordinal);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(metadata["id"].Value, Is.EqualTo(project));
            Assert.That(metadata["version"].Value, Is.EqualTo(Packed.Version));
            Assert.That(metadata["license"].Value, Is.EqualTo("Apache-2.0"));
            Assert.That(metadata["license"].Attribute("type")?.Value, Is.EqualTo("expression"));
            Assert.That(metadata["readme"].Value, Is.EqualTo("README.md"));
            Assert.That(metadata["icon"].Value, Is.EqualTo("icon.png"));
            Assert.That(metadata["authors"].Value, Is.Not.Empty.And.Not.EqualTo(project));
            Assert.That(metadata["tags"].Value, Does.Contain("oauth2"));
            Assert.That(metadata["description"].Value, Does.Contain(" ").And.Not.EqualTo("Package Description"));
        }
    }

    [TestCase("OAuthClient.StoreContract", "[{0}]")]
    [TestCase("OAuthClient.PostgreSql", "{0}")]
    [TestCase("OAuthClient.Sqlite", "{0}")]
    [TestCase("OAuthClient.Ed25519", "{0}")]
    [TestCase("OAuthClient.Interactive", "{0}")]
    [Description("The store contract uses internal members of the core, so it requires exactly its version; other packages any later one")]
    public void A_package_states_the_version_of_the_core(string project, string version)
    {
        using var package = Open(project, "nupkg");
        using var manifest = new MemoryStream(Read(package, $"{project}.nuspec"));
        var core = XDocument
            .Load(manifest)
            .Descendants()
            .Where(element => element.Name.LocalName == "dependency" && element.Attribute("id")?.Value == "OAuthClient");

        Assert.That(
            core.Select(dependency => dependency.Attribute("version")?.Value),
            Is.EqualTo([string.Format(CultureInfo.InvariantCulture, version, Packed.Version)])
        );
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void An_assembly_is_reproducible_and_contains_no_path_of_a_machine(string project)
    {
        using var package = Open(project, "nupkg");
        using var assembly = new PEReader(new MemoryStream(Read(package, $"lib/net10.0/{project}.dll")));
        var entries = assembly.ReadDebugDirectory();

        Assert.That(entries.Select(entry => entry.Type), Does.Contain(DebugDirectoryEntryType.Reproducible));
        Assert.That(
            entries
                .Where(entry => entry.Type == DebugDirectoryEntryType.CodeView)
                .Select(entry => assembly.ReadCodeViewDebugDirectoryData(entry).Path),
            Has.All.StartsWith("/_/"),
            "The path of a machine is in the assembly."
        );
    }

    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void Symbols_are_available_and_contain_no_path_of_a_machine(string project)
    {
        using var package = Open(project, "snupkg");
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(Read(package, $"lib/net10.0/{project}.pdb")));
        var reader = symbols.GetMetadataReader();

        Assert.That(
            reader.Documents.Select(document => reader.GetString(reader.GetDocument(document).Name)),
            Is.Not.Empty.And.All.StartsWith("/_/")
        );
    }

    private static ZipArchive Open(string project, string kind) =>
        ZipFile.OpenRead(Path.Combine(Packed.Folder, $"{project}.{Packed.Version}.{kind}"));

    private static byte[] Read(ZipArchive package, string name)
    {
        using var content = package.GetEntry(name)!.Open();
        using var bytes = new MemoryStream();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }
}
