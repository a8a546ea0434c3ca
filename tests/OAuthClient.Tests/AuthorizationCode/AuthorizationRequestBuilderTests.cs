using System.Globalization;
using static OAuthClient.Tests.SampleRequest;

namespace OAuthClient.Tests;

/// <summary>Tests the authorization request and the pending authorization that is stored for its response (RFC 6749 §4.1.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AuthorizationRequestBuilderTests
{
    [Test]
    [Description("RFC 6749 §4.1.1, RFC 7636 §4.3: a request without openid has exactly the required parameters")]
    public void A_minimal_request_has_the_required_parameters_only()
    {
        var pending = Begin();

        Assert.That(
            QueryPairs.Single(pending.AuthorizationUri),
            Is.EquivalentTo(
                new Dictionary<string, string>
                {
                    ["response_type"] = "code",
                    ["client_id"] = "client-id",
                    ["redirect_uri"] = SampleConfiguration.Callback,
                    ["state"] = pending.State,
                    ["code_challenge"] = pending.CodeVerifier!.Challenge(),
                    ["code_challenge_method"] = "S256",
                }
            )
        );
        Assert.That(pending.AuthorizationUri.GetLeftPart(UriPartial.Path), Is.EqualTo("https://server.example.com/authorize"));
    }

    [Test]
    [Description("RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1, RFC 8707 §2: all parameters of the options and the call are sent")]
    public void A_full_request_has_each_parameter_once_and_each_resource()
    {
        var pending = Begin(
            o =>
            {
                o.Scopes = ["openid", "profile", "openid"];
                o.Resources = [new("https://one.example.com"), new("https://two.example.com/a")];
                o.ResponseMode = "form_post";
            },
            new()
            {
                Prompt = "consent login",
                LoginHint = "alice@example.com",
                MaxAge = TimeSpan.FromSeconds(90.9),
                AcrValues = "urn:a urn:b",
                UiLocales = "de fr-CA",
                Additional = new Dictionary<string, string> { ["access_type"] = "offline" },
            }
        );

        Assert.That(pending.MaxAge, Is.EqualTo(TimeSpan.FromSeconds(90)), "whole seconds, as sent");
        Assert.That(
            QueryPairs.Of(pending.AuthorizationUri),
            Is.EqualTo(
                new KeyValuePair<string, string>[]
                {
                    new("response_type", "code"),
                    new("state", pending.State),
                    new("code_challenge_method", "S256"),
                    new("code_challenge", pending.CodeVerifier!.Challenge()),
                    new("nonce", pending.Nonce!),
                    new("client_id", "client-id"),
                    new("redirect_uri", SampleConfiguration.Callback),
                    new("scope", "openid profile"),
                    new("response_mode", "form_post"),
                    new("resource", "https://one.example.com"),
                    new("resource", "https://two.example.com/a"),
                    new("prompt", "consent login"),
                    new("login_hint", "alice@example.com"),
                    new("max_age", "90"),
                    new("acr_values", "urn:a urn:b"),
                    new("ui_locales", "de fr-CA"),
                    new("access_type", "offline"),
                }
            )
        );
    }

    [Test]
    [Description("RFC 6749 §4.1.3, RFC 9207 §2.4, RFC 9700 §4.4: the pending authorization has the values to validate the response")]
    public void The_pending_authorization_has_the_values_of_the_request()
    {
        var pending = Begin(o =>
        {
            o.Scopes = ["openid", "a"];
            o.Resources = [new("https://one.example.com")];
            o.PendingAuthorizationLifetime = TimeSpan.FromMinutes(7);
        });

        Assert.Multiple(() =>
        {
            Assert.That(pending.ClientName, Is.EqualTo("photos"));
            Assert.That(pending.Server, Is.EqualTo(SampleConfiguration.Issuer));
            Assert.That(pending.Issuer, Is.EqualTo(SampleConfiguration.Issuer));
            Assert.That(pending.MaxAge, Is.Null);
            Assert.That(pending.RequiresIssuer, Is.True);
            Assert.That(pending.RedirectUri, Is.EqualTo(SampleConfiguration.Callback));
            Assert.That(pending.Scopes, Is.EqualTo(["openid", "a"]));
            Assert.That(pending.Resources, Is.EqualTo(["https://one.example.com"]));
            Assert.That(pending.ExpiresAt, Is.EqualTo(SampleConfiguration.Now + TimeSpan.FromMinutes(7)));
        });
    }

    [Test]
    [Description("RFC 9207 §3: iss is required only of a server that advertises it")]
    public void A_server_that_does_not_advertise_iss_need_not_send_it() =>
        Assert.That(Begin(server: SampleConfiguration.Server with { SendsIssuerInResponse = false }).RequiresIssuer, Is.False);

    [TestCase(SampleConfiguration.Issuer, true, true, false)]
    [TestCase(SampleConfiguration.Issuer, false, true, true)]
    [TestCase(null, false, true, true)]
    [TestCase(SampleConfiguration.Issuer, false, false, false)]
    [TestCase(null, false, false, false)]
    [Description("RFC 9700 §4.4.2: with several servers, the redirect path identifies a server that does not advertise iss")]
    public void With_several_servers_the_path_is_required_without_iss(
        string? issuer,
        bool sendsIssuer,
        bool hasOtherServers,
        bool requiresPath
    )
    {
        var server = SampleConfiguration.Server with { Issuer = issuer, SendsIssuerInResponse = sendsIssuer };

        Assert.That(
            SampleRequest
                .Begin(
                    hasOtherServers ? SampleConfiguration.CreateBesideAnotherServer() : SampleConfiguration.Create(),
                    server,
                    new(),
                    SampleConfiguration.Now
                )
                .RequiresRedirectPathMatch,
            Is.EqualTo(requiresPath)
        );
    }

    [Test]
    [Description("RFC 6749 §10.10, §10.12, RFC 7636 §7.1, OpenID Connect Core §15.5.2: at least 128 random bits for each value")]
    public void State_nonce_and_verifier_are_random_and_different()
    {
        var values = Enumerable
            .Range(0, 300)
            .Select(_ => Begin(o => o.Scopes = ["openid"]))
            .SelectMany(pending => new[] { pending.State, pending.Nonce!, pending.CodeVerifier!.Reveal() })
            .ToList();

        Assert.That(values, Is.Unique);
        // 43 characters of base64url encode 256 bits.
        Assert.That(values, Has.All.Matches("^[A-Za-z0-9_-]{43}$"));
    }

    [Test]
    [Description("RFC 7636 §7.2: the code verifier is not sent through the browser")]
    public void The_verifier_is_not_in_the_authorization_uri()
    {
        var pending = Begin();

        Assert.That(pending.AuthorizationUri.AbsoluteUri, Does.Not.Contain(pending.CodeVerifier!.Reveal()));
    }

    [TestCase(new[] { "openid" }, true)]
    [TestCase(new[] { "profile", "openid" }, true)]
    [TestCase(new[] { "profile" }, false)]
    [TestCase(new[] { "OpenID" }, false)]
    [TestCase(new string[0], false)]
    [Description("OpenID Connect Core §3.1.2.1: nonce is sent with the scope openid, which is case-sensitive, and only then")]
    public void Nonce_is_sent_if_and_only_if_openid_is_requested(string[] scopes, bool expected)
    {
        var registered = Begin(o => o.Scopes = scopes);
        var requested = Begin(parameters: new() { Scopes = scopes });

        foreach (var pending in new[] { registered, requested })
        {
            Assert.That(pending.Nonce is not null, Is.EqualTo(expected));
            Assert.That(QueryPairs.Single(pending.AuthorizationUri).GetValueOrDefault("nonce"), Is.EqualTo(pending.Nonce));
        }
    }

    [Test]
    [Description("OpenID Connect Core §3.1.2.1: max_age is a non-negative number of whole seconds")]
    public void Max_age_is_a_non_negative_number_of_whole_seconds()
    {
        Assert.That(QueryPairs.Single(Begin(parameters: new() { MaxAge = TimeSpan.Zero }).AuthorizationUri)["max_age"], Is.EqualTo("0"));
        Assert.That(
            QueryPairs.Single(Begin(parameters: new() { MaxAge = TimeSpan.MaxValue }).AuthorizationUri)["max_age"],
            Is.EqualTo(((long)TimeSpan.MaxValue.TotalSeconds).ToString(CultureInfo.InvariantCulture))
        );
        Assert.That(() => Begin(parameters: new() { MaxAge = TimeSpan.FromTicks(-1) }), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    [Description("RFC 7636 §4.2, RFC 9700 §2.1.1: a server whose list of challenge methods lacks S256 is rejected")]
    public void A_server_that_offers_only_plain_is_rejected()
    {
        static AuthorizationServerMetadata Offering(params string[] methods) =>
            SampleConfiguration.Server with
            {
                CodeChallengeMethods = methods,
            };

        Assert.That(
            () => Begin(server: Offering("plain")),
            Throws
                .InstanceOf<OAuthProtocolException>()
                .With.Message.Contains("'plain' and not with S256")
                .And.Message.Contains("RFC 9700 §2.1.1")
                .And.Message.Contains(SampleConfiguration.Issuer)
        );
        Assert.That(() => Begin(server: Offering("a", "b")), Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("'a b'"));
        Assert.That(() => Begin(server: Offering()), Throws.InstanceOf<OAuthProtocolException>());
        Assert.That(() => Begin(server: Offering("s256")), Throws.InstanceOf<OAuthProtocolException>());
        Assert.That(() => Begin(server: Offering("plain", "S256")), Throws.Nothing);
    }

    [Test]
    [Description("RFC 7636 §4.2, RFC 9700 §2.1.1: S256 is used for a server that lists no challenge methods")]
    public void S256_is_used_for_a_server_that_lists_no_methods()
    {
        var pending = Begin(server: SampleConfiguration.Server with { CodeChallengeMethods = null });

        Assert.That(QueryPairs.Single(pending.AuthorizationUri)["code_challenge_method"], Is.EqualTo("S256"));
    }

    [Test]
    [Description("RFC 6749 §3.1: a missing authorization endpoint throws a message with the option to set")]
    public void A_server_without_authorization_endpoint_throws() =>
        Assert.That(
            () => Begin(server: SampleConfiguration.Server.With(ServerEndpoint.Authorization, null)),
            Throws
                .InstanceOf<OAuthException>()
                .With.Message.Contains("no authorization endpoint")
                .And.Message.Contains("set AuthorizationEndpoint")
                .And.Message.Contains(SampleConfiguration.Issuer)
        );

    [Test]
    [Description("RFC 6749 §3.1.2: a missing redirect URI throws a message with the option to set")]
    public void A_client_without_redirect_uri_throws() =>
        Assert.That(
            () => Begin(o => o.RedirectUri = null),
            Throws.InvalidOperationException.With.Message.Contains("Set RedirectUri for the OAuth client 'photos'")
        );

    [Test]
    [Description("RFC 6749 §3.1.2.3: the redirect URI is sent exactly as it was configured")]
    public void The_redirect_uri_is_not_normalized()
    {
        const string Odd = "HTTPS://Client.Example.com:443/Callback/%7Euser?next=%2Fa&b=1+2";
        var pending = Begin(o => o.RedirectUri = new(Odd));

        Assert.That(QueryPairs.Single(pending.AuthorizationUri)["redirect_uri"], Is.EqualTo(Odd));
        Assert.That(pending.RedirectUri, Is.EqualTo(Odd));
    }
}
