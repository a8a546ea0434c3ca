using System.Reflection;
using OAuthClient.Conventions.Tests.Packages;
using OAuthClient.StoreContract;

namespace OAuthClient.Conventions.Tests;

/// <summary>Tests the store that the README of OAuthClient.StoreContract shows: it fulfills the contract.</summary>
public sealed class StoreContractReadmeTests
{
    private const string Readme = "src/OAuthClient.StoreContract/README.md";

    private static readonly Lazy<IReadOnlyList<StoreContractCase>> Cases = new(() =>
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, Readme));
        var library = SnippetCompiler.Load(ReadmeCode.Parse(Readme, text).Where(block => block.Kind == ProgramKind.Library));
        var cases = library
            .GetType("DictionaryGrantStoreTests", throwOnError: true)!
            .GetProperty("Cases", BindingFlags.NonPublic | BindingFlags.Static)!;
        return [.. (IEnumerable<StoreContractCase>)cases.GetValue(null)!];
    });

    [Test]
    public async Task The_store_of_the_README_fulfills_the_contract()
    {
        Assert.That(Cases.Value, Has.Count.GreaterThan(50));
        foreach (var one in Cases.Value)
            await one.RunAsync();
    }

    [Test]
    public void The_NUnit_binding_of_the_README_takes_at_most_15_lines_of_code()
    {
        var block = ReadmeCode.Parse(Readme, File.ReadAllText(Path.Combine(Repository.Root, Readme)))[^1];
        var lines = block.Code.Split('\n').Where(line => line.Trim().Length > 1 && !line.StartsWith("using ", StringComparison.Ordinal));
        Assert.That(block.Code, Does.Contain("[TestCaseSource("));
        Assert.That(lines.Count(), Is.LessThanOrEqualTo(15));
    }
}
