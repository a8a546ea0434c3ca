namespace OAuthClient.Conventions.Tests;

public sealed class FileShapeTests
{
    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void Files_are_short_one_folder_deep_and_in_the_namespace_of_their_package(string project) =>
        Rule.Holds("Split or move the file:", FileShape.Breaches(SourceTree.Load(project)));

    [TestCase(300, 0)]
    [TestCase(301, 1)]
    public void A_file_with_301_lines_is_reported(int lines, int breaches)
    {
        var text = "namespace OAuthClient;\n" + string.Concat(Enumerable.Repeat("\n", lines - 1));

        Assert.That(Breaches("Long.cs", text), Has.Exactly(breaches).Contains("has 301 lines"));
        Assert.That(Breaches("Long.cs", text), Has.Exactly(breaches).Items);
    }

    [Test]
    public void A_last_line_without_a_line_end_counts() =>
        Assert.That(Breaches("Long.cs", string.Concat(Enumerable.Repeat("\n", 300)) + "// 301"), Has.One.Contains("has 301 lines"));

    [Test]
    public void A_third_level_of_folders_is_reported() =>
        Assert.That(Breaches("Grants/Storage/Inner/Thing.cs", "namespace OAuthClient;"), Has.One.Contains("deeper than two folders"));

    [TestCase("namespace OAuthClient.Grants;", "has the namespace OAuthClient.Grants")]
    [TestCase("namespace OAuthClient { class Thing; }", "has a namespace with braces")]
    [TestCase("class Thing;", "declares a type outside of a namespace")]
    [TestCase("delegate void Thing();", "declares a type outside of a namespace")]
    public void Another_namespace_is_reported_with_its_line(string text, string fault) =>
        Assert.That(
            Breaches("Grants/Thing.cs", "\n" + text),
            Has.One.EqualTo($"Grants/Thing.cs:2 {fault}").Or.One.StartsWith($"Grants/Thing.cs:2 {fault};")
        );

    [Test]
    public void A_file_of_assembly_attributes_needs_no_namespace() =>
        Assert.That(Breaches("Assembly.cs", "[assembly: CLSCompliant(false)]"), Is.Empty);

    private static IEnumerable<string> Breaches(string path, string text) => FileShape.Breaches(SourceTree.Of("OAuthClient", (path, text)));
}
