namespace OAuthClient.Tests;

/// <summary>Tests that text of a server is safe to log (RFC 6749 §10.14, A.7, A.8).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ServerTextSanitizerTests
{
    [TestCase(null)]
    [TestCase("")]
    [TestCase(" \t\r\n")]
    [Description("RFC 6749 A.8: null and empty text become null")]
    public void Empty_text_becomes_null(string? text) => Assert.That(ServerTextSanitizer.Clean(text), Is.Null);

    [TestCase("No such scope: 'a'.", "No such scope: 'a'.")]
    [TestCase(" ~!\\", " ~!\\")]
    [TestCase("a\"b", "a?b")]
    [TestCase("a\r\nb\tc\0d\u001be", "a??b?c?d?e")]
    [TestCase("\u007f\u0080\u00fc\u2028\u202e", "?????")]
    [TestCase("\ud83d\ude00", "??")]
    [Description("RFC 6749 A.7, A.8: only printable ASCII is kept, without the double quote that delimits the text")]
    public void Only_printable_ASCII_is_kept(string text, string cleaned) =>
        Assert.That(ServerTextSanitizer.Clean(text), Is.EqualTo(cleaned));

    [Test]
    [Description("An empty secret, such as an assertion file that is being rewritten, does not hide the reason of the server")]
    public void An_empty_secret_is_ignored() =>
        Assert.That(ServerTextSanitizer.Clean("unknown key-1234", "", "key-1234"), Is.EqualTo($"unknown {Secret.Redacted}"));

    [Test]
    [Description("RFC 6749 §10.14: 256 characters are kept; longer text is truncated and ends with an ellipsis")]
    public void Long_text_is_truncated()
    {
        Assert.That(ServerTextSanitizer.Clean(new string('x', 256)), Is.EqualTo(new string('x', 256)));
        Assert.That(ServerTextSanitizer.Clean(new string('x', 257)), Is.EqualTo(new string('x', 255) + "~"));
        Assert.That(ServerTextSanitizer.Clean(new string('x', 100_000)), Has.Length.EqualTo(256));
    }

    [Test]
    [Description("RFC 6749 §10.14: a secret that a server echoes is removed at every position")]
    public void An_echoed_secret_is_redacted_at_every_position()
    {
        Assert.That(
            ServerTextSanitizer.Clean("canary, acanaryb, canarycanary", "canary"),
            Is.EqualTo("[redacted], a[redacted]b, [redacted][redacted]")
        );
        Assert.That(ServerTextSanitizer.Clean("one and two", "one", "two"), Is.EqualTo("[redacted] and [redacted]"));
        Assert.That(ServerTextSanitizer.Clean("Canary CANARY", "canary"), Is.EqualTo("[redacted] [redacted]"));
    }

    [Test]
    [Description("RFC 6749 §10.14: text is redacted before it is truncated, so that no part of a secret remains")]
    public void A_secret_at_the_truncation_limit_is_redacted()
    {
        for (int at = 230; at < 260; at++)
            Assert.That(
                ServerTextSanitizer.Clean(new string('x', at) + "canary-canary", "canary-canary"),
                Does.Not.Contain("can"),
                $"at {at}"
            );
    }

    [Test]
    [Description("RFC 6749 §10.14, appendix B: the form-encoded secret in an echo of the body or the address is redacted")]
    public void An_encoded_echo_is_redacted()
    {
        const string Canary = "canary &/+\u00fc%:";

        Assert.That(
            ServerTextSanitizer.Clean($"body was: client_secret={System.Net.WebUtility.UrlEncode(Canary)}&x=1", Canary),
            Is.EqualTo("body was: client_secret=[redacted]&x=1")
        );
        Assert.That(
            ServerTextSanitizer.Clean($"address was: ?x={Uri.EscapeDataString(Canary)}", Canary),
            Is.EqualTo("address was: ?x=[redacted]")
        );
        Assert.That(
            ServerTextSanitizer.Clean("%2Fcanary+%26%2f%2b%c3%bc%25%3a", Canary),
            Is.EqualTo("%2F[redacted]"),
            "hexadecimal digits have either case"
        );
        Assert.That(ServerTextSanitizer.Clean(Canary, Canary), Is.EqualTo("[redacted]"));
    }

    [Test]
    [Description("RFC 6749 §10.14: if one secret is a prefix of another, the longer one is redacted completely")]
    public void A_secret_that_contains_another_is_redacted()
    {
        Assert.That(ServerTextSanitizer.Clean("abc-canary", "abc", "abc-canary"), Is.EqualTo("[redacted]"));
        Assert.That(ServerTextSanitizer.Clean("abc-canary", "abc-canary", "abc"), Is.EqualTo("[redacted]"));
    }

    [TestCase("https://a.example.com/b?c=d", "https://a.example.com/b")]
    [TestCase("https://a.example.com/b#c", "https://a.example.com/b")]
    [TestCase("https://user:password@a.example.com:8443/b?c#d", "https://a.example.com:8443/b")]
    [TestCase("https://a.example.com/b", "https://a.example.com/b")]
    [Description("RFC 6749 §10.14: only the scheme, host and path of an address are kept")]
    public void User_query_and_fragment_of_an_address_are_removed(string address, string shown) =>
        Assert.That(ServerTextSanitizer.WithoutQuery(new(address)).ToString(), Is.EqualTo(shown));
}
