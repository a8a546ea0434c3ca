namespace OAuthClient.Tests;

/// <summary>Tests random text and scope lists of the protocol.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class WireTextTests
{
    [Test]
    [Description("RFC 6749 §10.10: 256 random bits, each of which takes both values")]
    public void Random_text_has_256_bits_that_all_vary() =>
        RequireRandom([.. Enumerable.Range(0, 500).Select(_ => SecureRandomString.Create())]);

    [Test]
    [Description("RFC 6749 §10.10: each of several texts created at once has the same randomness")]
    public void Texts_created_at_once_are_as_random_as_one()
    {
        var drawn = Enumerable.Range(0, 500).Select(_ => SecureRandomString.Create(3)).ToList();

        for (int i = 0; i < 3; i++)
            RequireRandom([.. drawn.Select(texts => texts[i])]);
        Assert.That(drawn.SelectMany(texts => texts), Is.Unique);
    }

    private static void RequireRandom(IReadOnlyList<string> drawn)
    {
        Assert.That(drawn, Is.Unique);
        Assert.That(drawn, Has.All.Matches("^[A-Za-z0-9_-]{43}$"));
        byte[][] bytes = [.. drawn.Select(text => System.Buffers.Text.Base64Url.DecodeFromChars(text))];
        for (int bit = 0; bit < 256; bit++)
        {
            int set = bytes.Count(value => (value[bit / 8] >> (bit % 8) & 1) == 1);
            // 500 draws of a fair bit leave this range once in 10^20 runs.
            Assert.That(set, Is.InRange(140, 360), $"bit {bit}");
        }
    }

    [TestCase("openid", true)]
    [TestCase("https://www.example.com/auth/photos.readonly", true)]
    [TestCase("a:b/c?d=e&f", true)]
    [TestCase("!", true)]
    [TestCase("~", true)]
    [TestCase("#", true)]
    [TestCase("[", true)]
    [TestCase("]", true)]
    [TestCase("", false)]
    [TestCase(" ", false)]
    [TestCase("a b", false)]
    [TestCase("\"", false)]
    [TestCase("\\", false)]
    [TestCase("\u007f", false)]
    [TestCase("a\n", false)]
    [TestCase("\u00fc", false)]
    [Description("RFC 6749 §3.3, A.4: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )")]
    public void A_scope_token_has_the_characters_of_the_grammar(string scope, bool valid) =>
        Assert.That(ScopeList.IsToken(scope), Is.EqualTo(valid));

    [TestCase("a b", new[] { "a", "b" })]
    [TestCase(" a  b ", new[] { "a", "b" })]
    [TestCase("a a A", new[] { "a", "A" })]
    [TestCase("a\tb", new[] { "a\tb" })]
    [TestCase("", new string[0])]
    [Description("RFC 6749 §3.3: scopes are separated by spaces, case-sensitive and unordered")]
    public void Scopes_are_split(string text, string[] scopes) => Assert.That(ScopeList.Split(text), Is.EqualTo(scopes));

    [TestCase("a b", new[] { "a", "b" }, true)]
    [TestCase("a", new[] { "a" }, true)]
    [TestCase("", new string[0], true)]
    [TestCase("b a", new[] { "a", "b" }, false)]
    [TestCase("a", new[] { "a", "b" }, false)]
    [TestCase("a ", new[] { "a", "b" }, false)]
    [TestCase("a b", new[] { "a" }, false)]
    [TestCase("ab", new[] { "a", "b" }, false)]
    [TestCase("a  b", new[] { "a", "b" }, false)]
    [TestCase("A b", new[] { "a", "b" }, false)]
    [TestCase("a b ", new[] { "a", "b" }, false)]
    [TestCase("a", new string[0], false)]
    [TestCase("", new[] { "a" }, false)]
    [Description("RFC 6749 §3.3: only identical text is known to contain the same scopes without splitting it")]
    public void Joined_scopes_are_recognized(string text, string[] scopes, bool isJoined) =>
        Assert.That(ScopeList.IsJoined(text, scopes), Is.EqualTo(isJoined));

    [Test]
    [Description("RFC 6749 §3.3: scopes are joined by one space")]
    public void Scopes_are_joined()
    {
        Assert.That(ScopeList.Join(["a", "b"]), Is.EqualTo("a b"));
        Assert.That(ScopeList.Join([]), Is.Empty);
    }

    [TestCase(new[] { "a", "b" }, new[] { "b" }, true)]
    [TestCase(new[] { "a", "b" }, new[] { "b", "a" }, true)]
    [TestCase(new[] { "a" }, new string[0], true)]
    [TestCase(new string[0], new string[0], true)]
    [TestCase(new[] { "a" }, new[] { "A" }, false)]
    [TestCase(new[] { "a" }, new[] { "a", "b" }, false)]
    [TestCase(new[] { "photos.read" }, new[] { "photos" }, false)]
    [Description("RFC 6749 §6: the requested scopes must be a subset of those granted")]
    public void Granted_scopes_cover_their_subsets(string[] granted, string[] asked, bool covers) =>
        Assert.That(ScopeList.Covers(granted, asked), Is.EqualTo(covers));
}
