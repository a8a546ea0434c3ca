using System.Globalization;

namespace OAuthClient.Conventions.Tests.Packages;

/// <summary>
/// Creates the packages once from a copy of the repository, because a build in the repository itself would disturb tests that run
/// concurrently. Each run has its own version, so that no cache returns an older package.
/// </summary>
[SetUpFixture]
public sealed class Packed
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    internal static string Home { get; private set; } = "";

    internal static string Folder => Path.Combine(Home, "packages");

    internal static string Version { get; } = "0.1.0-check." + DateTime.UtcNow.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);

    [OneTimeSetUp]
    public async Task PackAsync()
    {
        Home = Directory.CreateTempSubdirectory("oauthclient-packages-").FullName;
        var copy = Path.Combine(Home, "copy");
        foreach (var file in Repository.Files)
        {
            var target = Path.Combine(copy, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file.FullPath, target);
        }

        var pack = await DotNet.RunAsync(
            copy,
            Limit,
            "pack",
            "-c",
            "Release",
            "-o",
            Folder,
            $"-p:Version={Version}",
            // The build of this test has run the analyzers.
            "-p:RunAnalyzers=false"
        );

        Assert.That(pack.ExitCode, Is.Zero, pack.Output);
    }

    [OneTimeTearDown]
    public void Remove() => Directory.Delete(Home, recursive: true);
}
