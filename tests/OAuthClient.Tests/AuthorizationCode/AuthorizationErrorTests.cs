namespace OAuthClient.Tests;

/// <summary>Tests authorization error responses (RFC 6749 §4.1.2.1) and the sanitization of their text.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AuthorizationErrorTests
{
    [TestCase("access_denied", true)]
    [TestCase("Access_Denied", false)]
    [TestCase("server_error", false)]
    [TestCase("login_required", false)]
    [Description("RFC 6749 §4.1.2.1: only access_denied means that the resource owner refused")]
    public void Access_denied_is_recognized(string error, bool denied)
    {
        var refusal = Refusal(("error", error));

        Assert.That(refusal.Error, Is.EqualTo(error));
        Assert.That(refusal.IsAccessDenied, Is.EqualTo(denied));
        Assert.That(refusal.ErrorDescription, Is.Null);
        Assert.That(refusal.ErrorUri, Is.Null);
        Assert.That(
            refusal.Message,
            Does.StartWith($"The authorization server refused the authorization request: {error}").And.EndsWith(".")
        );
    }

    [TestCase("invalid_token", "invalid_token")]
    [TestCase("token_expired", "token_expired")]
    [TestCase("user_cancelled_login", "access_denied")]
    [Description("RFC 6749 §4.1.2.1: a code that concerns the refresh token in a token response keeps its meaning in a callback")]
    public void A_callback_has_the_codes_of_the_authorization_endpoint(string error, string standard) =>
        Assert.That(Refusal(("error", error)).StandardError, Is.EqualTo(standard));

    [Test]
    [Description("RFC 6749 §4.1.2.1: error, error_description and error_uri have separate properties")]
    public void The_error_parameters_are_separate()
    {
        var refusal = Refusal(
            ("error", "invalid_scope"),
            ("error_description", "No such scope."),
            ("error_uri", "https://server.example.com/why")
        );

        Assert.That(refusal.Error, Is.EqualTo("invalid_scope"));
        Assert.That(refusal.ErrorDescription, Is.EqualTo("No such scope."));
        Assert.That(refusal.ErrorUri, Is.EqualTo("https://server.example.com/why"));
        Assert.That(
            refusal.Message,
            Is.EqualTo(
                "The authorization server refused the authorization request: invalid_scope (\"No such scope.\"): "
                    + "check Scopes against the scopes that the server allows for this client."
            )
        );
    }

    [TestCase("error")]
    [TestCase("error_description")]
    [TestCase("error_uri")]
    [Description("RFC 6749 §10.14: control characters, quotes, non-ASCII characters and long values are sanitized")]
    public void Hostile_parameters_are_sanitized(string parameter)
    {
        string hostile = "a\r\nINFO forged \u001b[2J\"\u202e\u0000\u00fc" + new string('x', 10_000);
        var refusal = Refusal(
            [("error", "e"), .. parameter == "error" ? [] : new[] { (parameter, hostile) }],
            parameter == "error" ? hostile : "e"
        );
        string printed = parameter switch
        {
            "error" => refusal.Error,
            "error_description" => refusal.ErrorDescription!,
            _ => refusal.ErrorUri!,
        };

        Assert.That(printed, Does.StartWith("a??INFO forged ?[2J????xxx"));
        Assert.That(printed, Has.Length.EqualTo(256).And.EndsWith("x~"));
        Assert.That(refusal.ToString().Where(char.IsControl).Except("\r\n"), Is.Empty);
        Assert.That(refusal.Message, Does.Not.Contain("\r").And.Not.Contain("\n"));
    }

    [TestCase("")]
    [TestCase("   ")]
    [Description("RFC 6749 §4.1.2.1: an empty error parameter is an error")]
    public void An_empty_error_is_an_error(string error) => Assert.That(Refusal(("error", error)).Error, Is.EqualTo("unnamed error"));

    private static AuthorizationResponseException Refusal(params (string Name, string Value)[] parameters) =>
        Refusal(parameters, error: null);

    private static AuthorizationResponseException Refusal((string Name, string Value)[] parameters, string? error)
    {
        var sent = parameters.Select(item => item.Name == "error" && error is not null ? (item.Name, error) : item);
        var response = SampleAuthorization.Response([("state", SampleAuthorization.State), .. sent]);
        return Assert.Throws<AuthorizationResponseException>(() =>
            ValidatedAuthorizationResponse.Validate(SampleAuthorization.Pending(), response)
        )!;
    }
}
