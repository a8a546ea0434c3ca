namespace OAuthClient.Tests;

/// <summary>Tests which addresses a secret may be sent to (RFC 6749 §10.9, RFC 8252 §8.3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class EndpointSecurityTests
{
    private static readonly string[] LoopbackAddresses =
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

    private static readonly string[] OtherAddresses =
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

    [TestCaseSource(nameof(LoopbackAddresses))]
    [Description("RFC 8252 §8.3: http to loopback is safe only if the developer allowed it")]
    public void Http_to_loopback_is_safe_only_when_allowed(string address)
    {
        Assert.That(EndpointSecurity.IsLoopback(new(address)), Is.True);
        Assert.That(EndpointSecurity.IsSafe(new(address), allowHttpOnLoopback: true), Is.True);
        Assert.That(EndpointSecurity.IsSafe(new(address), allowHttpOnLoopback: false), Is.False);
    }

    [Test]
    [Description("RFC 3986 §3.2.2, RFC 5890 §2.3.2: an invalid host name is never safe and is not an origin")]
    public void An_invalid_host_name_is_never_safe()
    {
        Uri address = new("https://ex\uFFFDmple.com/");
        Assert.That(EndpointSecurity.IsSafe(address, allowHttpOnLoopback: true), Is.False);
        Assert.That(EndpointSecurity.IsLoopback(address), Is.False);
        Assert.That(EndpointSecurity.IsSameOrigin(address, address), Is.False);
        Assert.That(EndpointSecurity.IsSameOrigin(new("https://example.com"), address), Is.False);
    }

    [TestCaseSource(nameof(OtherAddresses))]
    [Description("RFC 6749 §10.9: http to any other host is never safe, even if its name resembles loopback")]
    public void Http_to_any_other_host_is_never_safe(string address)
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
    [Description("RFC 6749 §3.1.2.1, §10.9: https is safe for any host; no other scheme is")]
    public void Https_is_safe_and_other_schemes_are_not(string address, bool safe)
    {
        Assert.That(EndpointSecurity.IsSafe(new(address, UriKind.RelativeOrAbsolute), allowHttpOnLoopback: false), Is.EqualTo(safe));
        Assert.That(EndpointSecurity.IsSafe(new(address, UriKind.RelativeOrAbsolute), allowHttpOnLoopback: true), Is.EqualTo(safe));
    }
}
