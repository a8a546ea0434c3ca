namespace OAuthClient.Tests;

/// <summary>
/// Tests that no value from a caller or from server metadata changes or repeats another parameter of the request (RFC 6749 §3.1).
/// </summary>
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
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "jti",
    ];

    [TestCaseSource(nameof(Hostile))]
    [Description("RFC 6749 §3.1, appendix B: a value is encoded and affects its own parameter only")]
    public void A_hostile_value_is_encoded_and_affects_its_own_parameter_only(string value)
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
    [Description("RFC 6749 §3.1, appendix B: the client identifier is encoded")]
    public void A_hostile_client_id_is_encoded(string clientId)
    {
        var pending = Begin(options: o => o.ClientId = clientId);

        Assert.That(QueryPairs.Single(pending.AuthorizationUri)["client_id"], Is.EqualTo(clientId));
    }

    [TestCaseSource(nameof(Hostile))]
    [Description("RFC 6749 §3.1, appendix B: a parameter name is encoded and adds no second parameter")]
    public void A_hostile_name_is_encoded(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
            return;
        var pending = Begin(Additional(name, "v"));

        Assert.That(QueryPairs.Single(pending.AuthorizationUri)[name], Is.EqualTo("v"));
        Assert.That(QueryPairs.Single(pending.AuthorizationUri), Has.Count.EqualTo(7));
    }

    [TestCaseSource(nameof(Reserved))]
    [Description("RFC 9700 §2.1: parameters that protect the request or must not appear in an address cannot be additional parameters")]
    public void A_reserved_parameter_is_rejected(string name) =>
        Assert.That(
            () => Begin(Additional(name, "secret-value")),
            Throws
                .ArgumentException.With.Message.StartsWith($"'{name}' cannot be an additional authorization parameter")
                .And.Message.Not.Contains("secret-value")
        );

    [TestCase("State")]
    [TestCase("REDIRECT_URI")]
    [TestCase("Code_Challenge")]
    [Description("RFC 6749 §3.1: reserved names are rejected in any case, because some servers ignore the case")]
    public void A_reserved_parameter_is_rejected_in_any_case(string name) =>
        Assert.That(() => Begin(Additional(name, "v")), Throws.ArgumentException);

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("\t")]
    [Description("RFC 6749 §3.1: a parameter name must not be empty")]
    public void A_parameter_without_a_name_is_rejected(string name) =>
        Assert.That(() => Begin(Additional(name, "v")), Throws.ArgumentException.With.Message.Contains("has no name"));

    [Test]
    [Description("RFC 6749 §3.1: a parameter without a value is omitted")]
    public void A_null_value_is_omitted() =>
        Assert.That(QueryPairs.Single(Begin(Additional("a", null!)).AuthorizationUri).Keys, Has.No.Member("a"));

    [TestCase(
        "https://server.example.com/authorize?tenant=a%26b&x=%2B+y",
        "https://server.example.com/authorize?tenant=a%26b&x=%2B+y&response_type=code&"
    )]
    [TestCase("https://server.example.com/authorize?flag", "https://server.example.com/authorize?flag&response_type=code&")]
    [TestCase("https://server.example.com/authorize?", "https://server.example.com/authorize?response_type=code&")]
    [TestCase("https://server.example.com/authorize", "https://server.example.com/authorize?response_type=code&")]
    [TestCase("https://server.example.com", "https://server.example.com/?response_type=code&")]
    [Description("RFC 6749 §3.1: the query of the endpoint is retained, and the parameters are added to it")]
    public void The_endpoints_own_query_is_kept(string endpoint, string start) =>
        Assert.That(Begin(endpoint: endpoint).AuthorizationUri.AbsoluteUri, Does.StartWith(start));

    [TestCaseSource(nameof(Reserved))]
    [Description("RFC 6749 §3.1: a query in the metadata must not repeat a parameter or set one that the client does not send")]
    public void An_endpoint_whose_query_collides_is_rejected(string name) =>
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
    [Description("RFC 6749 §3.1: an encoded parameter name or one in another case collides too")]
    public void A_collision_is_found_in_any_encoding(string query) =>
        Assert.That(() => Begin(endpoint: "https://server.example.com/authorize?" + query), Throws.InstanceOf<OAuthProtocolException>());

    [TestCase("audience=https://a.example.com", "audience")]
    [TestCase("x=y&two+words=z", "two words")]
    [TestCase("Audience=a", "audience")]
    [Description("RFC 6749 §3.1: an additional parameter that repeats one in the query of the endpoint is rejected")]
    public void An_additional_parameter_that_repeats_one_of_the_endpoint_is_rejected(string query, string name) =>
        Assert.That(
            () => Begin(Additional(name, "value"), endpoint: "https://server.example.com/authorize?" + query),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("own query")
        );

    [Test]
    [Description("RFC 6749 §3.1: an endpoint whose query repeats a parameter is rejected")]
    public void An_endpoint_that_repeats_its_own_parameter_is_rejected() =>
        Assert.That(
            () => Begin(endpoint: "https://server.example.com/authorize?a=1&b=2&a=3"),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("'a'").And.Message.Contains("twice")
        );

    [Test]
    [Description("RFC 6749 §3.1: an additional parameter is added to the query of the endpoint")]
    public void An_additional_parameter_is_added_to_the_query_of_the_endpoint()
    {
        var sent = QueryPairs.Single(Begin(Additional("b", "2"), endpoint: "https://server.example.com/authorize?a=1").AuthorizationUri);

        Assert.That(sent["a"], Is.EqualTo("1"));
        Assert.That(sent["b"], Is.EqualTo("2"));
    }

    private static AuthorizationParameters Additional(string name, string value) =>
        new() { Additional = new Dictionary<string, string> { [name] = value } };

    private static PendingAuthorization Begin(
        AuthorizationParameters? parameters = null,
        string endpoint = "https://server.example.com/authorize",
        Action<OAuthClientOptions>? options = null
    ) =>
        SampleRequest.Begin(
            SampleConfiguration.Create(options),
            SampleConfiguration.Server.With(ServerEndpoint.Authorization, new(endpoint)),
            parameters ?? new(),
            SampleConfiguration.Now
        );
}
