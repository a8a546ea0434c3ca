namespace OAuthClient.Interactive.Tests;

/// <summary>Tests that options which cannot be used together are refused with a sentence that says what to set.</summary>
[TestFixture]
public class BrowserSignInOptionsTests
{
    [TestCase("https://client.example.com/callback", "a program cannot receive https")]
    [TestCase("http://localhost/callback", "must have the address 127.0.0.1 or [::1]")]
    [TestCase("http://192.168.0.1/callback", "must have the address 127.0.0.1 or [::1]")]
    [TestCase("com.example.cli:/callback", "set WaitForActivationAsync")]
    public void A_redirect_uri_that_cannot_be_received(string redirectUri, string sentence) =>
        Assert.That(
            () => BrowserSignInOptions.Validate(new() { RedirectUri = new(redirectUri) }),
            Throws.ArgumentException.With.Message.Contains(sentence)
        );

    [TestCase(0)]
    [TestCase(70_000)]
    public void A_number_that_is_no_port(int port) =>
        Assert.That(() => BrowserSignInOptions.Validate(new() { Ports = [port] }), Throws.ArgumentException.With.Message.Contains("Ports"));

    [Test]
    public void A_timeout_that_is_not_positive() =>
        Assert.That(
            () => BrowserSignInOptions.Validate(new() { Timeout = TimeSpan.Zero }),
            Throws.ArgumentException.With.Message.Contains("Timeout")
        );
}
