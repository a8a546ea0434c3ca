using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests dynamic client registration: the request and the handling of the response (RFC 7591).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DynamicRegistrationTests
{
    [Test]
    [Description("Module oidcc-client-test-dynamic-registration; RFC 7591 §3: the client is registered once, when it is first needed")]
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
        Assert.That(node.Log.Events(501), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("RFC 7591 §3: a POST with a JSON object, without Authorization header when there is no initial access token")]
    public async Task The_request_has_the_required_metadata()
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
                    {"redirect_uris":["https://app.example/callback"],"response_types":["code"],
                     "grant_types":["authorization_code","refresh_token"],
                     "token_endpoint_auth_method":"client_secret_basic","application_type":"web"}
                    """
                )
            ),
            Is.True,
            request.Body
        );
    }

    [Test]
    [Description("RFC 7591 §2, §2.3, §3; OpenID Connect Dynamic Client Registration §2: all options are sent")]
    public async Task The_request_has_all_configured_metadata()
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
                o.AuthorizationDetails = """[{"type":"payment"},{"type":"payment"},{"type":"account"}]""";
                o.IdTokenSigningAlgorithms = ["PS256", "RS256"];
                o.PostLogoutRedirectUri = new("https://app.example/signed-out");
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
                     "token_endpoint_auth_method":"client_secret_post","application_type":"native",
                     "scope":"openid photos","authorization_details_types":["payment","account"],"id_token_signed_response_alg":"PS256",
                     "introspection_signed_response_alg":"PS256","client_name":"Photos",
                     "initiate_login_uri":"https://app.example/start","backchannel_logout_uri":"https://app.example/logout",
                     "backchannel_logout_session_required":true,
                     "frontchannel_logout_uri":"https://app.example/frame","frontchannel_logout_session_required":true,
                     "post_logout_redirect_uris":["https://app.example/signed-out"],
                     "software_statement":"a.software.statement","contacts":["a@app.example"]}
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
            "the registered method is used"
        );
    }

    [TestCase(null, "client_credentials", null)]
    [TestCase("http://127.0.0.1:8400/callback", "authorization_code", "native")]
    [TestCase("com.example.app:/callback", "authorization_code", "native")]
    [TestCase("https://localhost:8400/callback", "authorization_code", "web")]
    [Description("RFC 7591 §2.1, OpenID Connect Dynamic Client Registration §2: the redirect URI determines other metadata")]
    public async Task Metadata_follows_from_the_redirect_uri(string? redirectUri, string grantType, string? applicationType)
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
    [Description("RFC 7591 §2: the authentication method is one that the server supports, or the configured one")]
    public async Task The_authentication_method_is_supported_or_configured(
        string? supported,
        ClientAuthenticationMethod? configured,
        string expected
    )
    {
        RegisteringServer server = new();
        await using var node = Discovering(server, o => o.ClientAuthentication = configured, supported);
        await Registration(node).RegisterAsync();
        Assert.That(
            (string?)JsonNode.Parse(server.RequestsTo("/register").Single().Body)!["token_endpoint_auth_method"],
            Is.EqualTo(expected)
        );
        Assert.That(
            (await node.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync("a-token")).IsActive,
            Is.True,
            "the client authenticates with the method"
        );
    }

    [Test]
    [Description("RFC 7591 §2: without a common authentication method no client is registered")]
    public async Task Without_a_common_authentication_method_registration_throws()
    {
        RegisteringServer server = new();
        await using var node = Discovering(server, _ => { }, "private_key_jwt");
        Assert.That(
            async () => await Registration(node).RegisterAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("private_key_jwt")
        );
        Assert.That(server.Registrations, Is.Zero);
    }

    [Test]
    [Description("Secrets that the server echoes appear neither in exceptions nor in logs, and the registered client exposes none")]
    public async Task Secrets_are_not_exposed()
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

    private static ScriptedServer Discovering(RegisteringServer server, Action<OAuthClientOptions> options, string? supported)
    {
        var node = server.Node(options: o =>
        {
            (o.TokenEndpoint, o.Issuer) = (null, new(ScriptedServer.Origin));
            options(o);
        });
        server.Metadata = supported is null
            ? []
            : new() { ["token_endpoint_auth_methods_supported"] = new JsonArray([.. supported.Split(' ').Select(name => (JsonNode)name)]) };
        return node;
    }
}
