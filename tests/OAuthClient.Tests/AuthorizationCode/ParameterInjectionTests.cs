namespace OAuthClient.Tests;

/// <summary>Nothing that a caller or a server's metadata brings changes another parameter of the request, or doubles one (RFC 6749 §3.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ParameterInjectionTests
{
    private static readonly string[] Hostile =
    [
        "/?scope=admin&state=x",
        "a&redirect_uri=https://evil.example.com",
        "a#b",
        "a=b=c",
        "1+1",
        "a b",
        "%26scope%3Dadmin",
        "%",
        "100%",
        "a\r\nSet-Cookie: b=c",
        "a\0b",
        "\u00fc\u4f60\ud83d\ude00",
        "'\"<script>",
        ";state=x",
        "a?b",
        "",
    ];

    private static readonly string[] Reserved =
    [
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "resource",
        "response_mode",
        "prompt",
        "login_hint",
        "max_age",
        "acr_values",
        "ui_locales",
        "client_secret",
        "code_verifier",
        "code",
        "access_token",
        "refresh_token",
        "grant_type",
        "iss",
        "request",
        "request_uri",
        "client_assertion",
        "client_assertion_type",
        "dpop_jkt",
    ];

    [TestCaseSource(nameof(Hostile))]
    [Description("RFC 6749 §3.1, appendix B: a value stays the value of its own parameter")]
    public void A_hostile_value_arrives_as_it_was_given_and_touches_nothing_else(string value)
    {
        var pending = Begin(
            new()
            {
                Prompt = value,
                LoginHint = value,
                AcrValues = value,
                UiLocales = value,
                Additional = new Dictionary<string, string> { ["returnUrl"] = value },
            }
        );
        var sent = QueryPairs.Single(pending.AuthorizationUri);

        Assert.That(sent, Has.Count.EqualTo(11));
        Assert.That(
            new[] { sent["prompt"], sent["login_hint"], sent["acr_values"], sent["ui_locales"], sent["returnUrl"] },
            Is.All.EqualTo(value)
        );
        Assert.That(sent["state"], Is.EqualTo(pending.State));
        Assert.That(sent["redirect_uri"], Is.EqualTo(SampleConfiguration.Callback));
        Assert.That(sent.Keys, Has.No.Member("scope"));
        Assert.That(pending.AuthorizationUri.Fragment, Is.Empty);
        Assert.That(
            pending.AuthorizationUri.AbsoluteUri,
            Does.Not.Contain("\r").And.Not.Contain("\n").And.Not.Contain(" ").And.Not.Contain("+")
        );
    }

    [TestCaseSource(nameof(Hostile))]
    [Description("RFC 6749 §3.1, appendix B: the client identifier too is only a value")]
    public void A_hostile_client_id_arrives_as_it_was_given(string clientId)
    {
        var pending = Begin(options: o => o.ClientId = clientId);

        Assert.That(QueryPairs.Single(pending.AuthorizationUri)["client_id"], Is.EqualTo(clientId));
    }

    [TestCaseSource(nameof(Hostile))]
    [Description("RFC 6749 §3.1, appendix B: not even a parameter's name can bring a second one along")]
    public void A_hostile_name_is_only_a_name(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
            return;
        var pending = Begin(Further(name, "v"));

        Assert.That(QueryPairs.Single(pending.AuthorizationUri)[name], Is.EqualTo("v"));
        Assert.That(QueryPairs.Single(pending.AuthorizationUri), Has.Count.EqualTo(7));
    }

    [TestCaseSource(nameof(Reserved))]
    [Description(
        "RFC 9700 §2.1: what protects the request, and what never belongs into a browser's address, cannot be brought in from the side"
    )]
    public void A_reserved_parameter_is_refused(string name) =>
        Assert.That(
            () => Begin(Further(name, "secret-value")),
            Throws
                .ArgumentException.With.Message.StartsWith($"'{name}' cannot be an additional authorization parameter")
                .And.Message.Not.Contains("secret-value")
        );

    [TestCase("State")]
    [TestCase("REDIRECT_URI")]
    [TestCase("Code_Challenge")]
    [Description("RFC 6749 §3.1: servers exist that read names without regard to case; to them these would stand twice")]
    public void A_reserved_parameter_is_refused_in_any_case(string name) =>
        Assert.That(() => Begin(Further(name, "v")), Throws.ArgumentException);

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("\t")]
    [Description("RFC 6749 §3.1: a parameter has a name")]
    public void A_nameless_parameter_is_refused(string name) =>
        Assert.That(() => Begin(Further(name, "v")), Throws.ArgumentException.With.Message.Contains("has no name"));

    [Test]
    [Description("RFC 6749 §3.1: a parameter without a value is left out")]
    public void A_null_value_is_left_out() =>
        Assert.That(QueryPairs.Single(Begin(Further("a", null!)).AuthorizationUri).Keys, Has.No.Member("a"));

    [TestCase(
        "https://server.example.com/authorize?tenant=a%26b&x=%2B+y",
        "https://server.example.com/authorize?tenant=a%26b&x=%2B+y&response_type=code&"
    )]
    [TestCase("https://server.example.com/authorize?flag", "https://server.example.com/authorize?flag&response_type=code&")]
    [TestCase("https://server.example.com/authorize?", "https://server.example.com/authorize?response_type=code&")]
    [TestCase("https://server.example.com/authorize", "https://server.example.com/authorize?response_type=code&")]
    [TestCase("https://server.example.com", "https://server.example.com/?response_type=code&")]
    [Description("RFC 6749 §3.1: the endpoint's own query is retained, and what is added comes behind it")]
    public void The_endpoints_own_query_is_kept(string endpoint, string start) =>
        Assert.That(Begin(endpoint: endpoint).AuthorizationUri.AbsoluteUri, Does.StartWith(start));

    [TestCaseSource(nameof(Reserved))]
    [Description("RFC 6749 §3.1: hostile metadata must not double a parameter, or set one that we did not send")]
    public void An_endpoint_whose_query_collides_is_refused(string name) =>
        Assert.That(
            () => Begin(endpoint: $"https://server.example.com/authorize?a=b&{name}=hostile"),
            Throws
                .InstanceOf<OAuthProtocolException>()
                .With.Message.Contains($"https://server.example.com/authorize has '{name}' in its own query")
                .And.Message.Contains("RFC 6749 §3.1")
                .And.Message.Not.Contains("hostile")
        );

    [TestCase("st%61te=x")]
    [TestCase("%73tate=x")]
    [TestCase("STATE=x")]
    [TestCase("a=b&state")]
    [TestCase("state&a=b")]
    [TestCase("redirect%5Furi=https://evil.example.com")]
    [Description("RFC 6749 §3.1: a collision is found whatever it is written like")]
    public void A_hidden_collision_is_found(string query) =>
        Assert.That(() => Begin(endpoint: "https://server.example.com/authorize?" + query), Throws.InstanceOf<OAuthProtocolException>());

    [TestCase("audience=https://a.example.com", "audience")]
    [TestCase("x=y&two+words=z", "two words")]
    [TestCase("Audience=a", "audience")]
    [Description("RFC 6749 §3.1: an additional parameter that the endpoint's own query has already would stand twice")]
    public void An_additional_parameter_that_the_endpoint_has_already_is_refused(string query, string name) =>
        Assert.That(
            () => Begin(Further(name, "mine"), endpoint: "https://server.example.com/authorize?" + query),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("own query")
        );

    [Test]
    [Description("RFC 6749 §3.1: an endpoint whose own query has a parameter twice is not used")]
    public void An_endpoint_that_doubles_its_own_parameter_is_refused() =>
        Assert.That(
            () => Begin(endpoint: "https://server.example.com/authorize?a=1&b=2&a=3"),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("'a'").And.Message.Contains("twice")
        );

    [Test]
    [Description("RFC 6749 §3.1: an additional parameter goes beside an endpoint's own query of other names")]
    public void An_additional_parameter_goes_beside_the_endpoints_own()
    {
        var sent = QueryPairs.Single(Begin(Further("b", "2"), endpoint: "https://server.example.com/authorize?a=1").AuthorizationUri);

        Assert.That(sent["a"], Is.EqualTo("1"));
        Assert.That(sent["b"], Is.EqualTo("2"));
    }

    private static AuthorizationParameters Further(string name, string value) =>
        new() { Additional = new Dictionary<string, string> { [name] = value } };

    private static PendingAuthorization Begin(
        AuthorizationParameters? parameters = null,
        string endpoint = "https://server.example.com/authorize",
        Action<OAuthClientOptions>? options = null
    ) =>
        SampleRequest.Begin(
            SampleConfiguration.Create(options),
            SampleConfiguration.Server with
            {
                AuthorizationEndpoint = new(endpoint),
            },
            parameters ?? new(),
            SampleConfiguration.Now
        );
}
