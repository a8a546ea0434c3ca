using System.Reflection;

namespace OAuthClient.Conformance;

/// <summary>Tests that each module of the suite has a test, and that each test of a module is in the list.</summary>
public sealed class ModuleNamesTests
{
    // The name of a test case ends with its arguments; the test of a module has one case and is named like the module.
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
    [Description("Each module in the list has exactly one test of its name")]
    public void Has_one_test(string module) => Assert.That(Tests, Has.Exactly(1).EqualTo(ModuleNames.TestOf(module)));

    [Test]
    [Description("A test that is named like a module has a module in the list")]
    public void No_test_of_an_unknown_module() =>
        Assert.That(
            Tests.Where(test => test.StartsWith("oidcc_", StringComparison.Ordinal) || test.StartsWith("fapi2_", StringComparison.Ordinal)),
            Is.SubsetOf(ModuleNames.All.Select(ModuleNames.TestOf))
        );
}
