namespace OAuthClient.Conventions.Tests;

public sealed class FolderLayeringTests
{
    [Test]
    public void A_folder_of_the_core_uses_only_the_folders_of_the_map() =>
        Rule.Holds("Move the type, or pass what it needs as an argument:", FolderLayering.Breaches(SourceTree.Load("OAuthClient")));

    [Test]
    public void The_map_has_no_unnecessary_entry() =>
        Rule.Holds("Remove from FolderMap:", FolderLayering.Unnecessary(SourceTree.Load("OAuthClient")));

    // The server of OAuthClient.Testing passes its state, which holds all its parts, to each of them.
    [
        TestCase("OAuthClient"),
        TestCase("OAuthClient.AspNetCore"),
        TestCase("OAuthClient.Ed25519"),
        TestCase("OAuthClient.Interactive"),
        TestCase("OAuthClient.PostgreSql"),
        TestCase("OAuthClient.Sqlite")
    ]
    public void Folders_form_no_cycle(string project) =>
        Rule.Holds("Break the cycle between folders:", FolderLayering.FolderCycles(SourceTree.Load(project)));

    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void The_files_of_a_folder_form_no_cycle(string project) =>
        Rule.Holds("Break the cycle between files:", FolderLayering.FileCycles(SourceTree.Load(project), FolderMap.Factories));

    [Test]
    public void A_cycle_between_files_is_reported_unless_it_is_a_factory()
    {
        var sources = SourceTree.Of(
            "OAuthClient",
            ("Grants/One.cs", "namespace OAuthClient; class One { Two? two; }"),
            ("Grants/Two.cs", "namespace OAuthClient; class Two { Three? three; }"),
            ("Grants/Three.cs", "namespace OAuthClient; class Three { One? one; }"),
            ("Grants/Four.cs", "namespace OAuthClient; class Four { One? one; }")
        );
        Assert.That(FolderLayering.FileCycles(sources, []), Is.EqualTo(["Grants/One.cs <-> Grants/Three.cs <-> Grants/Two.cs"]));
        Assert.That(FolderLayering.FileCycles(sources, [("Three", "One")]), Is.Empty);
    }

    [Test]
    public void The_parts_of_a_partial_type_form_no_cycle()
    {
        var sources = SourceTree.Of(
            "OAuthClient",
            ("Grants/One.cs", "namespace OAuthClient; partial class One { int one; int Two() => two; }"),
            ("Grants/One.Two.cs", "namespace OAuthClient; partial class One { int two; int First() => one; }")
        );
        Assert.That(FolderLayering.FileCycles(sources, []), Is.Empty);
    }

    [Test]
    public void A_cycle_between_folders_is_reported()
    {
        var sources = SourceTree.Of(
            "OAuthClient",
            ("Grants/One.cs", "namespace OAuthClient; class One { Two? two; }"),
            ("Refresh/Two.cs", "namespace OAuthClient; class Two { Three? three; }"),
            ("Grants/Three.cs", "namespace OAuthClient; class Three;")
        );
        Assert.That(FolderLayering.FolderCycles(sources), Is.EqualTo(["Grants <-> Refresh"]));
    }

    [TestCase("class Step { Handler? next; }", TestName = "A forbidden field is reported")]
    [TestCase("class Step { object Next() => new Handler(); }", TestName = "A forbidden constructor is reported")]
    [TestCase("class Step { Handler Next() => new(); }", TestName = "A forbidden target-typed constructor is reported")]
    [TestCase("class Step { void Next() => Handler.Send(); }", TestName = "A forbidden static call is reported")]
    [TestCase("class Step { void Next() => 1.Attach(); }", TestName = "A forbidden extension method is reported")]
    [TestCase("class Step { object? o = default(Handler.Part); }", TestName = "A forbidden nested type is reported")]
    [TestCase("class Step : List<Handler>;", TestName = "A forbidden type argument is reported")]
    [TestCase("class Step { string s = nameof(Handler); }", TestName = "A forbidden nameof is reported")]
    [TestCase("[Mark] class Step;", TestName = "A forbidden attribute is reported")]
    public void A_use_that_the_map_does_not_allow_is_reported_with_its_line_and_folder(string step)
    {
        var breaches = FolderLayering.Breaches(
            SourceTree.Of("OAuthClient", ("HttpHandler/Handler.cs", Handler), ("Grants/Step.cs", "namespace OAuthClient;\n" + step))
        );

        Assert.That(breaches, Has.Some.Match(@"^Grants/Step\.cs:2 uses (Handler|Extensions|MarkAttribute) \(HttpHandler\)$"));
    }

    [Test]
    public void A_call_on_a_value_whose_type_is_not_written_is_reported()
    {
        var breaches = FolderLayering.Breaches(
            SourceTree.Of(
                "OAuthClient",
                ("Grants/Grant.cs", "namespace OAuthClient; class Grant { public void Spend() { } }"),
                ("Protocol/Source.cs", "namespace OAuthClient; class Source { public Grant Next() => null!; }"),
                ("Protocol/User.cs", "namespace OAuthClient; class User { void Use() { var grant = new Source().Next(); grant.Spend(); } }")
            )
        );

        Assert.That(breaches, Does.Contain("Protocol/User.cs:1 uses Grant (Grants)"));
    }

    [Test]
    public void Allowed_uses_uses_in_the_same_folder_and_references_in_documentation_are_accepted()
    {
        var breaches = FolderLayering.Breaches(
            SourceTree.Of(
                "OAuthClient",
                ("OAuthClients.cs", "namespace OAuthClient; class OAuthClients { Handler? handler; Step? step; }"),
                ("HttpHandler/Handler.cs", Handler + "class Other { Handler? handler; Step? step; }"),
                ("Grants/Step.cs", "namespace OAuthClient; /// <summary>Used by <see cref=\"Handler\"/>.</summary>\nclass Step;")
            )
        );

        Assert.That(breaches, Is.Empty);
    }

    [Test]
    public void Missing_generated_code_does_not_hide_a_use()
    {
        var breaches = FolderLayering.Breaches(
            SourceTree.Of(
                "OAuthClient",
                ("HttpHandler/Handler.cs", Handler),
                (
                    "Grants/Step.cs",
                    "namespace OAuthClient;\npartial class Json : Unknown { object o = Json.Default.Thing(new Handler(1, 2)); }"
                )
            )
        );

        Assert.That(breaches, Does.Contain("Grants/Step.cs:2 uses Handler (HttpHandler)"));
    }

    [TestCase("Helpers/Thing.cs", "Helpers")]
    [TestCase("Grants/Other/Thing.cs", "Grants/Other")]
    public void A_folder_that_is_not_in_the_map_is_reported(string path, string folder) =>
        Assert.That(
            FolderLayering.Breaches(SourceTree.Of("OAuthClient", (path, "namespace OAuthClient; class Thing;"))),
            Has.One.StartsWith($"{path} is in {folder}, which is not in the map")
        );

    [Test]
    public void A_partial_type_in_two_folders_is_reported() =>
        Assert.That(
            FolderLayering.Breaches(
                SourceTree.Of(
                    "OAuthClient",
                    ("Grants/Log.cs", "namespace OAuthClient; static partial class Log;"),
                    ("Discovery/Log.cs", "namespace OAuthClient; static partial class Log;")
                )
            ),
            Has.Exactly(2).Contains("a part of Log, which is in Discovery and Grants")
        );

    private const string Handler = """
        namespace OAuthClient;
        class Handler { public static void Send() { } public struct Part; }
        static class Extensions { public static void Attach(this int i) { } }
        class MarkAttribute : Attribute;

        """;
}
