using NUnit.Framework.Constraints;

namespace OAuthClient.Tests;

/// <summary>What a callback is held against before its code may be redeemed (RFC 9700 §4.4, §4.7; RFC 9207 §2.4).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ValidatedAuthorizationResponseTests
{
    private const string OtherIssuer = "https://evil.example.com";

    [Test]
    [Description("RFC 6749 §4.1.2: the callback that answers")]
    public void A_good_callback_passes_with_its_own_code_and_pending_authorization()
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
    [Description("RFC 6749 §10.12: no state, no answer")]
    public void A_missing_state_is_refused() =>
        Assert.That(
            () => ValidateCorrelation(SampleAuthorization.Pending(), SampleAuthorization.Response(("code", "the-code"))),
            Refusal("no state", "RFC 6749 §10.12")
        );

    [TestCase("")]
    [TestCase("x")]
    [TestCase("state-state-state-state-state-state-state-1")]
    [TestCase("tate-state-state-state-state-state-state-0")]
    [TestCase("state-state-state-state-state-state-state-00")]
    [TestCase("STATE-state-state-state-state-state-state-0")]
    [TestCase("state-state-state-state-state-state-state-0\0")]
    [Description("RFC 6749 §10.12: another state, one of another length, one of another case")]
    public void A_wrong_state_is_refused(string state) =>
        Assert.That(
            () => ValidateCorrelation(SampleAuthorization.Pending(), SampleAuthorization.Response(("code", "the-code"), ("state", state))),
            Refusal("state is not that of", "RFC 6749 §10.12")
        );

    [Test]
    [Description("RFC 9700 §4.7: a transaction has an end, and the end is not part of it")]
    public void The_callback_counts_until_just_before_the_end()
    {
        var pending = SampleAuthorization.Pending();
        var response = Answer();

        Assert.That(() => ValidateCorrelation(pending, response, now: pending.ExpiresAt - TimeSpan.FromTicks(1)), Throws.Nothing);
        Assert.That(() => ValidateCorrelation(pending, response, now: pending.ExpiresAt), Refusal("had expired"));
        Assert.That(() => ValidateCorrelation(pending, response, now: pending.ExpiresAt + TimeSpan.FromTicks(1)), Refusal("had expired"));
    }

    [TestCase("other")]
    [TestCase("Photos")]
    [TestCase("")]
    [Description("RFC 9700 §4.4: what one registration began another must not complete")]
    public void Another_clients_callback_is_refused(string clientName) =>
        Assert.That(
            () => ValidateCorrelation(SampleAuthorization.Pending(), Answer(), clientName: clientName),
            Refusal("begun by the OAuth client 'photos'", $"arrived at '{clientName}'", "RFC 9700 §4.4")
        );

    [TestCase("https://other.example.com")]
    [TestCase("https://server.example.com/")]
    [TestCase("https://SERVER.example.com")]
    [Description("RFC 9700 §4.4: the code is redeemed at the server the browser was sent to, or nowhere")]
    public void A_registration_that_moved_to_another_server_is_refused(string server) =>
        Assert.That(
            () => ValidateCorrelation(SampleAuthorization.Pending(), Answer(), server: server),
            Refusal("moved to another authorization server", "RFC 9700 §4.4")
        );

    [TestCase(OtherIssuer)]
    [TestCase("https://server.example.com/")]
    [TestCase("https://Server.example.com")]
    [TestCase("https://server.example.com:443")]
    [TestCase("http://server.example.com")]
    [TestCase("")]
    [Description("RFC 9207 §2.4: compared as strings, whether iss was advertised or not")]
    public void Another_iss_is_refused(string issuer)
    {
        foreach (bool advertised in new[] { true, false })
        {
            Assert.That(
                () =>
                    ValidatedAuthorizationResponse.Validate(
                        SampleAuthorization.Pending(requiresIssuer: advertised),
                        Answer(("code", "the-code"), ("iss", issuer))
                    ),
                Refusal($"comes from '{issuer}'", $"sent to '{SampleConfiguration.Issuer}'", "RFC 9207 §2.4", "not redeemed")
            );
        }
    }

    [Test]
    [Description("RFC 9207 §2.4: a server that says it always sends iss has not sent a callback without it")]
    public void A_missing_iss_is_refused_when_it_was_advertised() =>
        Assert.That(
            () => ValidatedAuthorizationResponse.Validate(SampleAuthorization.Pending(requiresIssuer: true), Answer(("code", "the-code"))),
            Refusal("no iss", SampleConfiguration.Issuer, "RFC 9207 §2.4")
        );

    [Test]
    [Description("RFC 9207 §2.4: what was not advertised may be absent, and may be there when it is right")]
    public void An_iss_that_was_not_advertised_may_be_absent_or_right()
    {
        var pending = SampleAuthorization.Pending(requiresIssuer: false);

        Assert.That(ValidatedAuthorizationResponse.Validate(pending, Answer(("code", "the-code"))).Code.Reveal(), Is.EqualTo("the-code"));
        Assert.That(
            ValidatedAuthorizationResponse
                .Validate(pending, Answer(("code", "the-code"), ("iss", SampleConfiguration.Issuer)))
                .Code.Reveal(),
            Is.EqualTo("the-code")
        );
    }

    [Test]
    [Description("RFC 9207 §2.4: where no issuer is known there is nothing to compare with")]
    public void An_iss_of_a_server_whose_issuer_is_not_known_is_not_compared() =>
        Assert.That(
            ValidatedAuthorizationResponse
                .Validate(SampleAuthorization.Pending(issuer: null), Answer(("code", "the-code"), ("iss", OtherIssuer)))
                .Code.Reveal(),
            Is.EqualTo("the-code")
        );

    [Test]
    [Description("RFC 9207 §2.4: an error is believed only from the server that was asked")]
    public void Iss_comes_before_the_error()
    {
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(),
                    Answer(("error", "access_denied"), ("iss", OtherIssuer))
                ),
            Refusal("comes from")
        );
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(requiresIssuer: true),
                    Answer(("error", "access_denied"))
                ),
            Refusal("no iss")
        );
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(requiresIssuer: true),
                    Answer(("error", "access_denied"), ("iss", SampleConfiguration.Issuer))
                ),
            Throws.InstanceOf<AuthorizationResponseException>()
        );
    }

    [Test]
    [Description("RFC 9207 §2.4, RFC 6749 §10.14: an attacker's iss is printed cut and without control characters")]
    public void A_hostile_iss_is_made_printable()
    {
        var refusal = Assert.Throws<OAuthProtocolException>(() =>
            ValidatedAuthorizationResponse.Validate(
                SampleAuthorization.Pending(),
                Answer(("code", "the-code"), ("iss", "a\r\nb\u001b[31m" + new string('x', 10_000)))
            )
        );

        Assert.That(refusal!.Message, Does.Contain("'a??b?[31mxxx").And.Not.Contain("\r").And.Not.Contain("\n"));
        Assert.That(refusal.Message, Has.Length.LessThan(600));
    }

    [TestCase("https://client.example.com/other?", false)]
    [TestCase("https://client.example.com/callback/?", false)]
    [TestCase("https://client.example.com/Callback?", false)]
    [TestCase("https://client.example.com/?", false)]
    [TestCase("https://client.example.com/callback?", true)]
    [TestCase("http://127.0.0.1:5000/callback?", true)]
    [TestCase("?", true)]
    [Description(
        "RFC 9700 §4.4.2.2: an answer at another registration's path is not ours; scheme and host are those behind a proxy, and a bare query has no path"
    )]
    public void The_path_is_that_of_the_redirect_uri(string start, bool accepted)
    {
        var response = AuthorizationResponse.Parse($"{start}code=the-code&state={SampleAuthorization.State}");
        void Validate() => ValidatedAuthorizationResponse.Validate(SampleAuthorization.Pending(), response);

        if (accepted)
            Assert.That(Validate, Throws.Nothing);
        else
            Assert.That(Validate, Refusal("another path", "RFC 9700 §4.4"));
    }

    [Test]
    [Description(
        "RFC 9700 §4.4.2.2: where the path is all that tells servers apart, a callback without one is nobody's, and its error is not believed"
    )]
    public void A_callback_without_a_path_is_refused_where_the_path_must_tell()
    {
        var pending = SampleAuthorization.Pending(requiresPath: true);
        KeyValuePair<string, string>[] form = [new("code", "the-code"), new("state", SampleAuthorization.State)];

        Assert.That(
            () => ValidatedAuthorizationResponse.Validate(pending, Answer(("code", "the-code"))),
            Refusal("does not promise to name itself", "RFC 9700 §4.4", "whole address")
        );
        Assert.That(() => ValidatedAuthorizationResponse.Validate(pending, Answer(("error", "access_denied"))), Refusal("whole address"));
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(pending, AuthorizationResponse.Parse(form, new Uri("/callback", UriKind.Relative))),
            Refusal("whole address")
        );
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    pending,
                    AuthorizationResponse.Parse(form, new Uri("https://client.example.com/other"))
                ),
            Refusal("another path")
        );
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(pending, AuthorizationResponse.Parse(form, new Uri(SampleConfiguration.Callback))),
            Throws.Nothing
        );
    }

    [Test]
    [Description("RFC 9700 §4.4.2.2: an error at another registration's path is not believed either")]
    public void The_path_comes_before_the_error() =>
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(),
                    AuthorizationResponse.Parse($"https://client.example.com/other?error=access_denied&state={SampleAuthorization.State}")
                ),
            Refusal("another path")
        );

    [TestCase("com.example.app:/oauth2redirect", "com.example.app:/oauth2redirect?code=c")]
    [TestCase("https://client.example.com", "https://client.example.com/?code=c")]
    [TestCase("https://client.example.com/a%20b?x=1", "https://client.example.com/a b?x=1&code=c")]
    [Description("RFC 8252 §7.1, RFC 6749 §3.1.2: private schemes, no path, a query of its own")]
    public void The_path_of_any_redirect_uri_is_known_again(string redirectUri, string callback) =>
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(redirectUri: redirectUri),
                    AuthorizationResponse.Parse(new Uri(callback))
                ),
            Throws.Nothing
        );

    [Test]
    [Description("RFC 6749 §4.1.2, §4.1.2.1: either a code or an error")]
    public void Both_or_neither_of_code_and_error_is_refused()
    {
        Assert.That(
            () =>
                ValidatedAuthorizationResponse.Validate(
                    SampleAuthorization.Pending(),
                    Answer(("code", "the-code"), ("error", "access_denied"))
                ),
            Refusal("both a code and an error")
        );
        Assert.That(
            () => ValidatedAuthorizationResponse.Validate(SampleAuthorization.Pending(), Answer(("code", "the-code"), ("error", ""))),
            Refusal("both a code and an error")
        );
        Assert.That(
            () => ValidatedAuthorizationResponse.Validate(SampleAuthorization.Pending(), Answer()),
            Refusal("neither a code nor an error")
        );
        Assert.That(
            () => ValidatedAuthorizationResponse.Validate(SampleAuthorization.Pending(), Answer(("code", ""))),
            Refusal("neither a code nor an error")
        );
    }

    private static void ValidateCorrelation(
        PendingAuthorization pending,
        AuthorizationResponse response,
        string clientName = "photos",
        string server = SampleConfiguration.Issuer,
        DateTimeOffset? now = null
    ) => ValidatedAuthorizationResponse.ValidateCorrelation(pending, response, clientName, server, now ?? SampleConfiguration.Now);

    private static AuthorizationResponse Answer(params (string Name, string Value)[] parameters) =>
        SampleAuthorization.Response([("state", SampleAuthorization.State), .. parameters]);

    private static Constraint Refusal(params string[] words)
    {
        Constraint refusal = Throws
            .InstanceOf<OAuthProtocolException>()
            .With.Message.Not.Contains("the-code")
            .And.Message.Not.Contains(SampleAuthorization.State);
        foreach (string word in words)
            refusal = refusal.And.Message.Contains(word);
        return refusal;
    }
}
