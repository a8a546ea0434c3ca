using System.Globalization;

namespace OAuthClient.Tests;

/// <summary>What stands in the authorization request, and what waits for its answer (RFC 6749 §4.1.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AuthorizationRequestBuilderTests
{
    [Test]
    [Description("RFC 6749 §4.1.1, RFC 7636 §4.3: exactly these parameters and no other, in a request without openid")]
    public void A_minimal_request_holds_what_the_specification_requires_and_nothing_else()
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
                    ["code_challenge"] = pending.CodeVerifier.Challenge(),
                    ["code_challenge_method"] = "S256",
                }
            )
        );
        Assert.That(pending.AuthorizationUri.GetLeftPart(UriPartial.Path), Is.EqualTo("https://server.example.com/authorize"));
    }

    [Test]
    [Description("RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1, RFC 8707 §2: every parameter the options and the call can name")]
    public void A_full_request_holds_each_parameter_once_and_each_resource()
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

        Assert.That(pending.MaxAge, Is.EqualTo(TimeSpan.FromSeconds(90)), "as it was sent");
        Assert.That(
            QueryPairs.Of(pending.AuthorizationUri),
            Is.EqualTo(
                new KeyValuePair<string, string>[]
                {
                    new("response_type", "code"),
                    new("state", pending.State),
                    new("code_challenge_method", "S256"),
                    new("code_challenge", pending.CodeVerifier.Challenge()),
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
    [Description("RFC 6749 §4.1.3, RFC 9207 §2.4, RFC 9700 §4.4: what the answer will be held against")]
    public void The_pending_authorization_remembers_what_the_request_said()
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
    [Description("RFC 9207 §3: only a server that advertises iss must send it")]
    public void A_server_that_does_not_advertise_iss_need_not_send_it() =>
        Assert.That(Begin(server: SampleConfiguration.Server with { SendsIssuerInResponse = false }).RequiresIssuer, Is.False);

    [TestCase(SampleConfiguration.Issuer, true, true, false)]
    [TestCase(SampleConfiguration.Issuer, false, true, true)]
    [TestCase(null, false, true, true)]
    [TestCase(SampleConfiguration.Issuer, false, false, false)]
    [TestCase(null, false, false, false)]
    [Description(
        "RFC 9700 §4.4.2: among several servers, one that does not promise iss is told by the path, whether its issuer is known or not: another's answer brings no iss to compare either"
    )]
    public void Among_several_servers_the_path_must_tell_unless_iss_does(
        string? issuer,
        bool sendsIssuer,
        bool hasOtherServers,
        bool requiresPath
    )
    {
        var server = SampleConfiguration.Server with { Issuer = issuer, SendsIssuerInResponse = sendsIssuer };

        Assert.That(
            SampleRequest
                .Begin(SampleConfiguration.Create(), server, new(), SampleConfiguration.Now, hasOtherServers)
                .RequiresRedirectPathMatch,
            Is.EqualTo(requiresPath)
        );
    }

    [Test]
    [Description(
        "RFC 6749 §10.10, §10.12; RFC 7636 §7.1; OpenID Connect Core §15.5.2: at least 128 bits, fresh for every request, and each its own"
    )]
    public void State_nonce_and_verifier_are_fresh_unguessable_and_different()
    {
        var values = Enumerable
            .Range(0, 300)
            .Select(_ => Begin(o => o.Scopes = ["openid"]))
            .SelectMany(pending => new[] { pending.State, pending.Nonce!, pending.CodeVerifier.Reveal() })
            .ToList();

        Assert.That(values, Is.Unique);
        // 43 characters of base64url are 256 bits.
        Assert.That(values, Has.All.Matches("^[A-Za-z0-9_-]{43}$"));
    }

    [Test]
    [Description("RFC 7636 §7.2: the verifier does not travel through the browser")]
    public void The_verifier_is_not_in_the_address()
    {
        var pending = Begin();

        Assert.That(pending.AuthorizationUri.AbsoluteUri, Does.Not.Contain(pending.CodeVerifier.Reveal()));
    }

    [TestCase(new[] { "openid" }, true)]
    [TestCase(new[] { "profile", "openid" }, true)]
    [TestCase(new[] { "profile" }, false)]
    [TestCase(new[] { "OpenID" }, false)]
    [TestCase(new string[0], false)]
    [Description("OpenID Connect Core §3.1.2.1: nonce goes with openid, whose case counts, and with nothing else")]
    public void Nonce_is_sent_if_and_only_if_openid_is_asked_for(string[] scopes, bool expected)
    {
        var registered = Begin(o => o.Scopes = scopes);
        var asked = Begin(parameters: new() { Scopes = scopes });

        foreach (var pending in new[] { registered, asked })
        {
            Assert.That(pending.Nonce is not null, Is.EqualTo(expected));
            Assert.That(QueryPairs.Single(pending.AuthorizationUri).GetValueOrDefault("nonce"), Is.EqualTo(pending.Nonce));
        }
    }

    [Test]
    [Description(
        "RFC 6749 §3.3, RFC 8707 §2: scopes and resources of the call stand in place of the registration's, also when there are none"
    )]
    public void The_calls_scopes_and_resources_replace_the_registrations()
    {
        static void Register(OAuthClientOptions o)
        {
            o.Scopes = ["registered"];
            o.Resources = [new("https://registered.example.com")];
        }

        var other = Begin(Register, new() { Scopes = ["a", "b", "a"], Resources = [new("https://asked.example.com")] });
        var none = Begin(Register, new() { Scopes = [], Resources = [] });

        Assert.That(QueryPairs.Single(other.AuthorizationUri)["scope"], Is.EqualTo("a b"));
        Assert.That(QueryPairs.Single(other.AuthorizationUri)["resource"], Is.EqualTo("https://asked.example.com"));
        Assert.That(other.Scopes, Is.EqualTo(["a", "b"]));
        Assert.That(other.Resources, Is.EqualTo(["https://asked.example.com"]));
        Assert.That(QueryPairs.Single(none.AuthorizationUri).Keys, Has.None.AnyOf("scope", "resource"));
        Assert.That(none.Scopes, Is.Empty);
        Assert.That(none.Resources, Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §3.1: a resource that was named twice is sent once")]
    public void No_resource_stands_twice()
    {
        var asked = Begin(parameters: new() { Resources = [new("https://a.example.com/x"), new("https://a.example.com/x")] });
        var registered = Begin(o => o.Resources = [new("https://a.example.com/x"), new("https://a.example.com/x")]);

        Assert.That(QueryPairs.Of(asked.AuthorizationUri).Count(pair => pair.Key == "resource"), Is.EqualTo(1));
        Assert.That(QueryPairs.Of(registered.AuthorizationUri).Count(pair => pair.Key == "resource"), Is.EqualTo(1));
    }

    [TestCase("two words")]
    [TestCase("quote\"d")]
    [TestCase("back\\slash")]
    [TestCase("")]
    [TestCase("ümlaut")]
    [TestCase("line\nbreak")]
    [Description("RFC 6749 §3.3, A.4: what no scope may hold is refused before it becomes two scopes")]
    public void A_malformed_scope_is_refused(string scope) =>
        Assert.That(
            () => Begin(parameters: new() { Scopes = ["good", scope] }),
            Throws.ArgumentException.With.Message.Contains($"The scope '{scope}' holds a space").And.Message.Contains("RFC 6749 §3.3")
        );

    [Test]
    [Description("RFC 6749 §3.3: a null among the scopes is refused, not sent as an empty one")]
    public void A_null_scope_is_refused() =>
        Assert.That(() => Begin(parameters: new() { Scopes = ["good", null!, "better"] }), Throws.InstanceOf<ArgumentException>());

    [TestCase("/relative")]
    [TestCase("https://api.example.com/#fragment")]
    [TestCase("https://api.example.com/#")]
    [Description("RFC 8707 §2: absolute, without fragment")]
    public void A_malformed_resource_is_refused(string resource) =>
        Assert.That(
            () => Begin(parameters: new() { Resources = [new("https://good.example.com"), new(resource, UriKind.RelativeOrAbsolute)] }),
            Throws.ArgumentException.With.Message.Contains(resource).And.Message.Contains("absolute URI without a fragment (RFC 8707 §2)")
        );

    [Test]
    [Description("RFC 8707 §2: a null among the resources is an argument that is wrong, not a crash")]
    public void A_null_resource_is_refused() =>
        Assert.That(() => Begin(parameters: new() { Resources = [null!] }), Throws.InstanceOf<ArgumentException>());

    [Test]
    [Description("OpenID Connect Core §3.1.2.1: max_age is a number of whole seconds, zero included, and never negative")]
    public void Max_age_is_zero_or_more_whole_seconds()
    {
        Assert.That(QueryPairs.Single(Begin(parameters: new() { MaxAge = TimeSpan.Zero }).AuthorizationUri)["max_age"], Is.EqualTo("0"));
        Assert.That(
            QueryPairs.Single(Begin(parameters: new() { MaxAge = TimeSpan.MaxValue }).AuthorizationUri)["max_age"],
            Is.EqualTo(((long)TimeSpan.MaxValue.TotalSeconds).ToString(CultureInfo.InvariantCulture))
        );
        Assert.That(() => Begin(parameters: new() { MaxAge = TimeSpan.FromTicks(-1) }), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    [Description("RFC 7636 §4.2, RFC 9700 §2.1.1: a server that lists its methods without S256 is not used")]
    public void A_server_that_offers_only_plain_is_refused()
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
                .With.Message.Contains("'plain', not by S256")
                .And.Message.Contains("RFC 9700 §2.1.1")
                .And.Message.Contains(SampleConfiguration.Issuer)
        );
        Assert.That(() => Begin(server: Offering("a", "b")), Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("'a b'"));
        Assert.That(() => Begin(server: Offering()), Throws.InstanceOf<OAuthProtocolException>());
        Assert.That(() => Begin(server: Offering("s256")), Throws.InstanceOf<OAuthProtocolException>());
        Assert.That(() => Begin(server: Offering("plain", "S256")), Throws.Nothing);
    }

    [Test]
    [Description("RFC 7636 §4.2, RFC 9700 §2.1.1: a server that says nothing about PKCE gets S256 all the same")]
    public void A_server_that_lists_no_methods_still_gets_S256()
    {
        var pending = Begin(server: SampleConfiguration.Server with { CodeChallengeMethods = null });

        Assert.That(QueryPairs.Single(pending.AuthorizationUri)["code_challenge_method"], Is.EqualTo("S256"));
    }

    [Test]
    [Description(
        "RFC 6749 §3.1: without an authorization endpoint there is nowhere to send the browser, and the message says what to write"
    )]
    public void A_server_without_authorization_endpoint_is_explained() =>
        Assert.That(
            () => Begin(server: SampleConfiguration.Server with { AuthorizationEndpoint = null }),
            Throws
                .InstanceOf<OAuthException>()
                .With.Message.Contains("no authorization endpoint")
                .And.Message.Contains("spell out AuthorizationEndpoint")
                .And.Message.Contains(SampleConfiguration.Issuer)
        );

    [Test]
    [Description("RFC 6749 §3.1.2: without a redirect URI there is no way back, and the message says what to write")]
    public void A_client_without_redirect_uri_is_explained() =>
        Assert.That(
            () => Begin(o => o.RedirectUri = null),
            Throws.InvalidOperationException.With.Message.Contains("Set RedirectUri for the OAuth client 'photos'")
        );

    [Test]
    [Description("RFC 6749 §3.1.2.3: the redirect URI is sent in the very characters that were registered")]
    public void The_redirect_uri_keeps_its_characters()
    {
        const string Odd = "HTTPS://Client.Example.com:443/Callback/%7Euser?next=%2Fa&b=1+2";
        var pending = Begin(o => o.RedirectUri = new(Odd));

        Assert.That(QueryPairs.Single(pending.AuthorizationUri)["redirect_uri"], Is.EqualTo(Odd));
        Assert.That(pending.RedirectUri, Is.EqualTo(Odd));
    }

    private static PendingAuthorization Begin(
        Action<OAuthClientOptions>? options = null,
        AuthorizationParameters? parameters = null,
        AuthorizationServerMetadata? server = null
    ) =>
        SampleRequest.Begin(
            SampleConfiguration.Create(options),
            server ?? SampleConfiguration.Server,
            parameters ?? AuthorizationParameters.None,
            SampleConfiguration.Now
        );
}
