using System.Reflection;

namespace OAuthClient.Conformance;

/// <summary>That no module is forgotten, and none has a test that the suite does not know.</summary>
public sealed class ModuleNamesTests
{
    // A test case's name has its arguments behind it; a module's test is one, and is called as the module is.
    private static readonly IReadOnlyList<string> Tests =
    [
        .. Assembly
            .GetExecutingAssembly()
            .GetTypes()
            .Where(type => type.IsPublic)
            .SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttribute<TestAttribute>() is not null && method.GetParameters().Length == 0)
            .Select(method => method.Name),
    ];

    [TestCaseSource(typeof(ModuleNames), nameof(ModuleNames.All))]
    [Description("Each module of the table has exactly one test of its name")]
    public void Has_one_test(string module) => Assert.That(Tests, Has.Exactly(1).EqualTo(ModuleNames.TestOf(module)));

    [Test]
    [Description("A test that is called like a module is one of the table's")]
    public void No_test_of_an_unknown_module() =>
        Assert.That(
            Tests.Where(test => test.StartsWith("oidcc_", StringComparison.Ordinal)),
            Is.SubsetOf(ModuleNames.All.Select(ModuleNames.TestOf))
        );
}
