namespace OAuthClient.Conventions.Tests.Packages;

[Category("Packages")]
public sealed class ReadmeCodeTests
{
    private static readonly TimeSpan RunLimit = TimeSpan.FromSeconds(60);

    [Test]
    public async Task What_the_readme_shows_compiles_against_the_packages_and_runs()
    {
        var blocks = ReadmeCode.Parse(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md")));
        var projects = new ReadmeProjects(Path.Combine(Packed.Home, "readme"));

        Rule.Holds("The README shows what a user cannot compile:", await projects.BuildAsync(blocks));
        foreach (var block in blocks.Where(block => block.Runs))
            Assert.That(await projects.RunAsync(block, RunLimit), Is.Null);
    }

    [Test]
    public async Task A_block_that_fails_to_compile_or_to_run_or_to_end_is_reported_with_its_line()
    {
        var blocks = ReadmeCode.Parse(
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
            <!-- compiled: web -->

            ```csharp
            var app = WebApplication.CreateBuilder(args).Build();
            app.Run();
            ```
            <!-- compiled: console -->
            ```csharp
            Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
            int unused = "no number";
            ```
            """
        );
        var projects = new ReadmeProjects(Path.Combine(Packed.Home, "fake"));

        Assert.That(
            await projects.BuildAsync(blocks),
            Is.EqualTo(["README.md(20,14): error CS0029: Cannot implicitly convert type 'string' to 'int'"])
        );
        Assert.That(await projects.RunAsync(blocks[0], RunLimit), Is.EqualTo("README.md:4 ended with code 3\nso it goes\n"));
        Assert.That(await projects.RunAsync(blocks[1], TimeSpan.FromSeconds(1)), Does.StartWith("README.md:9 did not end within 00:00:01"));
    }

    [Test]
    public void Marked_blocks_are_found_with_their_line_and_all_others_left_out() =>
        Assert.That(
            ReadmeCode.Parse(
                "# A\n```csharp\nnot marked\n```\n<!-- compiled: web -->\n\n```csharp\nint a;\n\nint b;\n```\n<!-- compiled and run: console -->\n```csharp\nreturn;\n```\n"
            ),
            Is.EqualTo([
                new ReadmeBlock(8, ProgramKind.Web, Runs: false, "int a;\n\nint b;\n"),
                new ReadmeBlock(14, ProgramKind.Console, Runs: true, "return;\n"),
            ])
        );

    [TestCase("# A\n```csharp\nint a;\n```\n", "README shows no compiled code")]
    [TestCase("<!-- compiled: desktop -->\n```csharp\n```\n", "README.md:1 is no mark: <!-- compiled: desktop -->")]
    [TestCase("\n<!-- compiled: web -->\ntext\n```csharp\n```\n", "README.md:2 marks no ```csharp block")]
    [TestCase("<!-- compiled: web -->\n```csharp\nint a;\n", "README.md:2 opens a block that nothing closes")]
    public void A_mark_that_would_check_nothing_is_an_error(string readme, string message) =>
        Assert.That(() => ReadmeCode.Parse(readme), Throws.TypeOf<FormatException>().With.Message.EqualTo(message));
}
