namespace OAuthClient.Tests;

/// <summary>A request that asks for nothing beyond its registration is copied, not written; it is the same request all the same (RFC 6749 §4.1.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UsualAddressTests
{
    private static IEnumerable<TestCaseData<Action<OAuthClientOptions>, string>> Registrations()
    {
        yield return new(_ => { }, "https://server.example.com/authorize") { TestName = "as small as can be" };
        yield return new(o => o.Scopes = ["openid", "photos.read"], "https://server.example.com/authorize") { TestName = "with a nonce" };
        yield return new(o => o.Scopes = ["photos.read"], "https://server.example.com/authorize?tenant=a%20b")
        {
            TestName = "with a query of the server's",
        };
        yield return new(
            o =>
            {
                o.ClientId = "client id/ü";
                o.Scopes = ["openid", "a", "b"];
                o.Resources = [new("https://one.example.com"), new("https://two.example.com/ü")];
                o.ResponseMode = "form_post";
                o.RedirectUri = new("https://client.example.com/callback?state=x&nonce=y&" + new string('z', 600));
            },
            "https://server.example.com/authorize?astate=1"
        )
        {
            TestName = "with all that options can add, and names that look like those replaced",
        };
    }

    [TestCaseSource(nameof(Registrations))]
    [Description(
        "RFC 6749 §4.1.1, RFC 7636 §4.3: nothing but state, challenge and nonce differs from what is written out, and each stands where it belongs"
    )]
    public void It_is_what_would_have_been_written(Action<OAuthClientOptions> options, string endpoint)
    {
        var configuration = SampleConfiguration.Create(options);
        var server = SampleConfiguration.Server with { AuthorizationEndpoint = new(endpoint) };
        UsualAddress? usual = null;
        string written = WithoutValues(Begin(configuration, server, ref usual, new()));
        Assert.That(usual, Is.Null, "what a request asks beyond the registration is no other request's");

        Assert.That(WithoutValues(Begin(configuration, server, ref usual)), Is.EqualTo(written), "the first");
        var first = usual;
        Assert.That(first, Is.Not.Null);
        Assert.That(WithoutValues(Begin(configuration, server, ref usual)), Is.EqualTo(written), "the second");
        Assert.That(usual, Is.SameAs(first), "a copy of the same");
    }

    [Test]
    [Description("RFC 9700 §4.7.1: what one browser was sent with stands in nobody else's address")]
    public void Values_are_fresh_each_time()
    {
        var configuration = SampleConfiguration.Create(o => o.Scopes = ["openid"]);
        UsualAddress? usual = null;
        var one = Begin(configuration, SampleConfiguration.Server, ref usual);
        var two = Begin(configuration, SampleConfiguration.Server, ref usual);

        string text = two.AuthorizationUri.AbsoluteUri;
        Assert.That(text, Does.Not.Contain(one.State).And.Not.Contain(one.Nonce).And.Not.Contain(one.CodeVerifier.Challenge()));
        Assert.That(
            (QueryPairs.Single(two.AuthorizationUri)["state"], QueryPairs.Single(two.AuthorizationUri)["nonce"]),
            Is.EqualTo((two.State, two.Nonce))
        );
    }

    [Test]
    [Description("RFC 8414 §3: metadata that were fetched again may name another endpoint")]
    public void An_endpoint_that_moved_is_the_one_that_counts()
    {
        var configuration = SampleConfiguration.Create();
        UsualAddress? usual = null;
        Begin(configuration, SampleConfiguration.Server, ref usual);
        var moved = SampleConfiguration.Server with { AuthorizationEndpoint = new("https://server.example.com/elsewhere") };

        Assert.That(Begin(configuration, moved, ref usual).AuthorizationUri.AbsolutePath, Is.EqualTo("/elsewhere"));
        Assert.That(Begin(configuration, SampleConfiguration.Server, ref usual).AuthorizationUri.AbsolutePath, Is.EqualTo("/authorize"));
    }

    [Test]
    [Description("RFC 7591 §3.2.1: a client that was registered anew goes by its new identifier")]
    public void A_new_client_identifier_is_the_one_that_counts()
    {
        var described = SampleConfiguration.Create(o => o.DynamicRegistration = new());
        var first = described.WithRegisteredCredentials(new("photos", SampleConfiguration.Issuer, "first"));
        UsualAddress? usual = null;
        Begin(first, SampleConfiguration.Server, ref usual);
        var second = first.WithRegisteredCredentials(new("photos", SampleConfiguration.Issuer, "second"));

        Assert.That(
            QueryPairs.Single(Begin(second, SampleConfiguration.Server, ref usual).AuthorizationUri)["client_id"],
            Is.EqualTo("second")
        );
    }

    [Test]
    [Description("What is copied over must be as long as what it replaces")]
    public void Values_are_always_as_long_as_one_another()
    {
        var (one, two, three) = SecureRandomString.CreateThree();
        Assert.That(new[] { one, two, three, SecureRandomString.Create() }, Has.All.Length.EqualTo(SecureRandomString.Length));
        Assert.That(new CodeVerifier(one).Challenge(), Has.Length.EqualTo(CodeVerifier.ChallengeLength));
    }

    private static PendingAuthorization Begin(
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        ref UsualAddress? usual,
        AuthorizationParameters? parameters = null
    ) =>
        AuthorizationRequestBuilder.Begin(
            configuration,
            server,
            parameters ?? AuthorizationParameters.None,
            SampleConfiguration.Now,
            hasOtherServers: false,
            ref usual
        );

    private static string WithoutValues(PendingAuthorization pending)
    {
        string text = pending
            .AuthorizationUri.OriginalString.Replace("state=" + pending.State, "state=(state)", StringComparison.Ordinal)
            .Replace("code_challenge=" + pending.CodeVerifier.Challenge(), "code_challenge=(challenge)", StringComparison.Ordinal);
        return pending.Nonce is null ? text : text.Replace("nonce=" + pending.Nonce, "nonce=(nonce)", StringComparison.Ordinal);
    }
}
