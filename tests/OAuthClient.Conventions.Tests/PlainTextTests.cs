namespace OAuthClient.Conventions.Tests;

public sealed class PlainTextTests
{
    [Test]
    public void Lines_are_short_and_words_are_plain() =>
        Rule.Holds(
            "Wrap the line, or write the sentence in plain technical English:",
            Repository
                .Files.Where(file => Path.GetExtension(file.Path) is ".cs" or ".md" or ".cshtml")
                .Where(file => !file.Path.EndsWith("/PlainText.cs", StringComparison.Ordinal))
                .Where(file => !file.Path.EndsWith("/PlainTextTests.cs", StringComparison.Ordinal))
                .SelectMany(file => PlainText.Breaches(file.Path, file.Text))
        );

    [TestCase("// Whoever asks waits.", "says 'Whoever'")]
    [TestCase("// The caller waits.", null)]
    [TestCase("// nobodyElse", null)]
    public void A_vague_word_is_reported(string line, string? fault) =>
        Assert.That(PlainText.Breaches("src/One.cs", line), fault is null ? Is.Empty : Has.Exactly(1).Contains(fault));

    [Test]
    public void A_long_line_of_code_is_reported()
    {
        Assert.That(PlainText.Breaches("src/One.cs", new string('x', 141)), Has.Exactly(1).Contains("141 columns"));
        Assert.That(PlainText.Breaches("src/One.cs", new string('x', 140)), Is.Empty);
        Assert.That(PlainText.Breaches("README.md", new string('x', 141)), Is.Empty);
    }
}
