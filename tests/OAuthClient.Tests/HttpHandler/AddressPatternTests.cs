namespace OAuthClient.Tests;

/// <summary>Tests the patterns that the address of a grant's API must match.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AddressPatternTests
{
    [TestCase("https://*.my.example.com", "https://acme.my.example.com", true)]
    [TestCase("https://*.my.example.com", "https://acme.sandbox.my.example.com/base", true)]
    [TestCase("https://*.my.example.com", "https://ACME.MY.EXAMPLE.COM:443/", true)]
    [TestCase("https://*.my.example.com", "https://my.example.com", false)]
    [TestCase("https://*.my.example.com", "https://.my.example.com", false)]
    [TestCase("https://*.my.example.com", "https://evilmy.example.com", false)]
    [TestCase("https://*.my.example.com", "https://acme.my.example.com.attacker.example", false)]
    [TestCase("https://*.my.example.com", "https://acme.my.example.com:8443", false)]
    [TestCase("https://*.my.example.com", "http://acme.my.example.com", false)]
    [TestCase("https://*.my.example.com", "https://acme.my.example.com@attacker.example", false)]
    [TestCase("https://*.my.example.com", "https://user@acme.my.example.com", false)]
    [TestCase("https://*.my.example.com", "https://attacker.example/.my.example.com", false)]
    [TestCase("https://*.my.example.com", "https://attacker.example#.my.example.com", false)]
    [TestCase("https://*.my.example.com", "https://attacker.example\\.my.example.com", false)]
    [TestCase("https://*.my.example.com", "https://acme.my.example.com.", false)]
    [TestCase("https://*.my.example.com", "https://acme%2emy.example.com", false)]
    [TestCase("https://*.my.example.com", "https://acme.my.example.com%2eattacker.example", false)]
    [TestCase("https://*.my.example.com", "https://acme.my%2Eexample.com", false)]
    [TestCase("https://*.my.example.com", "https://äcme.my.example.com", false)]
    [TestCase("https://*.my.example.com", "https://acme。my.example.com", false)]
    [TestCase("https://*.my.example.com", "https://attacker.example\\@acme.my.example.com", false)]
    [TestCase("https://*.my.example.com", "https://@acme.my.example.com", false)]
    [TestCase("https://*.my.example.com", " https://acme.my.example.com", false)]
    [TestCase("https://*.my.example.com", "https:\\\\acme.my.example.com", false)]
    [TestCase("https://*.my.example.com:8443", "https://acme.my.example.com:8443", true)]
    [TestCase("https://*.my.example.com:8443", "https://acme.my.example.com", false)]
    [TestCase("https://api.example.com", "https://api.example.com/v2", true)]
    [TestCase("https://api.example.com", "https://x.api.example.com", false)]
    [Description("Threat: a token that is sent to another host. Only https, whole labels, and the port of the pattern match")]
    public void An_address_matches_a_pattern(string pattern, string address, bool matches) =>
        Assert.That(
            Uri.TryCreate(address, UriKind.Absolute, out var uri) && AddressPattern.Parse(pattern, "within").Contains(uri),
            Is.EqualTo(matches)
        );

    [TestCase("https://*.com")]
    [TestCase("https://*.co.uk")]
    [TestCase("https://*.com.au")]
    [TestCase("https://*.com.")]
    [TestCase("https://*")]
    [TestCase("https://*.")]
    [TestCase("https://*.github.io")]
    [TestCase("https://*.AzureWebsites.net")]
    [TestCase("https://*.cloudapp.azure.com")]
    [TestCase("https://*.amazonaws.com.")]
    [TestCase("https://a*.example.com")]
    [TestCase("https://a.*.example.com")]
    [TestCase("https://*.*.example.com")]
    [TestCase("http://*.example.com")]
    [TestCase("https://*.example.com/path")]
    [TestCase("https://*.example.com?x")]
    [TestCase("https://*.example.com#x")]
    [TestCase("https://user@*.example.com")]
    [TestCase("https://*.10.0.0.1")]
    [TestCase("*.example.com")]
    [TestCase("x")]
    [Description("A pattern that could match hosts of another owner, or that is no origin, is refused")]
    public void A_pattern_is_validated(string pattern) =>
        Assert.That(
            () => AddressPattern.Parse(pattern, "within"),
            Throws
                .ArgumentException.With.Message.Contains(pattern)
                .And.Message.Contains("or one https origin such as https://api.example.com:8443.")
                .And.Property("ParamName")
                .EqualTo("within")
        );

    [TestCase("https://*.acme.github.io", "https://api.acme.github.io")]
    [TestCase("https://acme.azurewebsites.net", "https://acme.azurewebsites.net")]
    [Description("Below a host of one customer of a hosting provider, and for that host alone, a pattern has one operator")]
    public void A_host_of_a_hosting_provider_is_allowed(string pattern, string address) =>
        Assert.That(AddressPattern.Parse(pattern, "within").Contains(new(address)));
}
