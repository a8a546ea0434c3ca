namespace OAuthClient.Conventions.Tests.Packages;

[Category("Packages")]
public sealed class ReadmeCodeTests
{
    private static readonly TimeSpan RunLimit = TimeSpan.FromSeconds(60);

    [Test]
    [Description("The code of every document and of every <example> compiles")]
    public void What_the_documents_show_compiles() =>
        Rule.Holds(
            "The documents show what a user cannot compile:",
            ReadmeCode
                .ParseAll()
                .Concat(XmlExamples.ReadAll())
                // What runs is built as a project of its own, also with the source generators of the SDK.
                .Where(block => block is { Kind: ProgramKind.Console or ProgramKind.Web, Use: ReadmeUse.Compile })
                .SelectMany(SnippetCompiler.FindErrors)
                .Concat(
                    ReadmeCode
                        .ParseAll()
                        .Where(block => block.Kind == ProgramKind.Library)
                        .GroupBy(block => block.File, StringComparer.Ordinal)
                        .SelectMany(SnippetCompiler.FindErrorsTogether)
                )
        );

    [Test]
    [Description("What is marked so builds against the packages and runs; the first example is used as the README says")]
    public async Task What_the_documents_promise_to_run_runs_against_the_packages()
    {
        var blocks = ReadmeCode.ParseAll();
        ReadmeBlock[] built =
        [
            .. blocks.Where(block => block.Use != ReadmeUse.Compile || block.Kind is ProgramKind.Razor or ProgramKind.Test),
        ];
        var projects = new ReadmeProjects(Path.Combine(Packed.Home, "readme"), blocks);

        Rule.Holds("The documents show what a user cannot build:", await projects.BuildAsync(built));
        foreach (var block in built.Where(block => block.Use == ReadmeUse.Run || block.Kind == ProgramKind.Test))
            Assert.That(await projects.RunAsync(block, RunLimit), Is.Null);
        foreach (var block in built.Where(block => block.Use == ReadmeUse.Browse))
            await FirstExample.BrowseAsync(projects.Program(block), RunLimit);
    }

    [Test]
    public void A_block_that_does_not_compile_is_reported_with_its_line() =>
        Assert.That(
            SnippetCompiler.FindErrors(new("README.md", 20, ProgramKind.Console, ReadmeUse.Compile, "\nint unused = \"no number\";\n")),
            Is.EqualTo(["README.md(21): CS0029: Cannot implicitly convert type 'string' to 'int'"])
        );

    [Test]
    public async Task A_block_that_fails_to_build_or_to_run_or_to_end_is_reported_with_its_line()
    {
        var blocks = ReadmeCode.Parse(
            "README.md",
            """
            # Fake
            <!-- compiled and run: console -->
            ```csharp
            Console.WriteLine("so it goes");
            return 3;
            ```
            <!-- compiled and run: console -->
            ```csharp
            new ManualResetEvent(false).WaitOne();
            ```
            <!-- compiled: console -->
            ```csharp
            int unused = "no number";
            ```
            """
        );
        var projects = new ReadmeProjects(Path.Combine(Packed.Home, "fake"), blocks);

        Assert.That(
            await projects.BuildAsync(blocks),
            Has.Exactly(1).EndsWith("README.md(13,14): error CS0029: Cannot implicitly convert type 'string' to 'int'")
        );
        Assert.That(await projects.RunAsync(blocks[0], RunLimit), Is.EqualTo("README.md:4 ended with code 3\nso it goes\n"));
        Assert.That(await projects.RunAsync(blocks[1], TimeSpan.FromSeconds(1)), Does.StartWith("README.md:9 did not end within 00:00:01"));
    }

    [Test]
    public void Marked_blocks_are_found_with_their_line() =>
        Assert.That(
            ReadmeCode.Parse(
                "README.md",
                "# A\n<!-- compiled: web -->\n\n```csharp\nint a;\n\nint b;\n```\n"
                    + "<!-- compiled and run: console -->\n```csharp\nreturn;\n```\n"
            ),
            Is.EqualTo([
                new ReadmeBlock("README.md", 5, ProgramKind.Web, ReadmeUse.Compile, "int a;\n\nint b;\n"),
                new ReadmeBlock("README.md", 11, ProgramKind.Console, ReadmeUse.Run, "return;\n"),
            ])
        );

    [TestCase("# A\n```csharp\nint a;\n```\n", "README.md:2 opens a block of code without a mark, so it would not be compiled")]
    [TestCase("<!-- compiled: desktop -->\n```csharp\n```\n", "README.md:1 is no mark: <!-- compiled: desktop -->")]
    [TestCase("\n<!-- compiled: web -->\ntext\n```csharp\n```\n", "README.md:2 marks no block of code")]
    [TestCase("<!-- compiled: web -->\n```csharp\nint a;\n", "README.md:2 opens a block that nothing closes")]
    public void A_mark_that_would_check_nothing_is_an_error(string readme, string message) =>
        Assert.That(() => ReadmeCode.Parse("README.md", readme), Throws.TypeOf<FormatException>().With.Message.EqualTo(message));
}
