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

    [TestCase("https://accounts.example.com/authorize?a=$(calc)&b=`id`")]
    [TestCase("http://127.0.0.1:5000/authorize")]
    public void Addresses_of_the_web_are_accepted(string address) =>
        Assert.That(AuthorizationAddress.Checked(new(address)).OriginalString, Is.EqualTo(address));
}
