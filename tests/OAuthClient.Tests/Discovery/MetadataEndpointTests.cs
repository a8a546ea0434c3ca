using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;
using static OAuthClient.Tests.DiscoveredServer;

namespace OAuthClient.Tests;

/// <summary>Tests the endpoints in server metadata, and those that the options configure (RFC 8414 §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MetadataEndpointTests
{
    private const string Issuer = "https://as.example";
    private const string OAuth = "https://as.example/.well-known/oauth-authorization-server";

    [Test]
    [Description("RFC 8414 §2: a configured endpoint overrides the discovered one")]
    public async Task Each_endpoint_is_configured_or_discovered([Values] bool isConfigured)
    {
        string[] names = ["revocation", "registration", "introspection", "userinfo", "end_session", "authorization"];
        await using var server = Discovering(Issuer);
        server.Answers(_ =>
            Document(
                Issuer,
                json =>
                {
                    foreach (string name in names)
                        json[name + "_endpoint"] = $"https://as.example/found/{name}";
                }
            )
        );
        string place = isConfigured ? "https://own.example" : "https://as.example/found";
        Uri? Configured(string name) => isConfigured ? new($"https://own.example/{name}") : null;
        var configuration = SampleConfiguration.Create(o =>
        {
            o.Issuer = new(Issuer);
            o.RevocationEndpoint = Configured("revocation");
            o.RegistrationEndpoint = Configured("registration");
            o.IntrospectionEndpoint = Configured("introspection");
            o.UserInfoEndpoint = Configured("userinfo");
            o.EndSessionEndpoint = Configured("end_session");
            o.AuthorizationEndpoint = Configured("authorization");
            o.JwksUri = Configured("jwks");
        });

        var found = await new ServerMetadataCache(server.BackChannelOf(), server.Clock).FindAsync(configuration, default);

        Assert.That(
            new[]
            {
                found.Find(ServerEndpoint.Revocation),
                found.Find(ServerEndpoint.Registration),
                found.Find(ServerEndpoint.Introspection),
                found.Find(ServerEndpoint.UserInfo),
                found.Find(ServerEndpoint.EndSession),
                found.Find(ServerEndpoint.Authorization),
                found.Find(ServerEndpoint.Keys),
            },
            Is.EqualTo(names.Append("jwks").Select(name => new Uri($"{place}/{name}")))
        );
        Assert.That(found.Find(ServerEndpoint.Token), Is.EqualTo(new Uri("https://as.example/found/token")));
    }

    [Test]
    [Description(
        "RFC 8414 §2. Threat: cleartext. An address that is not https, or has user information or a fragment, is rejected by the operation "
            + "that uses it, and no request is sent to it. DangerouslyAllowHttpInTrustedNetwork relaxes https"
    )]
    public async Task An_unsafe_endpoint_is_rejected_by_the_operation_that_uses_it(
        [Values(
            "authorization_endpoint",
            "token_endpoint",
            "revocation_endpoint",
            "introspection_endpoint",
            "userinfo_endpoint",
            "jwks_uri"
        )]
            string member,
        [Values(
            "http://as.example/x",
            "http://127.0.0.1/x",
            "ftp://as.example/x",
            "javascript:alert(1)",
            "//as.example/x",
            "/x",
            "as.example",
            "https://user@as.example/x",
            "https://as.example/x#fragment"
        )]
            string address
    )
    {
        await using var server = Discovering(Issuer);
        await using var openId = Discovering(Issuer, o => o.Scopes = ["openid"]);
        foreach (var one in new[] { server, openId })
        {
            one.Answers(request =>
                request.Uri.AbsolutePath.StartsWith("/.well-known/", StringComparison.Ordinal)
                    ? Document(Issuer, json => json[member] = address)
                    : ScriptedServer.Json(200, """{"access_token":"at","token_type":"Bearer","sub":"s"}""")
            );
        }
        var user = GrantOwner.User("42");
        var introspection = server.Services.GetRequiredService<TokenIntrospection>();
        Func<Task> operation = member switch
        {
            "revocation_endpoint" => () => server.Client.RevokeAsync(user),
            "introspection_endpoint" => () => introspection.IntrospectAsync("token"),
            "userinfo_endpoint" => () => server.Client.GetUserInfoAsync(user),
            "jwks_uri" => () => openId.Client.BeginAuthorizationAsync(),
            _ => () => server.Client.BeginAuthorizationAsync(),
        };
        if (member is not ("authorization_endpoint" or "token_endpoint"))
            await server.SignInAsync();
        int before = server.Requests.Count;

        Assert.That(
            async () => await operation(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain(member).And.Message.Contain("https")
        );

        Assert.That(server.Requests.Skip(before).Select(request => request.Uri.AbsoluteUri), Is.All.EqualTo(OAuth));
        Assert.That(openId.Requests.Select(request => request.Uri.AbsolutePath), Is.All.StartsWith("/.well-known/"));
    }

    [Test]
    [Description("Threat: cleartext. With http allowed on loopback, http to another host is rejected")]
    public async Task Http_is_allowed_only_on_loopback()
    {
        await using var server = Discovering("http://127.0.0.1:9", o => (o.DangerouslyAllowHttpOnLoopback, o.Scopes) = (true, ["openid"]));
        server.Answers(_ => Document("http://127.0.0.1:9", json => json["jwks_uri"] = "http://keys.example/jwks"));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain("jwks_uri")
        );
    }

    [TestCase("token_endpoint", "5")]
    [TestCase("issuer", "[]")]
    [TestCase("code_challenge_methods_supported", "5")]
    [TestCase("code_challenge_methods_supported", "[256]")]
    [Description("RFC 8414 §2: a member of the wrong type that the operation uses causes an OAuthProtocolException")]
    public async Task A_member_of_the_wrong_type_is_a_protocol_error(string member, string value)
    {
        await using var server = Discovering(Issuer);
        server.Answers(_ => Document(Issuer, json => json[member] = JsonNode.Parse(value)));
        Assert.That(
            async () => await server.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain(member)
        );
    }

    [TestCase("{}")]
    [TestCase("[1]")]
    [Description("RFC 8414 §2: the methods of authentication are read only if there is a choice; the message names the option to set")]
    public async Task Malformed_authentication_methods_matter_only_for_a_choice(string value)
    {
        foreach (bool isStated in new[] { false, true })
        {
            await using var server = Discovering(
                Issuer,
                o => o.ClientAuthentication = isStated ? ClientAuthenticationMethod.ClientSecretPost : null
            );
            server.Answers(_ => Document(Issuer, json => json["token_endpoint_auth_methods_supported"] = JsonNode.Parse(value)));
            Assert.That(
                async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
                isStated ? Throws.Nothing : Throws.TypeOf<OAuthProtocolException>().With.Message.Contain("Set ClientAuthentication")
            );
        }
    }

    [Test]
    [Description(
        "RFC 8414 §2, over a socket: a server whose metadata has malformed members that a sign-in does not use. The sign-in works, and "
            + "revocation says what is wrong"
    )]
    public async Task Malformed_members_that_are_not_used_do_not_matter()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"], server: o => o.PublishMalformedMetadata = true);
        host.Server.Faults.Add(
            TestEndpoint.Metadata,
            Fault.RewrittenBody(json => """{"op_policy_uri":1,"op_policy_uri":null,"service_documentation":"\ud800",""" + json[1..])
        );
        var grant = await host.SignInAsync();
        Assert.That(
            async () => await host.Client.RevokeAsync(grant.Owner),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("'/revoke' as revocation_endpoint")
        );
    }

    [Test]
    [Description("For metadata without a token endpoint the message names the option to set")]
    public async Task Missing_token_endpoint_is_reported()
    {
        await using var server = Discovering(Issuer);
        server.Answers(_ => Document(Issuer, json => json.Remove("token_endpoint")));
        Assert.That(
            async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
            Throws.TypeOf<OAuthException>().With.Message.Contain(Issuer).And.Message.Contain("TokenEndpoint")
        );
    }

    [Test]
    [Description("A configured endpoint overrides the discovered one; the others are discovered")]
    public async Task A_configured_endpoint_overrides_the_discovered_one()
    {
        await using var server = Discovering(
            Issuer,
            o =>
            {
                o.AuthorizationEndpoint = new("https://front.example/authorize");
                o.RevocationEndpoint = new("https://back.example/revoke");
                o.UserInfoEndpoint = new("https://back.example/userinfo");
            }
        );
        server.Answers(sentRequest =>
            sentRequest.Uri.AbsoluteUri switch
            {
                OAuth => Document(Issuer),
                "https://back.example/userinfo" => ScriptedServer.Json(200, """{"sub":"s"}"""),
                _ => ScriptedServer.Json(200, """{"access_token":"at","token_type":"Bearer"}"""),
            }
        );

        var pending = await server.Client.BeginAuthorizationAsync();
        await server.SignInAsync();
        await server.Client.GetUserInfoAsync(GrantOwner.User("42"));
        await server.Client.RevokeAsync(GrantOwner.User("42"));

        Assert.That(pending.AuthorizationUri.Host, Is.EqualTo("front.example"));
        Assert.That(
            server.Requests.Select(request => request.Uri.AbsoluteUri),
            Is.EqualTo(new[] { OAuth, "https://as.example/found/token", "https://back.example/userinfo", "https://back.example/revoke" })
        );
    }

    [Test]
    [Description("With a configured token endpoint nothing is discovered, even when the issuer is known")]
    public async Task A_configured_token_endpoint_disables_discovery()
    {
        await using ScriptedServer server = new(o => o.Issuer = new(Issuer));
        await server.SignInAsync();
        Assert.That(server.Only.Uri.AbsoluteUri, Is.EqualTo("https://as.example/token"));
    }
}
