namespace OAuthClient.Tests;

/// <summary>Tests that a request built from the cached address equals a request built from the options (RFC 6749 §4.1.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UsualAddressTests
{
    private static IEnumerable<TestCaseData<Action<OAuthClientOptions>, string>> Registrations()
    {
        yield return new(_ => { }, "https://server.example.com/authorize") { TestName = "with the required options" };
        yield return new(o => o.Scopes = ["openid", "photos.read"], "https://server.example.com/authorize") { TestName = "with a nonce" };
        yield return new(o => o.Scopes = ["photos.read"], "https://server.example.com/authorize?tenant=a%20b")
        {
            TestName = "with a query in the endpoint",
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
            TestName = "with all options, and names that resemble the replaced parameters",
        };
    }

    [TestCaseSource(nameof(Registrations))]
    [Description("RFC 6749 §4.1.1, RFC 7636 §4.3: the cached address differs in state, challenge and nonce only, each at its place")]
    public void The_cached_address_equals_the_built_one(Action<OAuthClientOptions> options, string endpoint)
    {
        var configuration = SampleConfiguration.Create(options);
        var server = SampleConfiguration.Server with { AuthorizationEndpoint = new(endpoint) };
        UsualAddress? usual = null;
        string built = WithoutValues(Begin(configuration, server, ref usual, new()));
        Assert.That(usual, Is.Null, "a request with parameters of its own is not cached");

        Assert.That(WithoutValues(Begin(configuration, server, ref usual)), Is.EqualTo(built), "first request");
        var first = usual;
        Assert.That(first, Is.Not.Null);
        Assert.That(WithoutValues(Begin(configuration, server, ref usual)), Is.EqualTo(built), "second request");
        Assert.That(usual, Is.SameAs(first), "the cached address is used again");
    }

    [Test]
    [Description("RFC 9700 §4.7.1: state, nonce and challenge of one request do not occur in another")]
    public void Values_are_new_for_each_request()
    {
        var configuration = SampleConfiguration.Create(o => o.Scopes = ["openid"]);
        UsualAddress? usual = null;
        var first = Begin(configuration, SampleConfiguration.Server, ref usual);
        var second = Begin(configuration, SampleConfiguration.Server, ref usual);

        string text = second.AuthorizationUri.AbsoluteUri;
        Assert.That(text, Does.Not.Contain(first.State).And.Not.Contain(first.Nonce).And.Not.Contain(first.CodeVerifier.Challenge()));
        Assert.That(
            (QueryPairs.Single(second.AuthorizationUri)["state"], QueryPairs.Single(second.AuthorizationUri)["nonce"]),
            Is.EqualTo((second.State, second.Nonce))
        );
    }

    [Test]
    [Description("RFC 8414 §3: a changed endpoint in refreshed metadata replaces the cached address")]
    public void A_changed_endpoint_is_used()
    {
        var configuration = SampleConfiguration.Create();
        UsualAddress? usual = null;
        Begin(configuration, SampleConfiguration.Server, ref usual);
        var moved = SampleConfiguration.Server with { AuthorizationEndpoint = new("https://server.example.com/elsewhere") };

        Assert.That(Begin(configuration, moved, ref usual).AuthorizationUri.AbsolutePath, Is.EqualTo("/elsewhere"));
        Assert.That(Begin(configuration, SampleConfiguration.Server, ref usual).AuthorizationUri.AbsolutePath, Is.EqualTo("/authorize"));
    }

    [Test]
    [Description("RFC 7591 §3.2.1: a new client identifier after a registration replaces the cached address")]
    public void A_new_client_identifier_is_used()
    {
        var configuration = SampleConfiguration.Create(o => o.DynamicRegistration = new());
        var first = configuration.WithRegisteredCredentials(new("photos", SampleConfiguration.Issuer, "first"));
        UsualAddress? usual = null;
        Begin(first, SampleConfiguration.Server, ref usual);
        var second = first.WithRegisteredCredentials(new("photos", SampleConfiguration.Issuer, "second"));

        Assert.That(
            QueryPairs.Single(Begin(second, SampleConfiguration.Server, ref usual).AuthorizationUri)["client_id"],
            Is.EqualTo("second")
        );
    }

    [Test]
    [Description("State, nonce and challenge have a constant length, so that they can be replaced in place")]
    public void Values_have_a_constant_length()
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
