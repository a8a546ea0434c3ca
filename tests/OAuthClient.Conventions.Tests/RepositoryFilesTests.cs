namespace OAuthClient.Conventions.Tests;

public sealed class RepositoryFilesTests
{
    [Test]
    public void The_root_contains_only_expected_entries() =>
        Rule.Holds(
            "Move the entry to a folder, or start its name with a dot:",
            RepositoryFiles.UnexpectedEntries(Repository.Files.Select(file => file.Path))
        );

    [Test]
    public void No_file_contains_a_path_or_registry_of_one_machine() =>
        Rule.Holds(
            "Remove the path or the address of the registry:",
            Repository
                .Files.Where(file => RepositoryFiles.IsText(file.Path))
                .SelectMany(file => RepositoryFiles.Breaches(file.Path, file.Text))
        );

    [Test]
    public void An_unexpected_entry_is_reported_once() =>
        Assert.That(
            RepositoryFiles.UnexpectedEntries(["notes.txt", "docs/a.md", "docs/b.md", "src/A/B.cs", ".ci/run", "README.md"]),
            Is.EqualTo(["notes.txt at the top of the repository", "docs at the top of the repository"])
        );

    [TestCase("/ho" + "me/ann/src", "names a path of one machine: /ho" + "me/ann/src")]
    [TestCase("path=\"/Us" + "ers/ann/x\"", "names a path of one machine: /Us" + "ers/ann/x")]
    [TestCase(@"C:\Us" + @"ers\ann", @"names a path of one machine: C:\Us" + @"ers\ann")]
    [TestCase("https://api.nu" + "get.org/v3/index.json", "names a package registry: api.nu" + "get.org")]
    [TestCase("\"resolved\": \"https://registry.np" + "mjs.org/a\"", "names a package registry: registry.np" + "mjs.org")]
    public void A_path_or_a_registry_is_reported_with_its_line(string text, string breach) =>
        Assert.That(RepositoryFiles.Breaches("a.txt", "first\n" + text), Is.EqualTo(["a.txt:2 " + breach]));

    [TestCase("https://example.com/home/ann")]
    [TestCase("../tmp/file and ./root/x")]
    [TestCase("NuGet packages; nuget.config; /home")]
    public void Urls_and_relative_paths_are_accepted(string text) => Assert.That(RepositoryFiles.Breaches("a.txt", text), Is.Empty);
}
