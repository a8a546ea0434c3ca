using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests which members of a server's metadata are read, and which faults reject the document (RFC 8414 §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AuthorizationServerMetadataTests
{
    [Test]
    [Description("RFC 8414 §2, RFC 9207 §3: each member is read")]
    public void A_full_document_is_read()
    {
        var server = Read(
            """
            {"issuer":"https://s.example.com","authorization_endpoint":"https://s.example.com/a?x=y",
             "token_endpoint":"https://s.example.com/t",
             "revocation_endpoint":"https://s.example.com/r","introspection_endpoint":"https://s.example.com/i",
             "registration_endpoint":"https://s.example.com/register","userinfo_endpoint":"https://s.example.com/u",
             "jwks_uri":"https://s.example.com/j",
             "end_session_endpoint":"https://s.example.com/e",
             "authorization_response_iss_parameter_supported":true,"code_challenge_methods_supported":["S256"],
             "token_endpoint_auth_methods_supported":["client_secret_post"],"unknown":{"a":1}}
            """
        );

        Assert.Multiple(() =>
        {
            Assert.That(server.Issuer, Is.EqualTo("https://s.example.com"));
            Assert.That(server.ServerId, Is.EqualTo("https://s.example.com"));
            Assert.That(server.Find(ServerEndpoint.Authorization), Is.EqualTo(new Uri("https://s.example.com/a?x=y")));
            Assert.That(server.Find(ServerEndpoint.Token), Is.EqualTo(new Uri("https://s.example.com/t")));
            Assert.That(server.Find(ServerEndpoint.Revocation), Is.EqualTo(new Uri("https://s.example.com/r")));
            Assert.That(server.Find(ServerEndpoint.Introspection), Is.EqualTo(new Uri("https://s.example.com/i")));
            Assert.That(server.Find(ServerEndpoint.Registration), Is.EqualTo(new Uri("https://s.example.com/register")));
            Assert.That(server.Find(ServerEndpoint.UserInfo), Is.EqualTo(new Uri("https://s.example.com/u")));
            Assert.That(server.Find(ServerEndpoint.Keys), Is.EqualTo(new Uri("https://s.example.com/j")));
            Assert.That(server.Find(ServerEndpoint.EndSession), Is.EqualTo(new Uri("https://s.example.com/e")));
            Assert.That(server.SendsIssuerInResponse, Is.True);
            Assert.That(server.CodeChallengeMethods, Is.EqualTo(["S256"]));
            Assert.That(server.TokenEndpointAuthenticationMethods, Is.EqualTo(["client_secret_post"]));
        });
    }

    [Test]
    [Description("RFC 8414 §2: an absent member is null")]
    public void An_empty_document_is_read()
    {
        var server = Read("{}");
        AuthorizationServerMetadata empty = new();

        Assert.That(server.Endpoints.Values, Is.All.Null);
        Assert.That(server with { Endpoints = empty.Endpoints, Document = null }, Is.EqualTo(empty));
        Assert.That(server.ServerId, Is.Empty);
        Assert.That(Read("{\"token_endpoint\":\"https://S.example.com:443/t\"}").ServerId, Is.EqualTo("https://s.example.com/t"));
    }

    [TestCase("false")]
    [TestCase("null")]
    [TestCase("\"true\"")]
    [TestCase("1")]
    [Description("RFC 9207 §3: only the value true enables the iss parameter")]
    public void Iss_is_enabled_by_true_only(string value) =>
        Assert.That(Read($"{{\"authorization_response_iss_parameter_supported\":{value}}}").SendsIssuerInResponse, Is.False);

    [TestCase("http://s.example.com/x")]
    [TestCase("http://127.0.0.1/x")]
    [TestCase("ftp://s.example.com/x")]
    [TestCase("file:///etc/passwd")]
    [TestCase("javascript:alert(1)")]
    [TestCase("a:$(calc)")]
    [TestCase("\\\\\\\\evil.example.com\\\\share")]
    [TestCase("/x")]
    [TestCase("s.example.com")]
    [TestCase("https://s.example.com/x#fragment")]
    [TestCase("https://s.example.com/x#")]
    [TestCase("https://user@s.example.com/x")]
    [TestCase("https://user:password@s.example.com/x")]
    [Description(
        "RFC 6749 §3.1, §10.9; RFC 8414 §2: an endpoint is absolute, uses https and has no fragment or user; any other endpoint is "
            + "rejected when it is used, and does not affect the others. DangerouslyAllowHttpInTrustedNetwork relaxes https"
    )]
    public void An_unsafe_endpoint_is_rejected_when_it_is_used(string address)
    {
        foreach (var endpoint in ServerEndpoint.All)
            RequireFault($"\"{address}\"", endpoint, $"as {endpoint.MetadataName}", "absolute https address", $"set {endpoint.OptionName}");
    }

    [TestCase("5", "'5'")]
    [TestCase("true", "'true'")]
    [TestCase("[\"https://s.example.com/x\"]", "x")]
    [TestCase("{}", "'{}'")]
    [TestCase("\"\\ud800\"", "")]
    [Description("RFC 8414 §2: an endpoint of another type is rejected when it is used; the message contains its value")]
    public void An_endpoint_of_another_type_is_rejected_when_it_is_used(string value, string quoted)
    {
        foreach (var endpoint in ServerEndpoint.All)
            RequireFault(value, endpoint, $"as {endpoint.MetadataName}", value.Length < 6 ? quoted : "has '");
    }

    [Test]
    [Description("RFC 8259 §4: an endpoint that occurs twice is rejected when it is used, even if both values are equal")]
    public void A_repeated_endpoint_is_rejected_when_it_is_used()
    {
        foreach (var endpoint in ServerEndpoint.All)
        {
            RequireFault(
                $"\"https://s.example.com/1\",\"{endpoint.MetadataName}\":\"https://s.example.com/2\"",
                endpoint,
                "twice, as 'https://s.example.com/1' and 'https://s.example.com/2'"
            );
        }
    }

    [TestCase("null")]
    [TestCase("\"\"")]
    [Description("RFC 8414 §2: an endpoint that is null or empty counts as absent")]
    public void An_empty_endpoint_is_absent(string value)
    {
        foreach (var endpoint in ServerEndpoint.All)
            Assert.That(Read($"{{\"{endpoint.MetadataName}\":{value}}}").FindValid(endpoint), Is.Null);
    }

    [Test]
    [Description("RFC 8414 §2: an endpoint of the options replaces one that cannot be used")]
    public void A_configured_endpoint_replaces_an_unusable_one()
    {
        var configured = SampleConfiguration.Server;
        var server = Read("{\"token_endpoint\":5}").OverriddenBy(configured);
        Assert.That(server.Get(ServerEndpoint.Token), Is.EqualTo(configured.Get(ServerEndpoint.Token)));
    }

    [TestCase("5", "'5' as mtls_endpoint_aliases")]
    [TestCase("{\"token_endpoint\":\"http://s.example.com/t\"}", "'http://s.example.com/t' as mtls_endpoint_aliases.token_endpoint")]
    [TestCase("{\"token_endpoint\":7}", "'7' as mtls_endpoint_aliases.token_endpoint")]
    [TestCase("{\"token_endpoint\":\"/t\"}", "'/t' as mtls_endpoint_aliases.token_endpoint")]
    [Description(
        "RFC 8705 §5: an alias that cannot be used is rejected when it is used, and not replaced by the endpoint at which the server does "
            + "not ask for the certificate; a client without a certificate ignores the member"
    )]
    public void An_unusable_alias_is_rejected_when_it_is_used(string aliases, string words)
    {
        string json =
            $"{{\"token_endpoint\":\"https://s.example.com/t\",\"jwks_uri\":\"https://s.example.com/j\","
            + $"\"mtls_endpoint_aliases\":{aliases}}}";

        var server = Read(json, presentsCertificate: true);

        Assert.That(() => server.Get(ServerEndpoint.Token), Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains(words));
        Assert.That(server.Find(ServerEndpoint.Token), Is.Null);
        Assert.That(server.Get(ServerEndpoint.Keys), Is.EqualTo(new Uri("https://s.example.com/j")), "a browser or no certificate");
        Assert.That(Read(json).Get(ServerEndpoint.Token), Is.EqualTo(new Uri("https://s.example.com/t")));
    }

    [TestCase("null")]
    [TestCase("{}")]
    [TestCase("{\"token_endpoint\":null,\"revocation_endpoint\":5}")]
    [Description("RFC 8705 §5: where there is no alias, the endpoint is used; another alias does not affect it")]
    public void Without_an_alias_the_endpoint_is_used(string aliases) =>
        Assert.That(
            Read($"{{\"token_endpoint\":\"https://s.example.com/t\",\"mtls_endpoint_aliases\":{aliases}}}", presentsCertificate: true)
                .Get(ServerEndpoint.Token),
            Is.EqualTo(new Uri("https://s.example.com/t"))
        );

    [Test]
    [Description("RFC 8252 §8.3: http is accepted for loopback if the developer allowed it, and for no other host")]
    public void Http_on_loopback_is_read_when_allowed()
    {
        Assert.That(
            Read("{\"token_endpoint\":\"http://127.0.0.1:1/t\"}", allowHttpOnLoopback: true).Get(ServerEndpoint.Token),
            Is.EqualTo(new Uri("http://127.0.0.1:1/t"))
        );
        Assert.That(
            () => Read("{\"token_endpoint\":\"http://s.example.com/t\"}", allowHttpOnLoopback: true).Get(ServerEndpoint.Token),
            Throws.InstanceOf<OAuthProtocolException>()
        );
    }

    [Test]
    [Description("RFC 8414 §3.3: the issuer alone must be valid at once; with two issuers it is not known whose metadata it is")]
    public void The_issuer_is_validated_at_once()
    {
        Assert.That(() => Read("{\"issuer\":1}"), Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("issuer"));
        Assert.That(Read("{\"issuer\":\"a\",\"issuer\":\"a\"}"), Is.Null);
    }

    [TestCase("5")]
    [TestCase("[1]")]
    [TestCase("{}")]
    [TestCase("[\"\\ud800\"]")]
    [TestCase("[\"S256\",null]")]
    [Description("RFC 8414 §2: a list of the wrong type is rejected when it is used; the message names the member")]
    public void A_list_of_the_wrong_type_is_rejected_when_it_is_used(string value)
    {
        Assert.That(
            () => Read($"{{\"code_challenge_methods_supported\":{value}}}").CodeChallengeMethods,
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("as code_challenge_methods_supported")
        );
        Assert.That(
            () => Read($"{{\"token_endpoint_auth_methods_supported\":{value}}}").TokenEndpointAuthenticationMethods,
            Throws
                .InstanceOf<OAuthProtocolException>()
                .With.Message.Contains("as token_endpoint_auth_methods_supported")
                .And.Message.Contains("Set ClientAuthentication")
        );
        Assert.That(Read($"{{\"id_token_signing_alg_values_supported\":{value}}}").Algorithms, Is.EqualTo(OfferedAlgorithms.Unknown));
    }

    [Test]
    [Description("RFC 8414 §2: a single text in place of a list is read as one item")]
    public void A_text_in_place_of_a_list_is_one_item() =>
        Assert.That(Read("{\"code_challenge_methods_supported\":\"plain\"}").CodeChallengeMethods, Is.EqualTo(["plain"]));

    private static void RequireFault(string value, ServerEndpoint endpoint, params string[] words)
    {
        var server = Read($"{{\"issuer\":\"https://s.example.com\",\"{endpoint.MetadataName}\":{value}}}");

        Assert.That(server.Issuer, Is.EqualTo("https://s.example.com"));
        Assert.That(server.Find(endpoint), Is.Null);
        foreach (var other in ServerEndpoint.All.Where(other => other != endpoint))
            Assert.That(server.FindValid(other), Is.Null);
        var refusal = Assert.Throws<OAuthProtocolException>(() => server.Get(endpoint))!;
        foreach (string word in words)
            Assert.That(refusal.Message, Does.Contain(word));
    }

    private static AuthorizationServerMetadata Read(string json, bool allowHttpOnLoopback = false, bool presentsCertificate = false) =>
        ServerMetadataReader.Read(JsonDocument.Parse(json).RootElement, new(allowHttpOnLoopback, []), presentsCertificate)!;
}
