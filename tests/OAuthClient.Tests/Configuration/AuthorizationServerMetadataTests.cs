using System.Text;

namespace OAuthClient.Tests;

/// <summary>Tests which members of a server's metadata are read, and which faults reject the document (RFC 8414 §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AuthorizationServerMetadataTests
{
    private static IEnumerable<string> Endpoints => ServerEndpoint.All.Select(endpoint => endpoint.MetadataName);

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
        "RFC 6749 §3.1, §10.9; RFC 8414 §2: an endpoint is absolute, uses https and has no fragment or user; a document with "
            + "any other endpoint is rejected"
    )]
    public void An_unsafe_endpoint_is_rejected(string address)
    {
        foreach (string name in Endpoints)
        {
            Assert.That(
                () => Read($"{{\"{name}\":\"{address}\"}}"),
                Throws
                    .InstanceOf<OAuthProtocolException>()
                    .With.Message.Contains($"as {name}")
                    .And.Message.Contains("absolute https address")
            );
        }
    }

    [Test]
    [Description("RFC 8252 §8.3: http is accepted for loopback if the developer allowed it, and for no other host")]
    public void Http_on_loopback_is_read_when_allowed()
    {
        Assert.That(
            Read("{\"token_endpoint\":\"http://127.0.0.1:1/t\"}", allowHttpOnLoopback: true).Get(ServerEndpoint.Token),
            Is.EqualTo(new Uri("http://127.0.0.1:1/t"))
        );
        Assert.That(
            () => Read("{\"token_endpoint\":\"http://s.example.com/t\"}", allowHttpOnLoopback: true),
            Throws.InstanceOf<OAuthProtocolException>()
        );
    }

    [TestCase("{\"issuer\":1}")]
    [TestCase("{\"token_endpoint\":[]}")]
    [TestCase("{\"code_challenge_methods_supported\":\"S256\"}")]
    [TestCase("{\"token_endpoint_auth_methods_supported\":[1]}")]
    [TestCase("{\"code_challenge_methods_supported\":[\"\\ud800\"]}")]
    [Description("RFC 8414 §2: a member of the wrong kind is a protocol violation")]
    public void A_member_of_the_wrong_kind_is_rejected(string json) =>
        Assert.That(() => Read(json), Throws.InstanceOf<OAuthProtocolException>());

    private static AuthorizationServerMetadata Read(string json, bool allowHttpOnLoopback = false) =>
        AuthorizationServerMetadata.Read(StrictJson.TryParseObject(Encoding.UTF8.GetBytes(json))!.Value, allowHttpOnLoopback);
}
