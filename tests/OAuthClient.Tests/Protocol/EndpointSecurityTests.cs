namespace OAuthClient.Tests;

/// <summary>Which addresses are safe to send a secret to (RFC 6749 §10.9, RFC 8252 §8.3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class EndpointSecurityTests
{
    private static readonly string[] ThisMachine =
    [
        "http://127.0.0.1",
        "http://127.0.0.1:8080/a",
        "http://127.1.2.3",
        "http://[::1]",
        "http://[::1]:8080/a",
        "http://localhost",
        "http://LOCALHOST:5000",
        "http://[0:0:0:0:0:0:0:1]",
    ];

    private static readonly string[] ElsewhereOrUnclear =
    [
        "http://127.0.0.1.evil.com",
        "http://localhost.evil.com",
        "http://loopback",
        "http://evil.com",
        "http://localhost.",
        "http://xlocalhost",
        "http://128.0.0.1",
        "http://[::2]",
        "http://0.0.0.0",
        "http://[::]",
        "http://169.254.169.254",
        "http://127.0.0.1@evil.com",
        "http://localhost@evil.com",
        "http://10.0.0.1",
    ];

    [TestCaseSource(nameof(ThisMachine))]
    [Description("RFC 8252 §8.3: http to this very machine, only where the developer allowed it")]
    public void Http_to_this_machine_is_safe_only_when_allowed(string address)
    {
        Assert.That(EndpointSecurity.IsLoopback(new(address)), Is.True);
        Assert.That(EndpointSecurity.IsSafe(new(address), allowHttpOnLoopback: true), Is.True);
        Assert.That(EndpointSecurity.IsSafe(new(address), allowHttpOnLoopback: false), Is.False);
    }

    [Test]
    [Description("RFC 3986 §3.2.2, RFC 5890 §2.3.2: a name that no host can have is safe nowhere, and nobody's origin")]
    public void A_name_that_no_host_can_have()
    {
        Uri address = new("https://ex\uFFFDmple.com/");
        Assert.That(EndpointSecurity.IsSafe(address, allowHttpOnLoopback: true), Is.False);
        Assert.That(EndpointSecurity.IsLoopback(address), Is.False);
        Assert.That(EndpointSecurity.IsSameOrigin(address, address), Is.False);
        Assert.That(EndpointSecurity.IsSameOrigin(new("https://example.com"), address), Is.False);
    }

    [TestCaseSource(nameof(ElsewhereOrUnclear))]
    [Description("RFC 6749 §10.9: http to anything else is never safe, whatever its name looks like")]
    public void Http_to_anything_else_is_never_safe(string address)
    {
        Assert.That(EndpointSecurity.IsLoopback(new(address)), Is.False);
        Assert.That(EndpointSecurity.IsSafe(new(address), allowHttpOnLoopback: true), Is.False);
        Assert.That(EndpointSecurity.IsSafe(new(address), allowHttpOnLoopback: false), Is.False);
    }

    [TestCase("https://a.example.com", true)]
    [TestCase("HTTPS://a.example.com", true)]
    [TestCase("https://127.0.0.1", true)]
    [TestCase("ftp://127.0.0.1", false)]
    [TestCase("ws://localhost", false)]
    [TestCase("file:///etc/passwd", false)]
    [TestCase("javascript:alert(1)", false)]
    [TestCase("/relative", false)]
    [TestCase("a.example.com", false)]
    [Description("RFC 6749 §3.1.2.1, §10.9: https everywhere, and no other scheme anywhere")]
    public void Https_is_safe_and_no_other_scheme_is(string address, bool safe)
    {
        Assert.That(EndpointSecurity.IsSafe(new(address, UriKind.RelativeOrAbsolute), allowHttpOnLoopback: false), Is.EqualTo(safe));
        Assert.That(EndpointSecurity.IsSafe(new(address, UriKind.RelativeOrAbsolute), allowHttpOnLoopback: true), Is.EqualTo(safe));
    }
}
