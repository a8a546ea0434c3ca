using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Wrong options fail at start, with a sentence that says what to write instead.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OAuthClientOptionsValidatorTests
{
    private static readonly string[] EndpointNames =
    [
        "Issuer",
        "AuthorizationEndpoint",
        "TokenEndpoint",
        "RevocationEndpoint",
        "IntrospectionEndpoint",
        "RegistrationEndpoint",
        "UserInfoEndpoint",
        "JwksUri",
        "EndSessionEndpoint",
    ];

    [Test]
    [Description("RFC 6749 §2.2, RFC 8414: an issuer and a client identifier are enough; so is a token endpoint in the issuer's place")]
    public void The_smallest_options_are_good()
    {
        Assert.That(Failures(o => o.RedirectUri = null), Is.Empty);
        Assert.That(
            Failures(o =>
            {
                o.Issuer = null;
                o.RedirectUri = null;
                o.TokenEndpoint = new("https://server.example.com/token");
            }),
            Is.Empty
        );
    }

    [Test]
    [Description("Every property set to something sound")]
    public void The_fullest_options_are_good() =>
        Assert.That(
            Failures(o =>
            {
                o.Issuer = new("https://server.example.com/tenant");
                foreach (string name in EndpointNames.Skip(1))
                    SetEndpoint(o, name, $"https://server.example.com:8443/{name}?a=b");
                o.ClientSecret = "secret";
                o.ClientAuthentication = ClientAuthenticationMethod.ClientSecretPost;
                o.RedirectUri = new("https://client.example.com/callback?a=b");
                o.Scopes = ["openid", "https://api.example.com/.default"];
                o.Resources = [new("https://api.example.com/a?b=c"), new("urn:example:api")];
                o.ResponseMode = "form_post";
                o.IdTokenSigningAlgorithms = [.. SignatureAlgorithms.Asymmetric];
                o.PendingAuthorizationLifetime = TimeSpan.FromHours(1);
                o.DefaultAccessTokenLifetime = TimeSpan.FromDays(365);
                o.BackChannelDeadline = TimeSpan.FromMinutes(5);
                o.DangerouslyAllowHttpOnLoopback = true;
            }),
            Is.Empty
        );

    [TestCase(null)]
    [TestCase("")]
    [TestCase(" ")]
    [Description("RFC 6749 §2.2: a client has an identifier")]
    public void A_missing_client_id_is_named(string? clientId) =>
        Assert.That(
            Failures(o => o.ClientId = clientId!),
            Is.EqualTo(["OAuth client 'photos': set ClientId to the identifier the server gave this client."])
        );

    [TestCase("")]
    [TestCase(" ")]
    [Description("RFC 6749 §2.3.1: an empty secret is a mistake, not a public client")]
    public void An_empty_secret_is_named(string secret) =>
        Assert.That(
            Failures(o => o.ClientSecret = secret),
            Has.One.EqualTo("OAuth client 'photos': ClientSecret is empty; write the secret, or leave it null for a public client.")
        );

    [TestCase(ClientAuthenticationMethod.ClientSecretBasic)]
    [TestCase(ClientAuthenticationMethod.ClientSecretPost)]
    [Description("RFC 6749 §2.3: no proof without a secret")]
    public void A_method_without_its_secret_is_named(ClientAuthenticationMethod method)
    {
        Assert.That(
            Failures(o => o.ClientAuthentication = method),
            Has.One.Contains($"ClientAuthentication is {method}, which needs a ClientSecret").And.One.Contains("None for a public client")
        );
        Assert.That(
            Failures(o =>
            {
                o.ClientAuthentication = method;
                o.ClientSecret = "secret";
            }),
            Is.Empty
        );
    }

    [Test]
    [Description("RFC 8705 §2: no proof without a certificate, and no second one beside it (RFC 6749 §2.3)")]
    public void A_certificate_that_is_not_there_is_named()
    {
        Assert.That(
            Failures(o => o.ClientAuthentication = ClientAuthenticationMethod.TlsClientAuth),
            Has.One.Contains("UseClientCertificate")
        );
        Assert.That(
            Failures(o =>
            {
                o.ClientAuthentication = ClientAuthenticationMethod.TlsClientAuth;
                o.ClientCertificate = () => null!;
            }),
            Is.Empty
        );
        Assert.That(
            Failures(o =>
            {
                o.ClientAuthentication = ClientAuthenticationMethod.TlsClientAuth;
                o.ClientCertificate = () => null!;
                o.ClientSecret = "secret-value";
            }),
            Has.One.Contains("ClientSecret, which would never be sent").And.None.Contains("secret-value")
        );
    }

    [Test]
    [Description("RFC 6749 §2.3: a secret that would never be sent is a mistake")]
    public void A_secret_without_a_method_is_named()
    {
        Assert.That(
            Failures(o =>
            {
                o.ClientAuthentication = ClientAuthenticationMethod.None;
                o.ClientSecret = "secret-value";
            }),
            Has.One.Contains("None but there is a ClientSecret").And.None.Contains("secret-value")
        );
        Assert.That(Failures(o => o.ClientAuthentication = ClientAuthenticationMethod.None), Is.Empty);
        Assert.That(
            Failures(o =>
            {
                o.ClientAuthentication = (ClientAuthenticationMethod)7;
                o.ClientSecret = "secret-value";
            }),
            Has.One.Contains("must be None, Basic, Body or Certificate")
        );
    }

    [Test]
    [Description("RFC 8414 §3: without a server there is nothing to talk to")]
    public void A_missing_server_is_named() =>
        Assert.That(
            Failures(o => o.Issuer = null),
            Has.One.Contains("set Issuer to the server's address").And.One.Contains("spell out TokenEndpoint")
        );

    [Test]
    [Description("RFC 6749 §3.1.2.1, §10.9: every address by itself; https, absolute, no fragment, no user")]
    public void An_unsafe_address_is_named()
    {
        foreach (string name in EndpointNames)
        {
            Assert.That(
                Failures(o => SetEndpoint(o, name, "http://server.example.com/x")),
                Has.One.EqualTo($"OAuth client 'photos': {name} must use https.")
            );
            Assert.That(
                Failures(o => SetEndpoint(o, name, "ftp://127.0.0.1/x")),
                Has.One.EqualTo($"OAuth client 'photos': {name} must use https.")
            );
            Assert.That(
                Failures(o => SetEndpoint(o, name, "x/y")),
                Has.One.EqualTo($"OAuth client 'photos': {name} must be an absolute address such as https://accounts.example.com.")
            );
            Assert.That(
                Failures(o => SetEndpoint(o, name, "https://server.example.com/x#y")),
                Has.One.Contains($"{name} must have neither a fragment nor a user name")
            );
            Assert.That(
                Failures(o => SetEndpoint(o, name, "https://user@server.example.com/x")),
                Has.One.Contains($"{name} must have neither a fragment nor a user name")
            );
            Assert.That(
                Failures(o => SetEndpoint(o, name, "http://127.0.0.1/x")),
                Has.One.EqualTo(
                    $"OAuth client 'photos': {name} uses http; use https, or for a server on this machine set DangerouslyAllowHttpOnLoopback."
                )
            );
        }
    }

    [TestCase("http://127.0.0.1:5000", true)]
    [TestCase("http://[::1]:5000", true)]
    [TestCase("http://localhost", true)]
    [TestCase("http://127.0.0.1.evil.com", false)]
    [TestCase("http://localhost.evil.com", false)]
    [TestCase("http://loopback", false)]
    [TestCase("http://server.example.com", false)]
    [Description("RFC 8252 §8.3: with the dangerous option, http to this very machine and to nothing else")]
    public void Http_on_loopback_is_good_when_allowed(string address, bool good)
    {
        var failures = Failures(o =>
        {
            o.DangerouslyAllowHttpOnLoopback = true;
            o.RedirectUri = null;
            foreach (string name in EndpointNames)
                SetEndpoint(o, name, address);
        });

        Assert.That(failures, Has.Count.EqualTo(good ? 0 : EndpointNames.Length));
        Assert.That(failures, Has.All.EndsWith("must use https."));
    }

    [TestCase("https://server.example.com?x=y")]
    [TestCase("https://server.example.com/?")]
    [Description("RFC 8414 §2: an issuer has no query")]
    public void An_issuer_with_a_query_is_named(string issuer) =>
        Assert.That(Failures(o => o.Issuer = new(issuer)), Has.One.Contains("Issuer must have no query (RFC 8414 §2)"));

    [TestCase("callback", "must be an absolute address")]
    [TestCase("https://client.example.com/callback#x", "no fragment (RFC 6749 §3.1.2)")]
    [TestCase("https://client.example.com/callback#", "no fragment")]
    [TestCase("http://client.example.com/callback", "must use https; plain http is for loopback")]
    [TestCase("http://loopback/callback", "must use https")]
    [TestCase("http://127.0.0.1.evil.com/callback", "must use https")]
    [TestCase("http://localhost.evil.com/callback", "must use https")]
    [TestCase("javascript:alert(1)", "cannot use the scheme 'javascript'")]
    [TestCase("JAVASCRIPT:alert(1)", "cannot use the scheme 'javascript'")]
    [TestCase("data:text/html,x", "cannot use the scheme 'data'")]
    [TestCase("vbscript:x", "cannot use the scheme 'vbscript'")]
    [TestCase("file:///etc/passwd", "cannot use the scheme 'file'")]
    [Description("RFC 6749 §3.1.2, RFC 8252 §7")]
    public void A_bad_redirect_uri_is_named(string redirectUri, string words)
    {
        Assert.That(
            Failures(o => o.RedirectUri = new(redirectUri, UriKind.RelativeOrAbsolute)),
            Has.Count.EqualTo(1).And.One.Contains("RedirectUri").And.One.Contains(words)
        );
        Assert.That(
            Failures(o => o.PostLogoutRedirectUri = new(redirectUri, UriKind.RelativeOrAbsolute)),
            Has.Count.EqualTo(1).And.One.Contains("PostLogoutRedirectUri").And.One.Contains(words)
        );
    }

    [TestCase("https://client.example.com")]
    [TestCase("http://127.0.0.1:5005/callback")]
    [TestCase("http://[::1]/callback")]
    [TestCase("http://localhost:5005/callback")]
    [TestCase("com.example.app:/oauth2redirect")]
    [Description("RFC 8252 §7: web, loopback and private-use schemes")]
    public void A_good_redirect_uri_passes(string redirectUri) => Assert.That(Failures(o => o.RedirectUri = new(redirectUri)), Is.Empty);

    [TestCase("openid profile")]
    [TestCase("")]
    [TestCase("a\"b")]
    [TestCase("a\\b")]
    [TestCase("\u00fc")]
    [Description("RFC 6749 §3.3: each scope an item of its own")]
    public void A_bad_scope_is_named(string scope) =>
        Assert.That(
            Failures(o => o.Scopes = ["good", scope]),
            Has.One.Contains($"the scope '{scope}' holds a space").And.One.Contains("item of its own")
        );

    [Test]
    [Description("The configuration binder can put a null anywhere; it is named, and nothing crashes")]
    public void A_null_anywhere_is_named()
    {
        Assert.That(Failures(o => o.Scopes = ["good", null!]), Has.One.Contains("Scopes holds a null"));
        Assert.That(Failures(o => o.Scopes = null!), Has.One.Contains("Scopes is null"));
        Assert.That(Failures(o => o.Resources = [null!]), Has.One.Contains("the resource ''"));
        Assert.That(Failures(o => o.Resources = null!), Has.One.Contains("Resources is null"));
        Assert.That(Failures(o => o.IdTokenSigningAlgorithms = [null!]), Has.One.Contains("IdTokenSigningAlgorithms holds ''"));
        Assert.That(Failures(o => o.IdTokenSigningAlgorithms = null!), Has.One.Contains("IdTokenSigningAlgorithms is null"));
    }

    [TestCase("/a")]
    [TestCase("a")]
    [TestCase("https://api.example.com#x")]
    [TestCase("https://api.example.com/#")]
    [Description("RFC 8707 §2: absolute, without fragment")]
    public void A_bad_resource_is_named(string resource) =>
        Assert.That(
            Failures(o => o.Resources = [new("https://good.example.com"), new(resource, UriKind.RelativeOrAbsolute)]),
            Has.One.EqualTo(
                $"OAuth client 'photos': the resource '{new Uri(resource, UriKind.RelativeOrAbsolute)}' must be an absolute URI without a fragment (RFC 8707 §2)."
            )
        );

    [TestCase("fragment")]
    [TestCase("Query")]
    [TestCase("query.jwt")]
    [TestCase("")]
    [Description("OAuth 2.0 Multiple Response Types §2.1, RFC 9700 §2.1.2")]
    public void A_bad_response_mode_is_named(string mode) =>
        Assert.That(Failures(o => o.ResponseMode = mode), Has.One.Contains("ResponseMode must be query or form_post"));

    [TestCase("query")]
    [TestCase("form_post")]
    [TestCase(null)]
    [Description("OAuth 2.0 Form Post Response Mode §2")]
    public void A_good_response_mode_passes(string? mode) => Assert.That(Failures(o => o.ResponseMode = mode), Is.Empty);

    [TestCase("none")]
    [TestCase("HS1")]
    [TestCase("rs256")]
    [TestCase("EdDSA")]
    [TestCase("")]
    [Description("RFC 8725 §3.1: an algorithm that cannot be checked safely cannot be allowed")]
    public void A_bad_algorithm_is_named(string algorithm) =>
        Assert.That(
            Failures(o => o.IdTokenSigningAlgorithms = ["RS256", algorithm]),
            Has.One.Contains($"IdTokenSigningAlgorithms holds '{algorithm}'; these are supported: RS256, RS384")
        );

    [TestCase("HS256", 31, false)]
    [TestCase("HS256", 32, true)]
    [TestCase("HS384", 47, false)]
    [TestCase("HS384", 48, true)]
    [TestCase("HS512", 63, false)]
    [TestCase("HS512", 64, true)]
    [Description("RFC 7518 §3.2, OpenID Connect Core §16.19: a client secret that is a key is as long as the hash")]
    public void A_client_secret_that_is_a_key_is_long_enough(string algorithm, int length, bool good)
    {
        var failures = Failures(o => (o.IdTokenSigningAlgorithms, o.ClientSecret) = (["RS256", algorithm], new string('s', length)));
        Assert.That(failures, good ? Is.Empty : Has.One.Contains($"holds {algorithm}").And.One.Contains("ClientSecret must have at least"));
        Assert.That(
            Failures(o => o.IdTokenSigningAlgorithms = [algorithm]),
            Has.One.Contains("ClientSecret must have at least"),
            "no secret, no key"
        );
    }

    [TestCase("https://login.example.com/{tenantid}/v2.0", true)]
    [TestCase("https://login.example.com/{tenantid}", true)]
    [TestCase("https://{tenantid}.example.com/", false)]
    [TestCase("https://login.example.com/a{tenantid}/", false)]
    [TestCase("https://login.example.com/{tenantid}b/", false)]
    [TestCase("https://login.example.com/{tenantid}/{tenantid}", false)]
    [TestCase("https://login.example.com/{tenant}", false)]
    [TestCase("https://login.example.com/", false)]
    [TestCase("https://login.example.com/?a=/{tenantid}", false)]
    [TestCase("http://login.example.com/{tenantid}", false)]
    [TestCase("{tenantid}", false)]
    [TestCase("", false)]
    [Description("OpenID Connect Core §3.1.3.7 (2): a template has its tenant in one segment of the path")]
    public void A_bad_issuer_template_is_named(string template, bool good) =>
        Assert.That(
            Failures(o => o.IssuerTemplate = template),
            good ? Is.Empty : Has.One.Contains("IssuerTemplate must be an https address with {tenantid}")
        );

    [Test]
    [Description("OpenID Connect Core §3.1.3.7 (2): what tenants need, and what they may be")]
    public void Tenants_that_make_no_sense_are_named()
    {
        const string Template = "https://login.example.com/{tenantid}";
        Assert.That(Failures(o => (o.IssuerTemplate, o.AllowedTenants) = (Template, ["one", "two.example"])), Is.Empty);
        Assert.That(Failures(o => o.AllowedTenants = ["one"]), Has.One.Contains("no effect without IssuerTemplate"));
        Assert.That(
            Failures(o => (o.IssuerTemplate, o.AllowedTenants) = (Template, ["a/b"])),
            Has.One.Contains("'a/b', which is no tenant")
        );
        Assert.That(Failures(o => (o.IssuerTemplate, o.AllowedTenants) = (Template, null!)), Has.One.Contains("AllowedTenants is null"));
        Assert.That(Failures(o => o.Issuer = new(Template)), Has.One.Contains("Issuer holds a brace"));
        Assert.That(
            Failures(o => (o.IssuerTemplate, o.Issuer, o.TokenEndpoint) = (Template, null, new("https://login.example.com/token"))),
            Has.One.Contains("IssuerTemplate needs Issuer")
        );
    }

    [Test]
    [Description("RFC 7517, RFC 7468: a decryption key that is none is named by its place, and not quoted")]
    public void A_bad_decryption_key_is_named()
    {
        Assert.That(Failures(o => o.DecryptionKeys = [DecryptionKeyTexts.Pem, DecryptionKeyTexts.Jwk(DecryptionKeyTexts.Rsa)]), Is.Empty);
        var failures = Failures(o => o.DecryptionKeys = [DecryptionKeyTexts.Pem, "canary", "", null!]);
        Assert.That(failures, Has.Count.EqualTo(3).And.None.Contains("canary"));
        Assert.That(
            failures,
            Has.One.Contains("DecryptionKeys[1] is neither")
                .And.One.Contains("DecryptionKeys[2] is empty")
                .And.One.Contains("DecryptionKeys[3] is empty")
        );
        Assert.That(Failures(o => o.DecryptionKeys = null!), Has.One.Contains("DecryptionKeys is null"));
    }

    [Test]
    [Description("OpenID Connect Core §10.1: where only the client secret signs, there are no keys to point to")]
    public void A_client_secret_that_is_a_key_needs_no_JwksUri() =>
        Assert.That(
            Failures(o =>
            {
                o.TokenEndpoint = new("https://server.example.com/token");
                o.Scopes = ["openid"];
                (o.IdTokenSigningAlgorithms, o.ClientSecret) = (["HS256"], new string('s', 32));
            }),
            Is.Empty
        );

    [Test]
    [Description("OpenID Connect Core §3.1.3.7: openid needs an issuer and keys to check the ID Token by")]
    public void Openid_with_spelled_out_endpoints_needs_issuer_and_keys()
    {
        IReadOnlyList<string> ConfiguredMetadata(bool issuer, bool keys, string scope = "openid") =>
            Failures(o =>
            {
                o.Issuer = issuer ? o.Issuer : null;
                o.TokenEndpoint = new("https://server.example.com/token");
                o.JwksUri = keys ? new("https://server.example.com/jwks") : null;
                o.Scopes = [scope];
            });

        Assert.That(ConfiguredMetadata(true, true), Is.Empty);
        Assert.That(ConfiguredMetadata(false, false, "profile"), Is.Empty);
        Assert.That(ConfiguredMetadata(true, false), Has.One.Contains("set Issuer and JwksUri too"));
        Assert.That(ConfiguredMetadata(false, true), Has.One.Contains("set Issuer and JwksUri too"));
        Assert.That(ConfiguredMetadata(false, false), Has.One.Contains("set Issuer and JwksUri too"));
        Assert.That(Failures(o => o.Scopes = ["openid"]), Is.Empty, "discovery finds them");
    }

    [TestCase(true, true, false, false), TestCase(true, true, true, true)]
    [TestCase(true, false, false, true), TestCase(false, true, false, true)]
    [Description("RFC 7009 §2: the revocation endpoint is not discovered where the token endpoint is spelled out")]
    public void Revoking_superseded_grants_needs_an_endpoint(bool revokes, bool isSpelledOut, bool hasEndpoint, bool isValid)
    {
        var failures = Failures(o =>
        {
            o.RevokeSupersededGrants = revokes;
            o.TokenEndpoint = isSpelledOut ? new("https://server.example.com/token") : null;
            o.RevocationEndpoint = hasEndpoint ? new("https://server.example.com/revoke") : null;
        });
        Assert.That(failures, isValid ? Is.Empty : Has.One.Contains("RevokeSupersededGrants needs RevocationEndpoint"));
    }

    [Test]
    [Description("RFC 9700 §4.7, RFC 6749 §5.1: durations at their borders, to the tick")]
    public void Durations_have_borders()
    {
        var tick = TimeSpan.FromTicks(1);
        (Action<OAuthClientOptions, TimeSpan> Set, TimeSpan Most, string Words)[] durations =
        [
            (
                (o, t) => o.PendingAuthorizationLifetime = t,
                TimeSpan.FromHours(1),
                "PendingAuthorizationLifetime must lie between zero and one hour."
            ),
            ((o, t) => o.SignInLifetime = t, TimeSpan.FromDays(365), "SignInLifetime must lie between zero and a year."),
            (
                (o, t) => o.DefaultAccessTokenLifetime = t,
                TimeSpan.FromDays(365),
                "DefaultAccessTokenLifetime must lie between zero and a year."
            ),
            ((o, t) => o.BackChannelDeadline = t, TimeSpan.FromMinutes(5), "BackChannelDeadline must lie between zero and five minutes."),
        ];
        foreach (var (set, most, words) in durations)
        {
            Assert.That(Failures(o => set(o, tick)), Is.Empty);
            Assert.That(Failures(o => set(o, most)), Is.Empty);
            foreach (
                var wrong in new[] { most + tick, TimeSpan.Zero, -tick, Timeout.InfiniteTimeSpan, TimeSpan.MaxValue, TimeSpan.MinValue }
            )
                Assert.That(Failures(o => set(o, wrong)), Is.EqualTo(["OAuth client 'photos': " + words]));
        }
    }

    [TestCase(null, null, null)]
    [TestCase(45, null, null)]
    [TestCase(31, 32, null)]
    [TestCase(null, 1, null)]
    [TestCase(30, null, "RefreshLease must be longer than BackChannelDeadline")]
    [TestCase(60, 60, "RefreshLease must be shorter than RefreshTokenGracePeriod")]
    [TestCase(601, null, "RefreshLease must be no longer than ten minutes")]
    [TestCase(null, 0, "RefreshTokenGracePeriod must be longer than zero")]
    [Description("Life of a token 5: HTTP deadline < lease < the server's grace")]
    public void A_lease_lies_between_deadline_and_grace(int? lease, int? grace, string? words)
    {
        var failures = Failures(o =>
        {
            o.RefreshLease = lease is null ? null : TimeSpan.FromSeconds(lease.Value);
            o.RefreshTokenGracePeriod = grace is null ? null : TimeSpan.FromSeconds(grace.Value);
        });
        Assert.That(failures, words is null ? Is.Empty : Has.One.Contains(words));
    }

    [TestCase(null, null, 45, 30)]
    [TestCase(null, 10, 7.5, 5)]
    [TestCase(null, 600, 45, 30)]
    [TestCase(60, 90, 60, 30)]
    [TestCase(33, null, 33, 22)]
    [Description("Life of a token 5: what is not set follows from what is")]
    public void A_lease_follows_from_what_is_stated(int? lease, int? grace, double expectedLease, double expectedDeadline)
    {
        var configuration = SampleConfiguration.Create(o =>
        {
            o.RefreshLease = lease is null ? null : TimeSpan.FromSeconds(lease.Value);
            o.RefreshTokenGracePeriod = grace is null ? null : TimeSpan.FromSeconds(grace.Value);
        });
        Assert.That(configuration.RefreshLease, Is.EqualTo(TimeSpan.FromSeconds(expectedLease)));
        Assert.That(configuration.RefreshDeadline, Is.EqualTo(TimeSpan.FromSeconds(expectedDeadline)));
    }

    [Test]
    [Description("Every mistake is named at once, each with the client it belongs to")]
    public void All_mistakes_are_named_at_once()
    {
        var failures = Failures(o =>
        {
            o.ClientId = "";
            o.Issuer = null;
            o.BackChannelDeadline = TimeSpan.Zero;
        });

        Assert.That(failures, Has.Count.EqualTo(3).And.All.StartsWith("OAuth client 'photos': "));
        Assert.That(Failures(o => o.ClientId = "", name: ""), Has.All.StartsWith("OAuth client: "));
    }

    [Test]
    [Description("A name that nobody registered is told what to call")]
    public void An_unregistered_name_is_named()
    {
        var services = new ServiceCollection();
        services.AddOAuthClient("photos", o => o.ClientId = "a");
        using var provider = services.BuildServiceProvider();

        Assert.That(
            () => provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get("photo"),
            Throws
                .InstanceOf<OptionsValidationException>()
                .With.Message.EqualTo("There is no OAuth client 'photo': register it with AddOAuthClient(\"photo\", …).")
        );
    }

    internal static List<string> Failures(Action<OAuthClientOptions> change, string name = "photos")
    {
        var services = new ServiceCollection();
        services.AddOAuthClient(
            name,
            o =>
            {
                o.Issuer = new(SampleConfiguration.Issuer);
                o.ClientId = "client-id";
                o.RedirectUri = new(SampleConfiguration.Callback);
                change(o);
            }
        );
        using var provider = services.BuildServiceProvider();
        try
        {
            provider.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>().Get(name);
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return [.. exception.Failures];
        }
    }

    private static void SetEndpoint(OAuthClientOptions options, string name, string address) =>
        typeof(OAuthClientOptions).GetProperty(name)!.SetValue(options, new Uri(address, UriKind.RelativeOrAbsolute));
}
