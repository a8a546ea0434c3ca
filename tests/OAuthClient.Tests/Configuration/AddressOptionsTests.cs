using static OAuthClient.Tests.OAuthClientOptionsValidatorTests;

namespace OAuthClient.Tests;

/// <summary>Tests the validation of the addresses in the options: endpoints, redirect URIs and the response mode.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AddressOptionsTests
{
    [Test]
    [Description("RFC 8414 §3: Issuer or TokenEndpoint is required")]
    public void A_missing_server_is_reported() =>
        Assert.That(
            Failures(o => o.Issuer = null),
            Has.One.Contains("set Issuer to the server's address").And.One.Contains("set TokenEndpoint")
        );

    [Test]
    [Description("RFC 6749 §3.1.2.1, §10.9: every address must be absolute, use https, and have neither fragment nor user name")]
    public void An_unsafe_address_is_reported()
    {
        foreach (string name in EndpointNames)
        {
            Assert.That(
                Failures(o => SetEndpoint(o, name, "http://server.example.com/x")),
                Has.One.StartsWith($"OAuth client 'photos': {name} must use https; inside a trusted network")
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
                    $"OAuth client 'photos': {name} uses http; "
                        + "use https, or set DangerouslyAllowHttpOnLoopback for a server on this machine."
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
    [Description("RFC 8252 §8.3: DangerouslyAllowHttpOnLoopback allows http on loopback only")]
    public void Http_on_loopback_is_valid_when_allowed(string address, bool isValid)
    {
        var failures = Failures(o =>
        {
            o.DangerouslyAllowHttpOnLoopback = true;
            o.RedirectUri = null;
            foreach (string name in EndpointNames)
                SetEndpoint(o, name, address);
        });

        Assert.That(failures, Has.Count.EqualTo(isValid ? 0 : EndpointNames.Length));
        Assert.That(failures, Has.All.Contains("must use https; inside a trusted network, DangerouslyAllowHttpInTrustedNetwork"));
    }

    [TestCase("http://keycloak:8080/realms/x", "http://keycloak:8080")]
    [TestCase("http://user:canary@keycloak/realms/x", "http://keycloak")]
    [TestCase("http://keycloak.auth.svc.cluster.local", "http://keycloak.auth.svc.cluster.local")]
    [TestCase("http://10.1.2.3:8080", "http://10.1.2.3:8080")]
    [TestCase("http://[fd00::1]:8080", "http://[fd00::1]:8080")]
    [TestCase("http://accounts.example.com", null)]
    [TestCase("http://8.8.8.8", null)]
    [TestCase("http://[2001:4860:4860::8888]", null)]
    [Description(
        "RFC 6749 §10.9: http to an address of an internal network names the origin to add, and http to a public address does not"
    )]
    public void Http_in_an_internal_network_names_the_origin(string address, string? origin)
    {
        string failure = Failures(o => o.TokenEndpoint = new(address)).Single();
        Assert.That(
            failure,
            origin is null
                ? Does.Contain("TokenEndpoint must use https; inside")
                : Does.Contain($"TokenEndpoint uses http; use https, or add {origin} to DangerouslyAllowHttpInTrustedNetwork if ")
        );
        Assert.That(failure, Does.Not.Contain("canary"));
    }

    [TestCase("https://server.example.com?x=y")]
    [TestCase("https://server.example.com/?")]
    [Description("RFC 8414 §2: an issuer has no query")]
    public void An_issuer_with_a_query_is_reported(string issuer) =>
        Assert.That(Failures(o => o.Issuer = new(issuer)), Has.One.Contains("Issuer must have no query (RFC 8414 §2)"));

    [TestCase("callback", "must be an absolute address")]
    [TestCase("https://client.example.com/callback#x", "no fragment (RFC 6749 §3.1.2)")]
    [TestCase("https://client.example.com/callback#", "no fragment")]
    [TestCase("http://client.example.com/callback", "must use https; plain http is allowed for loopback")]
    [TestCase("http://loopback/callback", "must use https")]
    [TestCase("http://127.0.0.1.evil.com/callback", "must use https")]
    [TestCase("http://localhost.evil.com/callback", "must use https")]
    [TestCase("javascript:alert(1)", "cannot use the scheme 'javascript'")]
    [TestCase("JAVASCRIPT:alert(1)", "cannot use the scheme 'javascript'")]
    [TestCase("data:text/html,x", "cannot use the scheme 'data'")]
    [TestCase("vbscript:x", "cannot use the scheme 'vbscript'")]
    [TestCase("file:///etc/passwd", "cannot use the scheme 'file'")]
    [Description("RFC 6749 §3.1.2, RFC 8252 §7: redirect URIs must be absolute and safe, without a fragment")]
    public void An_invalid_redirect_uri_is_reported(string redirectUri, string fragment)
    {
        Assert.That(
            Failures(o => o.RedirectUri = new(redirectUri, UriKind.RelativeOrAbsolute)),
            Has.Count.EqualTo(1).And.One.Contains("RedirectUri").And.One.Contains(fragment)
        );
        Assert.That(
            Failures(o => o.PostLogoutRedirectUri = new(redirectUri, UriKind.RelativeOrAbsolute)),
            Has.Count.EqualTo(1).And.One.Contains("PostLogoutRedirectUri").And.One.Contains(fragment)
        );
    }

    [TestCase("https://client.example.com")]
    [TestCase("http://127.0.0.1:5005/callback")]
    [TestCase("http://[::1]/callback")]
    [TestCase("http://localhost:5005/callback")]
    [TestCase("com.example.app:/oauth2redirect")]
    [Description("RFC 8252 §7: redirect URIs with https, loopback and private-use schemes are valid")]
    public void A_valid_redirect_uri_is_accepted(string redirectUri) =>
        Assert.That(Failures(o => o.RedirectUri = new(redirectUri)), Is.Empty);

    [TestCase("fragment")]
    [TestCase("Query")]
    [TestCase("")]
    [Description("OAuth 2.0 Multiple Response Types §2.1, RFC 9700 §2.1.2: other response modes than query and form_post are invalid")]
    public void An_invalid_response_mode_is_reported(string mode) =>
        Assert.That(Failures(o => o.ResponseMode = mode), Has.One.Contains("ResponseMode must be query, form_post, jwt"));

    [TestCase("query")]
    [TestCase("form_post")]
    [TestCase(null)]
    [Description("OAuth 2.0 Form Post Response Mode §2: query, form_post and the default are valid")]
    public void A_valid_response_mode_is_accepted(string? mode) => Assert.That(Failures(o => o.ResponseMode = mode), Is.Empty);

    [TestCase(true, true, false, false), TestCase(true, true, true, true)]
    [TestCase(true, false, false, true), TestCase(false, true, false, true)]
    [Description("RFC 7009 §2: RevokeSupersededGrants requires RevocationEndpoint when TokenEndpoint is set")]
    public void Revoking_superseded_grants_needs_an_endpoint(bool revokes, bool isConfigured, bool hasEndpoint, bool isValid)
    {
        var failures = Failures(o =>
        {
            o.RevokeSupersededGrants = revokes;
            o.TokenEndpoint = isConfigured ? new("https://server.example.com/token") : null;
            o.RevocationEndpoint = hasEndpoint ? new("https://server.example.com/revoke") : null;
        });
        Assert.That(failures, isValid ? Is.Empty : Has.One.Contains("RevokeSupersededGrants needs RevocationEndpoint"));
    }
}
