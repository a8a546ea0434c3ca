namespace OAuthClient.Conventions.Tests;

public sealed class PublicDocumentationTests
{
    private const string Class = "namespace OAuthClient;\n/// <summary>One.</summary>\npublic class OneOptions {\n";

    [TestCaseSource(typeof(Repository), nameof(Repository.SourceProjects))]
    public void Public_members_are_documented_in_the_form_of_the_API_reference(string project) =>
        Rule.Holds(
            "Write the documentation comment in the form of the .NET API reference:",
            PublicDocumentation.Breaches(SourceTree.Load(project))
        );

    [TestCase("/// <summary>The name. The default is empty.</summary>\npublic string Name { get; set; } = \"\";", "\"Gets or sets\"")]
    [TestCase("/// <summary>Gets or sets the name. The default is empty.</summary>\npublic string Name => \"\";", null)]
    [TestCase("/// <summary>The name.</summary>\npublic string Name => \"\";", "\"Gets\"")]
    [TestCase("/// <summary>Gets or sets the name.</summary>\npublic string Name { get; set; } = \"\";", "states its default")]
    [TestCase("/// <summary>Gets or sets the length. The default is 3.</summary>\npublic int Length { get; set; }", "states its unit")]
    [TestCase("/// <summary>Gets or sets the length in bytes. The default is 3.</summary>\npublic int Length { get; set; }", null)]
    [TestCase("/// <summary>Reads.</summary>\npublic int Read() => 0;", "no <returns>")]
    [TestCase("/// <summary>Reads.</summary>\npublic Task ReadAsync() => null!;", null)]
    [TestCase("/// <summary>Reads.</summary>\npublic void Read(int count) { }", "does not describe 'count'")]
    [TestCase(
        "/// <summary>Reads.</summary>\n/// <param name=\"ct\">Stops waiting.</param>\npublic void Read(CancellationToken ct) { }",
        "The token to monitor"
    )]
    [TestCase("public void Read() { }", "has no documentation")]
    [TestCase("internal void Read() { }", null)]
    public void A_comment_in_another_form_is_reported(string member, string? fault)
    {
        var breaches = PublicDocumentation.Breaches(SourceTree.Of("OAuthClient", ("One.cs", Class + member + "\n}")));
        Assert.That(breaches, fault is null ? Is.Empty : Has.Exactly(1).Contains(fault));
    }
}
