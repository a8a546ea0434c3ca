using System.Reflection;
using System.Xml.Linq;

namespace OAuthClient.Conventions.Tests;

public sealed class PackageReferencesTests
{
    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void A_package_depends_only_on_allowed_packages(string project) =>
        Rule.Holds(
            "Remove the dependency, or add it to the list with a reason:",
            PackageReferences
                .Breaches(project, XDocument.Load(Repository.ProjectFile("src", project)))
                .Concat(PackageReferences.Breaches(project, Assembly.Load(project).GetReferencedAssemblies()))
        );

    [Test]
    public void The_solution_builds_and_tests_every_project()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "OAuthClient.sln"));

        Rule.Holds(
            "Add it with `dotnet sln add`:",
            from area in new[] { "src", "tests", "samples" }
            from project in Repository.ProjectsUnder(area)
            let file = Path.GetFileName(Repository.ProjectFile(area, project))
            where !solution.Contains(file, StringComparison.Ordinal)
            select $"{area}/{project}/{file} is not in OAuthClient.sln"
        );
    }

    [TestCase("OAuthClient", "PackageReference", "Newtonsoft.Json", "Newtonsoft.Json")]
    [TestCase("OAuthClient", "FrameworkReference", "Microsoft.AspNetCore.App", "Microsoft.AspNetCore.App")]
    [TestCase("OAuthClient.Testing", "ProjectReference", "../OAuthClient/OAuthClient.csproj", "OAuthClient")]
    [TestCase("OAuthClient.AspNetCore", "ProjectReference", @"..\OAuthClient.Testing\OAuthClient.Testing.csproj", "OAuthClient.Testing")]
    public void A_reference_that_is_not_allowed_is_reported(string project, string kind, string include, string name) =>
        Assert.That(PackageReferences.Breaches(project, ProjectWith(kind, include)), Is.EqualTo([$"{project} may not depend on {name}"]));

    [Test]
    public void A_package_without_an_entry_is_reported() =>
        Assert.That(
            PackageReferences.Breaches("OAuthClient.Redis", ProjectWith("PackageReference", "Any")),
            Has.One.StartsWith("OAuthClient.Redis is not on the list")
        );

    [Test]
    public void Allowed_references_and_private_references_are_accepted()
    {
        Assert.That(
            PackageReferences.Breaches("OAuthClient.AspNetCore", ProjectWith("ProjectReference", "../OAuthClient/OAuthClient.csproj")),
            Is.Empty
        );
        Assert.That(
            PackageReferences.Breaches(
                "OAuthClient",
                XDocument.Parse(
                    """<Project><ItemGroup><PackageReference Include="Some.Analyzer" PrivateAssets="all" /></ItemGroup></Project>"""
                )
            ),
            Is.Empty
        );
    }

    [Test]
    public void A_use_in_the_assembly_is_reported_even_if_the_project_file_does_not_show_it()
    {
        Assert.That(
            PackageReferences.Breaches("OAuthClient.Testing", [new("OAuthClient"), new("System.Runtime")]),
            Is.EqualTo(["OAuthClient.Testing uses OAuthClient"])
        );
        Assert.That(
            PackageReferences.Breaches("OAuthClient", [new("Microsoft.AspNetCore.Http.Abstractions"), new("OAuthClient.AspNetCore")]),
            Is.EqualTo(["OAuthClient uses Microsoft.AspNetCore.Http.Abstractions", "OAuthClient uses OAuthClient.AspNetCore"])
        );
        Assert.That(PackageReferences.Breaches("OAuthClient.AspNetCore", [new("Microsoft.AspNetCore.Mvc"), new("OAuthClient")]), Is.Empty);
    }

    private static XDocument ProjectWith(string kind, string include) =>
        new(new XElement("Project", new XElement("ItemGroup", new XElement(kind, new XAttribute("Include", include)))));
}
