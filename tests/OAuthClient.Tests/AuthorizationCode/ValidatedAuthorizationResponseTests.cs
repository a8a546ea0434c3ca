using NUnit.Framework.Constraints;

namespace OAuthClient.Tests;

/// <summary>Tests the validation of an authorization response before its code is redeemed (RFC 9700 §4.4, §4.7; RFC 9207 §2.4).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ValidatedAuthorizationResponseTests
{
    private const string OtherIssuer = "https://evil.example.com";

    [Test]
    [Description("RFC 6749 §4.1.2: a valid response is accepted")]
    public void A_valid_response_is_accepted()
    {
        var pending = SampleAuthorization.Pending(requiresIssuer: true);
        var response = AuthorizationResponse.Parse(
            $"{SampleConfiguration.Callback}?code=the-code&state={SampleAuthorization.State}&iss={SampleConfiguration.Issuer}"
        );

        Assert.That(() => ValidateCorrelation(pending, response), Throws.Nothing);
        var validated = ValidatedAuthorizationResponse.Validate(pending, response);
        Assert.That(validated.Code.Reveal(), Is.EqualTo("the-code"));
        Assert.That(validated.Pending, Is.SameAs(pending));
    }

    [Test]
    [Description("RFC 6749 §10.12: a response without state is rejected")]
    public void A_missing_state_is_rejected() =>
        Assert.That(
            () => ValidateCorrelation(SampleAuthorization.Pending(), SampleAuthorization.Response(("code", "the-code"))),
            Rejection("no state", "RFC 6749 §10.12")
        );

    [TestCase("")]
    [TestCase("x")]
    [TestCase("state-state-state-state-state-state-state-1")]
    [TestCase("tate-state-state-state-state-state-state-0")]
    [TestCase("state-state-state-state-state-state-state-00")]
    [TestCase("STATE-state-state-state-state-state-state-0")]
    [TestCase("state-state-state-state-state-state-state-0\0")]
    [Description("RFC 6749 §10.12: the state must be equal, including its length and case")]
    public void A_wrong_state_is_rejected(string state) =>
        Assert.That(
            () => ValidateCorrelation(SampleAuthorization.Pending(), SampleAuthorization.Response(("code", "the-code"), ("state", state))),
            Rejection("state is not that of", "RFC 6749 §10.12")
        );

    [Test]
    [Description("RFC 9700 §4.7: a response is accepted until just before the pending authorization expires")]
    public void A_response_is_rejected_from_the_expiry_on()
    {
        var pending = SampleAuthorization.Pending();
        var response = Response();

        Assert.That(() => ValidateCorrelation(pending, response, now: pending.ExpiresAt - TimeSpan.FromTicks(1)), Throws.Nothing);
        Assert.That(() => ValidateCorrelation(pending, response, now: pending.ExpiresAt), Rejection("had expired"));
        Assert.That(() => ValidateCorrelation(pending, response, now: pending.ExpiresAt + TimeSpan.FromTicks(1)), Rejection("had expired"));
    }

    [TestCase("other", "the OAuth client 'other'")]
    [TestCase("Photos", "the OAuth client 'Photos'")]
    [TestCase("", "the OAuth client;")]
    [Description("RFC 9700 §4.4: a client cannot complete the authorization of another client")]
    public void A_response_to_another_client_is_rejected(string clientName, string displayName) =>
        Assert.That(
            () => ValidateCorrelation(SampleAuthorization.Pending(), Response(), clientName: clientName),
            Rejection("begun by the OAuth client 'photos'", $"arrived at {displayName}", "RFC 9700 §4.4")
        );

    [TestCase("https://other.example.com")]
    [TestCase("https://server.example.com/")]
    [TestCase("https://SERVER.example.com")]
    [Description("RFC 9700 §4.4: the code is redeemed only at the server that the browser was sent to")]
    public void A_client_that_changed_its_server_rejects_the_response(string server) =>
        Assert.That(
            () => ValidateCorrelation(SampleAuthorization.Pending(), Response(), server: server),
            Rejection("moved to another authorization server", "RFC 9700 §4.4")
        );

    [TestCase(OtherIssuer)]
    [TestCase("https://server.example.com/")]
    [TestCase("https://Server.example.com")]
    [TestCase("https://server.example.com:443")]
    [TestCase("http://server.example.com")]
    [TestCase("")]
    [Description("RFC 9207 §2.4: iss is compared as a string, whether or not the server advertises it")]
    public void Another_iss_is_rejected(string issuer)
    {
        foreach (bool advertised in new[] { true, false })
        {
            Assert.That(
                () =>
                    ValidatedAuthorizationResponse.Validate(
                        SampleAuthorization.Pending(requiresIssuer: advertised),
                        Response(("code", "the-code"), ("iss", issuer))
                    ),
                Rejection($"comes from '{issuer}'", $"sent to '{SampleConfiguration.Issuer}'", "RFC 9207 §2.4", "not redeemed")
            );
        }
    }

    [Test]
    [Description("RFC 9207 §2.4: a response without iss is rejected when the server advertises iss")]
    public void A_missing_advertised_iss_is_rejected() =>
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(SampleAuthorization.Pending(requiresIssuer: true), Response(("code", "the-code"))),
            Rejection("no iss", SampleConfiguration.Issuer, "RFC 9207 §2.4")
        );

    [Test]
    [Description("RFC 9207 §2.4: without advertised support, iss may be absent, or present and equal")]
    public void An_unadvertised_iss_may_be_absent_or_equal()
    {
        var pending = SampleAuthorization.Pending(requiresIssuer: false);

        Assert.That(ValidatedAuthorizationResponse.Validate(pending, Response(("code", "the-code"))).Code.Reveal(), Is.EqualTo("the-code"));
        Assert.That(
            ValidatedAuthorizationResponse
                .Validate(pending, Response(("code", "the-code"), ("iss", SampleConfiguration.Issuer)))
                .Code.Reveal(),
            Is.EqualTo("the-code")
        );
    }

    [Test]
    [Description("RFC 9207 §2.4: iss is not compared when the issuer of the server is unknown")]
    public void An_iss_is_not_compared_with_an_unknown_issuer() =>
        Assert.That(
            ValidatedAuthorizationResponse
                .Validate(SampleAuthorization.Pending(issuer: null), Response(("code", "the-code"), ("iss", OtherIssuer)))
                .Code.Reveal(),
            Is.EqualTo("the-code")
        );

    [Test]
    [Description("RFC 9207 §2.4: iss is validated before an error is reported")]
    public void Iss_is_validated_before_the_error()
    {
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(),
                    Response(("error", "access_denied"), ("iss", OtherIssuer))
                ),
            Rejection("comes from")
        );
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(requiresIssuer: true),
                    Response(("error", "access_denied"))
                ),
            Rejection("no iss")
        );
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(requiresIssuer: true),
                    Response(("error", "access_denied"), ("iss", SampleConfiguration.Issuer))
                ),
            Throws.InstanceOf<AuthorizationResponseException>()
        );
    }

    [Test]
    [Description("RFC 9207 §2.4, RFC 6749 §10.14: a hostile iss is truncated and stripped of control characters in the message")]
    public void A_hostile_iss_is_sanitized()
    {
        var rejection = Assert.Throws<OAuthProtocolException>(() =>
            ValidatedAuthorizationResponse.Validate(
                SampleAuthorization.Pending(),
                Response(("code", "the-code"), ("iss", "a\r\nb\u001b[31m" + new string('x', 10_000)))
            )
        );

        Assert.That(rejection!.Message, Does.Contain("'a??b?[31mxxx").And.Not.Contain("\r").And.Not.Contain("\n"));
        Assert.That(rejection.Message, Has.Length.LessThan(600));
    }

    [Test]
    [Description("RFC 6749 §4.1.2, §4.1.2.1: a response has either a code or an error")]
    public void Both_or_neither_of_code_and_error_is_rejected()
    {
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(),
                    Response(("code", "the-code"), ("error", "access_denied"))
                ),
            Rejection("both a code and an error")
        );
        Assert.That(
            () => ValidatedAuthorizationResponse.Validate(SampleAuthorization.Pending(), Response(("code", "the-code"), ("error", ""))),
            Rejection("both a code and an error")
        );
        Assert.That(
            () => ValidatedAuthorizationResponse.Validate(SampleAuthorization.Pending(), Response()),
            Rejection("neither a code nor an error")
        );
        Assert.That(
            () => ValidatedAuthorizationResponse.Validate(SampleAuthorization.Pending(), Response(("code", ""))),
            Rejection("neither a code nor an error")
        );
    }

    private static void ValidateCorrelation(
        PendingAuthorization pending,
        AuthorizationResponse response,
        string clientName = "photos",
        string server = SampleConfiguration.Issuer,
        DateTimeOffset? now = null
    ) => ValidatedAuthorizationResponse.ValidateCorrelation(pending, response, clientName, server, now ?? SampleConfiguration.Now);

    internal static AuthorizationResponse Response(params (string Name, string Value)[] parameters) =>
        SampleAuthorization.Response([("state", SampleAuthorization.State), .. parameters]);

    internal static Constraint Rejection(params string[] fragments)
    {
        Constraint rejection = Throws
            .InstanceOf<OAuthProtocolException>()
            .With.Message.Not.Contains("the-code")
            .And.Message.Not.Contains(SampleAuthorization.State);
        foreach (string fragment in fragments)
            rejection = rejection.And.Message.Contains(fragment);
        return rejection;
    }
}
