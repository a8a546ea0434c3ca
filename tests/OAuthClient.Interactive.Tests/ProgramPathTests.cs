namespace OAuthClient.Interactive.Tests;

/// <summary>Tests that a program is found only in the absolute folders of PATH: a current folder can belong to someone else.</summary>
[TestFixture]
public class ProgramPathTests
{
    [TestCase("")]
    [TestCase(".")]
    [TestCase("./")]
    [TestCase("{0}{0}")]
    [TestCase("{0}.{0}..{0}bin")]
    [TestCase(null)]
    [Description("A program in the current folder is not found, even where PATH names that folder by a relative path")]
    public void A_program_in_the_current_folder_is_not_found(string? path)
    {
        string decoy = $"decoy-{Guid.NewGuid():N}";
        File.WriteAllText(decoy, "");
        try
        {
            Assert.That(ProgramPath.Find(decoy, path?.Replace("{0}", Path.PathSeparator.ToString(), StringComparison.Ordinal)), Is.Null);
        }
        finally
        {
            File.Delete(decoy);
        }
    }

    [Test]
    [Description("The first absolute folder that holds the file is used")]
    public void A_program_in_an_absolute_folder_is_found()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            string program = Path.Combine(folder.FullName, "xdg-open");
            File.WriteAllText(program, "");
            Directory.CreateDirectory(Path.Combine(folder.FullName, "first", "xdg-open"));
            string path = string.Join(Path.PathSeparator, ".", Path.Combine(folder.FullName, "first"), folder.FullName);

            Assert.That(ProgramPath.Find("xdg-open", path), Is.EqualTo(program));
            Assert.That(ProgramPath.Find("another", path), Is.Null);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
