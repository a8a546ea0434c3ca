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

    [Test]
    [Description("RFC 6749 §3.1.2.3: one of several redirect URIs is chosen for one authorization; without a choice the first is used")]
    public void One_of_several_redirect_URIs_is_selected()
    {
        static void Two(OAuthClientOptions o)
        {
            o.RedirectUri = new("https://one.example.com/callback");
            o.RedirectUris =
            [
                new("https://two.example.com/back"),
                new("http://127.0.0.1/callback"),
                new("https://one.example.com/callback"),
            ];
        }

        string Selected(string? requested) =>
            RedirectUriSelector.Select(SampleConfiguration.Create(Two), requested is null ? null : new Uri(requested));

        Assert.That(Selected(null), Is.EqualTo("https://one.example.com/callback"));
        Assert.That(Selected("https://two.example.com/back"), Is.EqualTo("https://two.example.com/back"));
        Assert.That(Selected("http://127.0.0.1:51004/callback"), Is.EqualTo("http://127.0.0.1:51004/callback"));
        Assert.That(
            () => Selected("https://two.example.com/callback"),
            Throws.ArgumentException.With.Message.Contains("https://one.example.com/callback, https://two.example.com/back")
        );
        Assert.That(
            RedirectUriSelector.Select(
                SampleConfiguration.Create(o => (o.RedirectUri, o.RedirectUris) = (null, [new("https://two.example.com/back")])),
                null
            ),
            Is.EqualTo("https://two.example.com/back"),
            "without RedirectUri the first of the list is the default"
        );
    }

    [TestCase("http://two.example.com/callback", "must use https")]
    [TestCase("https://two.example.com/callback#x", "must have no fragment")]
    [TestCase("/callback", "must be an absolute address")]
    [Description("RFC 6749 §3.1.2: each of several redirect URIs is validated at start")]
    public void Each_redirect_URI_is_validated(string redirectUri, string message) =>
        Assert.That(
            OAuthClientOptionsValidatorTests.Failures(o => o.RedirectUris = [new(redirectUri, UriKind.RelativeOrAbsolute)]),
            Has.One.Contains($"RedirectUris holds '{redirectUri}', which {message}")
        );

    [Test]
    [Description("RFC 9700 §4.4: a callback at the path of another redirect URI than the one that was used is rejected")]
    public async Task The_callback_is_validated_against_the_one_that_was_used()
    {
        await using ScriptedServer server = new(o => o.RedirectUris = [new("https://two.example/back")]);
        var pending = await server.Client.BeginAuthorizationAsync(new() { RedirectUri = new("https://two.example/back") });
        string state = QueryPairs.Single(pending.AuthorizationUri)["state"];
        server.Answers(ScriptedServer.Tokens("one"));

        Assert.That(
            () => Complete("https://app.example/callback"),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("'/back'")
        );
        pending = await server.Client.BeginAuthorizationAsync(new() { RedirectUri = new("https://two.example/back") });
        state = QueryPairs.Single(pending.AuthorizationUri)["state"];
        await Complete("https://two.example/back");
        Assert.That(server.Only["redirect_uri"], Is.EqualTo("https://two.example/back"));

        Task<Grant> Complete(string address) =>
            server.Client.CompleteAuthorizationAsync(
                pending,
                AuthorizationResponse.Parse(new Uri($"{address}?code=c&state={state}")),
                GrantOwner.User("42")
            );
    }

    private static string Select(string configured, string? requested) =>
        RedirectUriSelector.Select(
            SampleConfiguration.Create(o => o.RedirectUri = new(configured)),
            requested is null ? null : new Uri(requested, UriKind.RelativeOrAbsolute)
        );
}
