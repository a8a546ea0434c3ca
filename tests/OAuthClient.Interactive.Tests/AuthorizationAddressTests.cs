namespace OAuthClient.Interactive.Tests;

/// <summary>Tests that only addresses of the web are opened: the address comes from the metadata of the server.</summary>
[TestFixture]
public class AuthorizationAddressTests
{
    [TestCase("file:///etc/passwd")]
    [TestCase("file://attacker.example/share/a.exe")]
    [TestCase("calc:$(calc)")]
    [TestCase("javascript:alert(1)")]
    [TestCase("ms-msdt:/id")]
    [TestCase("http://accounts.example.com/authorize")]
    [Description("No browser is started for another address than https, or http on this machine")]
    public void Other_addresses_are_refused(string address)
    {
        Assert.That(() => AuthorizationAddress.Checked(new(address)), Throws.TypeOf<OAuthException>());
        Assert.That(async () => await SystemBrowser.OpenAsync(new(address), CancellationToken.None), Throws.TypeOf<OAuthException>());
    }

    [TestCase("https://accounts.example.com/authorize?a=b&c=d+e%20f#~g")]
    [TestCase("http://127.0.0.1:5000/authorize")]
    [TestCase("http://[::1]:5000/authorize")]
    public void Addresses_of_the_web_are_accepted(string address) =>
        Assert.That(AuthorizationAddress.Checked(new(address)).AbsoluteUri, Is.EqualTo(address));

    [TestCase("https://evil.example/a$(calc)b;'x'", "https://evil.example/a%24%28calc%29b%3B%27x%27")]
    [TestCase("https://evil.example/?a=`id`|!*\\\"<x>^{y}", "https://evil.example/?a=%60id%60%7C%21%2A%5C%22%3Cx%3E%5E%7By%7D")]
    [TestCase("https://a$(b)@evil.example/ü?ü", "https://a%24%28b%29@evil.example/%C3%BC?%C3%BC")]
    [TestCase("https://bücher.example/authorize", "https://xn--bcher-kva.example/authorize")]
    [Description("No launcher receives a character that a shell evaluates; the address stays the same one for the server")]
    public void Characters_of_a_shell_are_percent_encoded(string address, string opened)
    {
        var escaped = AuthorizationAddress.Checked(new(address));

        Assert.That((escaped.OriginalString, escaped.AbsoluteUri), Is.EqualTo((opened, opened)));
        Assert.That(AuthorizationAddress.Checked(escaped).OriginalString, Is.EqualTo(opened));
    }
}
