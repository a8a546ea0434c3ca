namespace OAuthClient.Conventions.Tests;

public sealed class FolderLayeringTests
{
    [Test]
    public void A_folder_of_the_core_uses_only_folders_below_it() =>
        Rule.Holds("Move the type down, or hand it in from above:", FolderLayering.Breaches(SourceTree.Load("OAuthClient")));

    [TestCase("class Step { Handler? next; }", TestName = "An upward field is seen")]
    [TestCase("class Step { object Next() => new Handler(); }", TestName = "An upward constructor is seen")]
    [TestCase("class Step { Handler Next() => new(); }", TestName = "An upward target-typed constructor is seen")]
    [TestCase("class Step { void Next() => Handler.Send(); }", TestName = "An upward static call is seen")]
    [TestCase("class Step { void Next() => 1.Attach(); }", TestName = "An upward extension method is seen")]
    [TestCase("class Step { object? o = default(Handler.Part); }", TestName = "An upward nested type is seen")]
    [TestCase("class Step : List<Handler>;", TestName = "An upward type argument is seen")]
    [TestCase("class Step { string s = nameof(Handler); }", TestName = "An upward nameof is seen")]
    [TestCase("[Mark] class Step;", TestName = "An upward attribute is seen")]
    public void An_upward_use_is_reported_with_its_line_and_room(string step)
    {
        var breaches = FolderLayering.Breaches(SourceTree.Of("OAuthClient",
            ("HttpHandler/Handler.cs", Handler),
            ("Grants/Step.cs", "namespace OAuthClient;\n" + step)));

        Assert.That(breaches, Has.Some.Match(@"^Grants/Step\.cs:2 uses (Handler|Extensions|MarkAttribute) \(HttpHandler\)$"));
    }

    [Test]
    public void A_call_on_a_value_whose_type_is_never_written_is_seen()
    {
        var breaches = FolderLayering.Breaches(SourceTree.Of("OAuthClient",
            ("Grants/Grant.cs", "namespace OAuthClient; class Grant { public void Spend() { } }"),
            ("Protocol/Source.cs", "namespace OAuthClient; class Source { public Grant Next() => null!; }"),
            ("Protocol/User.cs", "namespace OAuthClient; class User { void Use() { var grant = new Source().Next(); grant.Spend(); } }")));

        Assert.That(breaches, Does.Contain("Protocol/User.cs:1 uses Grant (Grants)"));
    }

    [Test]
    public void Downward_uses_uses_in_the_same_room_and_mentions_in_documentation_are_fine()
    {
        var breaches = FolderLayering.Breaches(SourceTree.Of("OAuthClient",
            ("OAuthClients.cs", "namespace OAuthClient; class OAuthClients { Handler? handler; Step? step; }"),
            ("HttpHandler/Handler.cs", Handler + "class Other { Handler? handler; Step? step; }"),
            ("Grants/Step.cs", "namespace OAuthClient; /// <summary>Used by <see cref=\"Handler\"/>.</summary>\nclass Step;")));

        Assert.That(breaches, Is.Empty);
    }

    [Test]
    public void Missing_generated_code_hides_no_upward_use()
    {
        var breaches = FolderLayering.Breaches(SourceTree.Of("OAuthClient",
            ("HttpHandler/Handler.cs", Handler),
            ("Grants/Step.cs", "namespace OAuthClient;\npartial class Json : Unknown { object o = Json.Default.Thing(new Handler(1, 2)); }")));

        Assert.That(breaches, Does.Contain("Grants/Step.cs:2 uses Handler (HttpHandler)"));
    }

    [TestCase("Helpers/Thing.cs", "Helpers")]
    [TestCase("Grants/Inner/Thing.cs", "Grants/Inner")]
    public void A_folder_that_is_no_room_is_reported(string path, string room) =>
        Assert.That(FolderLayering.Breaches(SourceTree.Of("OAuthClient", (path, "namespace OAuthClient; class Thing;"))),
            Has.One.StartsWith($"{path} stands in {room}, which is not a room"));

    [Test]
    public void A_type_in_pieces_over_two_rooms_is_reported() =>
        Assert.That(FolderLayering.Breaches(SourceTree.Of("OAuthClient",
                ("Grants/Log.cs", "namespace OAuthClient; static partial class Log;"),
                ("Discovery/Log.cs", "namespace OAuthClient; static partial class Log;"))),
            Has.Exactly(2).Contains("a part of Log, which stands in Discovery and Grants"));

    private const string Handler = """
        namespace OAuthClient;
        class Handler { public static void Send() { } public struct Part; }
        static class Extensions { public static void Attach(this int i) { } }
        class MarkAttribute : Attribute;

        """;
}
