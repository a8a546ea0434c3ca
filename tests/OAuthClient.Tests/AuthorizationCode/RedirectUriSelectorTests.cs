namespace OAuthClient.Tests;

/// <summary>Tests which redirect URI an authorization may use (RFC 6749 §3.1.2.3, RFC 8252 §7.3).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RedirectUriSelectorTests
{
    [TestCase("https://client.example.com/callback", null, "https://client.example.com/callback")]
    [TestCase("https://client.example.com/callback", "https://client.example.com/callback", "https://client.example.com/callback")]
    [TestCase("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback", "http://127.0.0.1:51004/callback")]
    [TestCase("http://[::1]:5000/callback", "http://[::1]:51004/callback", "http://[::1]:51004/callback")]
    [Description("RFC 8252 §7.3: any port of a loopback literal counts as equal; another redirect URI must be identical")]
    public void The_redirect_URI_of_the_client_is_selected(string configured, string? requested, string expected) =>
        Assert.That(Select(configured, requested), Is.EqualTo(expected));

    [TestCase("https://client.example.com/callback", "https://client.example.com/other")]
    [TestCase("https://client.example.com/callback", "https://client.example.com:8443/callback")]
    [TestCase("https://client.example.com/callback", "https://attacker.example.com/callback")]
    [TestCase("http://127.0.0.1/callback", "http://127.0.0.1:51004/other")]
    [TestCase("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback?x=1")]
    [TestCase("http://127.0.0.1/callback", "http://127.0.0.1:51004/callback#x")]
    [TestCase("http://127.0.0.1/callback", "http://user@127.0.0.1:51004/callback")]
    [TestCase("http://127.0.0.1/callback", "https://127.0.0.1:51004/callback")]
    [TestCase("http://127.0.0.1/callback", "http://127.0.0.2:51004/callback")]
    [TestCase("http://127.0.0.1/callback", "http://[::1]:51004/callback")]
    [TestCase("http://localhost/callback", "http://localhost:51004/callback")]
    [TestCase("http://10.0.0.1/callback", "http://10.0.0.1:51004/callback")]
    [TestCase("http://127.0.0.1/callback", "/callback")]
    [Description("RFC 6749 §10.15: an authorization is not sent to a redirect URI that the client does not have")]
    public void Another_redirect_URI_is_refused(string configured, string requested) =>
        Assert.That(() => Select(configured, requested), Throws.ArgumentException.With.Message.Contains("RedirectUri"));

    [Test]
    [Description("RFC 6749 §4.1.3: the token request repeats the redirect URI of the authorization request")]
    public void The_selected_redirect_URI_is_sent_and_kept()
    {
        var pending = SampleRequest.Begin(
            o => o.RedirectUri = new("http://127.0.0.1/callback"),
            new() { RedirectUri = new("http://127.0.0.1:51004/callback") }
        );

        Assert.That(QueryPairs.Single(pending.AuthorizationUri)["redirect_uri"], Is.EqualTo("http://127.0.0.1:51004/callback"));
        Assert.That(pending.RedirectUri, Is.EqualTo("http://127.0.0.1:51004/callback"));
    }

    private static string Select(string configured, string? requested) =>
        RedirectUriSelector.Select(
            SampleConfiguration.Create(o => o.RedirectUri = new(configured)),
            requested is null ? null : new Uri(requested, UriKind.RelativeOrAbsolute)
        );
}
