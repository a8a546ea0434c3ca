using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>A client that nobody registered by hand: what it says of itself, and what it makes of the answer (RFC 7591).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DynamicRegistrationTests
{
    [Test]
    [Description(
        "Module oidcc-client-test-dynamic-registration; RFC 7591 §3: registered when it is first needed, once, and used from then on"
    )]
    public async Task A_login_registers_the_client_once()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        var pending = await node.Client.BeginAuthorizationAsync();
        var grant = await node.SignInAsync();
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(pending.AuthorizationUri.Query, Does.Contain("client_id=client-1"));
        Assert.That(grant.ClientId, Is.EqualTo("client-1"));
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(
            server.RequestsTo("/token").Select(request => request.Authorization),
            Is.All.EqualTo("Basic " + Convert.ToBase64String("client-1:secret-of-client-1"u8))
        );
        Assert.That(node.Log.Events(14), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("RFC 7591 §3: a JSON object by POST; without an initial access token nobody is named")]
    public async Task The_request()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        await Registration(node).RegisterAsync();
        var request = server.RequestsTo("/register").Single();
        Assert.That(request.Method, Is.EqualTo(HttpMethod.Post));
        Assert.That(request.MediaType, Is.EqualTo("application/json"));
        Assert.That(request.Accept, Is.EqualTo("application/json"));
        Assert.That(request.Authorization, Is.Null);
        Assert.That(
            JsonNode.DeepEquals(
                JsonNode.Parse(request.Body),
                JsonNode.Parse(
                    """
                    {"redirect_uris":["https://app.example/callback"],"response_types":["code"],"grant_types":["authorization_code","refresh_token"],
                     "token_endpoint_auth_method":"client_secret_basic","application_type":"web"}
                    """
                )
            ),
            Is.True,
            request.Body
        );
    }

    [Test]
    [Description("RFC 7591 §2, §2.3, §3; OpenID Connect Dynamic Client Registration §2: all that can be said")]
    public async Task The_fullest_request()
    {
        RegisteringServer server = new();
        await using var node = server.Node(
            dynamic: o =>
            {
                (o.ClientName, o.InitialAccessToken, o.SoftwareStatement) = ("Photos", "initial-token", "a.software.statement");
                o.GrantTypes = ["authorization_code"];
                o.ApplicationType = "native";
                (o.InitiateLoginUri, o.BackChannelLogoutUri) = (new("https://app.example/start"), new("https://app.example/logout"));
                o.FrontChannelLogoutUri = new("https://app.example/frame");
                o.Metadata = new() { ["contacts"] = new JsonArray("a@app.example"), ["token_endpoint_auth_method"] = "client_secret_post" };
            },
            options: o =>
            {
                o.Scopes = ["openid", "photos"];
                o.IdTokenSigningAlgorithms = ["PS256", "RS256"];
                o.PostLogoutRedirectUri = new("https://app.example/bye");
                o.SignedIntrospectionResponses = true;
                (o.Issuer, o.JwksUri) = (new(ScriptedServer.Origin), new(ScriptedServer.Origin + "/jwks"));
            }
        );
        var client = await Registration(node).RegisterAsync();
        var request = server.RequestsTo("/register").Single();
        Assert.That(request.Authorization, Is.EqualTo("Bearer initial-token"));
        Assert.That(
            JsonNode.DeepEquals(
                JsonNode.Parse(request.Body),
                JsonNode.Parse(
                    """
                    {"redirect_uris":["https://app.example/callback"],"response_types":["code"],"grant_types":["authorization_code"],
                     "token_endpoint_auth_method":"client_secret_post","application_type":"native","scope":"openid photos","id_token_signed_response_alg":"PS256",
                     "introspection_signed_response_alg":"PS256",             "client_name":"Photos","initiate_login_uri":"https://app.example/start","backchannel_logout_uri":"https://app.example/logout",
                     "backchannel_logout_session_required":true,"frontchannel_logout_uri":"https://app.example/frame","frontchannel_logout_session_required":true,
                     "post_logout_redirect_uris":["https://app.example/bye"],"software_statement":"a.software.statement","contacts":["a@app.example"]}
                    """
                )
            ),
            Is.True,
            request.Body
        );
        Assert.That(client.Server, Is.EqualTo(ScriptedServer.Origin));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(
            server.RequestsTo("/token").Single().Body,
            Does.Contain("client_secret=secret-of-client-1"),
            "what the server registered counts"
        );
    }

    [TestCase(null, "client_credentials", null)]
    [TestCase("http://127.0.0.1:8400/callback", "authorization_code", "native")]
    [TestCase("com.example.app:/callback", "authorization_code", "native")]
    [TestCase("https://localhost:8400/callback", "authorization_code", "web")]
    [Description(
        "RFC 7591 §2.1, OpenID Connect Dynamic Client Registration §2: grant types and kind of application follow from the redirect URI"
    )]
    public async Task What_follows_from_the_redirect_uri(string? redirectUri, string grantType, string? applicationType)
    {
        RegisteringServer server = new();
        await using var node = server.Node(options: o => o.RedirectUri = redirectUri is null ? null : new(redirectUri));
        await Registration(node).RegisterAsync();
        var sent = JsonNode.Parse(server.RequestsTo("/register").Single().Body)!;
        Assert.That((string?)sent["grant_types"]![0], Is.EqualTo(grantType));
        Assert.That((string?)sent["application_type"], Is.EqualTo(applicationType));
        Assert.That(sent["redirect_uris"]!.AsArray(), Has.Count.EqualTo(redirectUri is null ? 0 : 1));
        Assert.That(sent["response_types"]!.AsArray(), Has.Count.EqualTo(redirectUri is null ? 0 : 1));
    }

    [TestCase(null, null, "client_secret_basic")]
    [TestCase("client_secret_post", null, "client_secret_post")]
    [TestCase("private_key_jwt client_secret_post client_secret_basic", null, "client_secret_basic")]
    [TestCase("none", null, "none")]
    [TestCase("client_secret_basic", ClientAuthenticationMethod.None, "none")]
    [TestCase("client_secret_basic client_secret_post", ClientAuthenticationMethod.ClientSecretPost, "client_secret_post")]
    [Description("RFC 7591 §2: the way to authenticate is one that the server offers, or the one that the developer stated")]
    public async Task The_way_to_authenticate(string? offered, ClientAuthenticationMethod? stated, string asked)
    {
        RegisteringServer server = new();
        await using var node = Discovering(server, o => o.ClientAuthentication = stated, offered);
        await Registration(node).RegisterAsync();
        Assert.That(
            (string?)JsonNode.Parse(server.RequestsTo("/register").Single().Body)!["token_endpoint_auth_method"],
            Is.EqualTo(asked)
        );
        Assert.That(
            (await node.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync("a-token")).IsActive,
            Is.True,
            "and it is known by that"
        );
    }

    [Test]
    [Description("RFC 7591 §2: a server that offers nothing we have is told so, and gets no client that could never authenticate")]
    public async Task No_way_to_authenticate()
    {
        RegisteringServer server = new();
        await using var node = Discovering(server, _ => { }, "private_key_jwt");
        Assert.That(
            async () => await Registration(node).RegisterAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("private_key_jwt")
        );
        Assert.That(server.Registrations, Is.Zero);
    }

    [TestCase("redirect_uris", """["https://app.example/other"]""", "redirect_uris")]
    [TestCase("response_types", """["id_token"]""", "response_types")]
    [TestCase("grant_types", """["implicit"]""", "grant_types")]
    [TestCase("token_endpoint_auth_method", "\"private_key_jwt\"", "private_key_jwt")]
    [TestCase("token_endpoint_auth_method", "\"tls_client_auth\"", "UseClientCertificate")]
    [Description(
        "RFC 7591 §3.2.1: the server may register something else; what this client cannot be is said, and nothing is done with it"
    )]
    public async Task What_cannot_be_lived_with(string member, string value, string named)
    {
        RegisteringServer server = new() { Answer = json => json[member] = JsonNode.Parse(value) };
        await using var node = server.Node();
        Assert.That(async () => await node.Client.BeginAuthorizationAsync(), Throws.TypeOf<OAuthException>().With.Message.Contains(named));
        Assert.That(async () => await node.Client.BeginAuthorizationAsync(), Throws.TypeOf<OAuthException>().With.Message.Contains(named));
        Assert.That(server.Registrations, Is.EqualTo(1), "not one more client with every try");
    }

    [Test]
    [Description("RFC 7591 §3.2.1, OpenID Connect Core §3.1.3.7: an ID Token algorithm that is not allowed here")]
    public async Task An_id_token_algorithm_that_is_not_allowed()
    {
        RegisteringServer server = new() { Answer = json => json["id_token_signed_response_alg"] = "none" };
        await using var node = server.Node(options: o =>
        {
            o.Scopes = ["openid"];
            (o.Issuer, o.JwksUri) = (new(ScriptedServer.Origin), new(ScriptedServer.Origin + "/jwks"));
        });
        Assert.That(
            async () => await Registration(node).RegisterAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("IdTokenSigningAlgorithms")
        );
    }

    [TestCase("client_id", "null")]
    [TestCase("client_id", "7")]
    [TestCase("client_secret", "null")]
    [TestCase("client_secret_expires_at", "\"never\"")]
    [TestCase("client_secret_expires_at", "-1")]
    [TestCase("client_secret_expires_at", "1")]
    [TestCase("registration_client_uri", "\"http://as.example/manage/1\"")]
    [TestCase("registration_client_uri", "\"/manage/1\"")]
    [TestCase("registration_client_uri", "\"https://user@as.example/manage/1\"")]
    [TestCase("registration_client_uri", "\"https://metadata.internal/manage/1\"")]
    [TestCase("registration_client_uri", "\"https://as.example:8443/manage/1\"")]
    [TestCase("registration_access_token", "\"a token\\r\\nX: y\"")]
    [TestCase("redirect_uris", "\"https://app.example/callback\"")]
    [Description(
        "RFC 7591 §3.2.1, RFC 7592 §3: an answer without the identifier, without the secret it needs, or that would send a token in the clear, is none"
    )]
    public async Task Answers_that_are_none(string member, string value)
    {
        RegisteringServer server = new() { Answer = json => json[member] = JsonNode.Parse(value) };
        await using var node = server.Node();
        Assert.That(
            async () => await Registration(node).RegisterAsync(),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Not.Contains("secret-of")
                .And.Message.Not.Contains("management-of")
                .And.Message.Not.Contains("X: y")
        );
    }

    [Test]
    [Description("RFC 7591 §3.2.1: what the server does not say is as it was asked for, and a secret without an end does not end")]
    public async Task An_answer_with_the_least()
    {
        RegisteringServer server = new()
        {
            Answer = json =>
            {
                foreach (string name in json.Select(member => member.Key).Except(["client_id", "client_secret"]).ToList())
                    json.Remove(name);
            },
        };
        await using var node = server.Node();
        var client = await Registration(node).RegisterAsync();
        Assert.That(client.SecretExpiresAt, Is.Null);
        Assert.That(client.CanBeManaged, Is.False);
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        Assert.That(
            async () => await Registration(node).ReadAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("registration_client_uri")
        );
    }

    [Test]
    [Description("RFC 7591 §2: a public client gets no secret to send, even if the server gives one")]
    public async Task A_public_client()
    {
        RegisteringServer server = new();
        await using var node = server.Node(options: o => o.ClientAuthentication = ClientAuthenticationMethod.None);
        await node.SignInAsync();
        var request = server.RequestsTo("/token").Single();
        Assert.That(request["client_id"], Is.EqualTo("client-1"));
        Assert.That(request.Authorization, Is.Null);
        Assert.That(request.Body, Does.Not.Contain("secret"));
    }

    [TestCase(400, """{"error":"invalid_redirect_uri"}""", "RedirectUri")]
    [TestCase(400, """{"error":"invalid_client_metadata","error_description":"no client_name"}""", "RegisterDynamically")]
    [TestCase(400, """{"error":"unapproved_software_statement"}""", "SoftwareStatement")]
    [TestCase(401, "", "InitialAccessToken")]
    [TestCase(403, """{"error":"invalid_token"}""", "403")]
    [TestCase(302, "<html>", "redirect")]
    [TestCase(200, "<html>", "text/html")]
    [TestCase(200, """{"error":"invalid_redirect_uri","client_id":"1","client_secret":"2"}""", "RedirectUri")]
    [Description("RFC 7591 §3.2.2: the developer hears what to change")]
    public async Task Refusals(int status, string body, string named)
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        node.Answers(_ => ScriptedServer.Text(status, body, body.StartsWith('<') ? "text/html" : "application/json"));
        Assert.That(
            async () => await node.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<EndpointException>()
                .With.Property(nameof(EndpointException.StatusCode))
                .EqualTo((HttpStatusCode)status)
                .And.Message.Contains("registration endpoint (https://as.example/register)")
                .And.Message.Contains(named)
        );
    }

    [Test]
    [Description("RFC 7591 §3: to register is to make a client; a request whose answer was lost is not repeated by itself")]
    public async Task A_registration_is_not_repeated()
    {
        await using ScriptedServer server = new(
            o => (o.ClientId, o.ClientSecret, o.RegistrationEndpoint) = ("", null, new(ScriptedServer.Origin + "/register")),
            builder => builder.RegisterDynamically(),
            retries: true
        );
        server.Answers(_ => ScriptedServer.Json(503, ""));
        Assert.That(async () => await Registration(server).RegisterAsync().Promptly(), Throws.TypeOf<EndpointException>());
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("RFC 8414 §2: a server that registers nobody")]
    public async Task A_server_without_the_endpoint()
    {
        RegisteringServer server = new();
        await using var node = server.Node(options: o => o.RegistrationEndpoint = null);
        Assert.That(
            async () => await node.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("RegistrationEndpoint").And.Message.Contains("ClientId")
        );
    }

    [Test]
    [Description(
        "Threat: secrets in logs and exceptions. Tokens that the server says back are not repeated, and what was registered shows none"
    )]
    public async Task Secrets_are_not_shown()
    {
        RegisteringServer server = new();
        await using var node = server.Node(dynamic: o =>
            (o.InitialAccessToken, o.SoftwareStatement) = ("initial-canary", "statement-canary")
        );
        var client = await Registration(node).RegisterAsync();
        foreach (
            string text in new[]
            {
                client.ToString(),
                client.Metadata.GetRawText(),
                string.Concat(node.Log.Entries.Select(entry => entry.Message)),
            }
        )
            Assert.That(text, Does.Not.Contain("canary").And.Not.Contains("secret-of").And.Not.Contains("management-of"));
        Assert.That(() => JsonSerializer.Serialize(client), Throws.TypeOf<NotSupportedException>());

        await using var another = server.Node(dynamic: o =>
            (o.InitialAccessToken, o.SoftwareStatement) = ("initial-canary", "statement-canary")
        );
        another.Answers(sentRequest =>
            ScriptedServer.Json(400, """{"error":"invalid_client_metadata","error_description":"statement-canary initial-canary"}""")
        );
        Assert.That(
            async () => await Registration(another).RegisterAsync(),
            Throws.TypeOf<EndpointException>().With.Message.Contains("[redacted] [redacted]").And.Message.Not.Contains("canary")
        );
    }

    private static DynamicRegistration Registration(ScriptedServer node) => node.Services.GetRequiredService<DynamicRegistration>();

    private static ScriptedServer Discovering(RegisteringServer server, Action<OAuthClientOptions> options, string? offered)
    {
        var node = server.Node(options: o =>
        {
            (o.TokenEndpoint, o.Issuer) = (null, new(ScriptedServer.Origin));
            options(o);
        });
        server.Metadata = offered is null
            ? []
            : new() { ["token_endpoint_auth_methods_supported"] = new JsonArray([.. offered.Split(' ').Select(name => (JsonNode)name)]) };
        return node;
    }
}
