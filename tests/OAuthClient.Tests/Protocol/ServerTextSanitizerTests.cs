namespace OAuthClient.Tests;

/// <summary>What a server says is fit for a log before it gets there (RFC 6749 §10.14, A.7, A.8).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ServerTextSanitizerTests
{
    [TestCase(null)]
    [TestCase("")]
    [TestCase(" \t\r\n")]
    [Description("RFC 6749 A.8: nothing is nothing")]
    public void Nothing_stays_nothing(string? text) => Assert.That(ServerTextSanitizer.Clean(text), Is.Null);

    [TestCase("No such scope: 'a'.", "No such scope: 'a'.")]
    [TestCase(" ~!\\", " ~!\\")]
    [TestCase("a\"b", "a?b")]
    [TestCase("a\r\nb\tc\0d\u001be", "a??b?c?d?e")]
    [TestCase("\u007f\u0080\u00fc\u2028\u202e", "?????")]
    [TestCase("\ud83d\ude00", "??")]
    [Description("RFC 6749 A.7, A.8: printable ASCII without the quote that would end ours")]
    public void Only_printable_ASCII_stays(string text, string cleaned) =>
        Assert.That(ServerTextSanitizer.Clean(text), Is.EqualTo(cleaned));

    [Test]
    [Description("RFC 6749 §10.14: 256 characters stay whole, of 257 the last that stays says that some are missing")]
    public void A_long_text_is_cut()
    {
        Assert.That(ServerTextSanitizer.Clean(new string('x', 256)), Is.EqualTo(new string('x', 256)));
        Assert.That(ServerTextSanitizer.Clean(new string('x', 257)), Is.EqualTo(new string('x', 255) + "~"));
        Assert.That(ServerTextSanitizer.Clean(new string('x', 100_000)), Has.Length.EqualTo(256));
    }

    [Test]
    [Description("RFC 6749 §10.14: a server that echoes a secret does not get it into our log, wherever it stands")]
    public void An_echoed_secret_is_redacted_wherever_it_stands()
    {
        Assert.That(
            ServerTextSanitizer.Clean("canary, acanaryb, canarycanary", "canary"),
            Is.EqualTo("[redacted], a[redacted]b, [redacted][redacted]")
        );
        Assert.That(ServerTextSanitizer.Clean("one and two", "one", "two"), Is.EqualTo("[redacted] and [redacted]"));
        Assert.That(ServerTextSanitizer.Clean("Canary CANARY", "canary"), Is.EqualTo("[redacted] [redacted]"));
    }

    [Test]
    [Description("RFC 6749 §10.14: redacted before it is cut, so that no half of it stays")]
    public void A_secret_across_the_cut_leaves_no_half()
    {
        for (int at = 230; at < 260; at++)
            Assert.That(
                ServerTextSanitizer.Clean(new string('x', at) + "canary-canary", "canary-canary"),
                Does.Not.Contain("can"),
                $"at {at}"
            );
    }

    [Test]
    [Description("RFC 6749 §10.14, appendix B: an echo of the body or the address has the secret form-encoded")]
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
            "hexadecimal digits come in either case"
        );
        Assert.That(ServerTextSanitizer.Clean(Canary, Canary), Is.EqualTo("[redacted]"));
    }

    [Test]
    [Description("RFC 6749 §10.14: where one secret begins another, the rest of the longer one does not stay")]
    public void A_secret_inside_another_leaves_no_rest()
    {
        Assert.That(ServerTextSanitizer.Clean("abc-canary", "abc", "abc-canary"), Is.EqualTo("[redacted]"));
        Assert.That(ServerTextSanitizer.Clean("abc-canary", "abc-canary", "abc"), Is.EqualTo("[redacted]"));
    }

    [TestCase("https://a.example.com/b?c=d", "https://a.example.com/b")]
    [TestCase("https://a.example.com/b#c", "https://a.example.com/b")]
    [TestCase("https://user:password@a.example.com:8443/b?c#d", "https://a.example.com:8443/b")]
    [TestCase("https://a.example.com/b", "https://a.example.com/b")]
    [Description("RFC 6749 §10.14: of an address only what tells the endpoint")]
    public void An_address_loses_user_query_and_fragment(string address, string shown) =>
        Assert.That(ServerTextSanitizer.WithoutQuery(new(address)).ToString(), Is.EqualTo(shown));
}
