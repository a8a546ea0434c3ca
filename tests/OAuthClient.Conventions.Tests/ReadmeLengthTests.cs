using OAuthClient.Conventions.Tests.Packages;

namespace OAuthClient.Conventions.Tests;

/// <summary>Tests that the README shows how little code an application needs.</summary>
public sealed class ReadmeLengthTests
{
    private const int MostLines = 12;

    [Test]
    public async Task A_web_sign_in_with_an_API_call_takes_at_most_12_lines()
    {
        var blocks = ReadmeCode.Parse("README.md", await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md")));
        string[][] applications =
        [
            .. from block in blocks
            where
                block.Kind == ProgramKind.Web
                && block.Use == ReadmeUse.Compile
                && block.Code.Contains("MapBrowserAuthorization", StringComparison.Ordinal)
                && block.Code.Contains("AllowSignIn", StringComparison.Ordinal)
                && block.Code.Contains("AddAccessTokenHandler", StringComparison.Ordinal)
            select Lines(block.Code),
        ];

        Assert.That(applications, Has.Length.EqualTo(1));
        Assert.That(applications[0], Has.Length.LessThanOrEqualTo(MostLines), string.Join('\n', applications[0]));
    }

    [Test]
    public async Task The_README_has_at_most_200_lines() =>
        Assert.That((await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "README.md"))).Length, Is.LessThanOrEqualTo(200));

    private static string[] Lines(string code) =>
        [.. code.Split('\n').Where(line => line.Trim().Length > 0 && !line.StartsWith("using ", StringComparison.Ordinal))];
}
