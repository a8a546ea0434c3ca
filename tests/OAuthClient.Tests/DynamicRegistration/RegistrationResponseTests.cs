using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests the handling of registration responses and errors (RFC 7591 §3.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationResponseTests
{
    [TestCase("redirect_uris", """["https://app.example/other"]""", "redirect_uris")]
    [TestCase("response_types", """["id_token"]""", "response_types")]
    [TestCase("grant_types", """["implicit"]""", "grant_types")]
    [TestCase("token_endpoint_auth_method", "\"private_key_jwt\"", "private_key_jwt")]
    [TestCase("token_endpoint_auth_method", "\"tls_client_auth\"", "UseClientCertificate")]
    [Description("RFC 7591 §3.2.1: registered metadata that this client does not support throws, and the client is not used")]
    public async Task Unsupported_registered_metadata_throws(string member, string value, string fragment)
    {
        RegisteringServer server = new() { Answer = json => json[member] = JsonNode.Parse(value) };
        await using var node = server.Node();
        Assert.That(
            async () => await node.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains(fragment)
        );
        Assert.That(
            async () => await node.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains(fragment)
        );
        Assert.That(server.Registrations, Is.EqualTo(1), "each attempt registers no further client");
    }

    [Test]
    [Description("RFC 7591 §3.2.1, OpenID Connect Core §3.1.3.7: a registered ID Token algorithm that is not allowed throws")]
    public async Task A_registered_algorithm_that_is_not_allowed_throws()
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
    [Description("RFC 7591 §3.2.1, RFC 7592 §3: a response without identifier or required secret, or with invalid values, is rejected")]
    public async Task Invalid_responses_are_rejected(string member, string value)
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
    [Description("RFC 7591 §3.2.1: absent members are as requested, and a secret without expiry does not expire")]
    public async Task A_minimal_response_is_accepted()
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
    [Description("RFC 7591 §2: a public client ignores a secret in the response")]
    public async Task A_public_client_ignores_a_secret()
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
    [Description("RFC 7591 §3.2.2: the message says what the developer must change")]
    public async Task Error_responses_say_what_to_change(int status, string body, string fragment)
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
                .And.Message.Contains(fragment)
        );
    }

    [Test]
    [Description("RFC 7591 §3: a registration creates a client and is not retried when its response is lost")]
    public async Task A_registration_is_not_retried()
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
    [Description("RFC 8414 §2: a server without registration endpoint throws")]
    public async Task A_server_without_registration_endpoint_throws()
    {
        RegisteringServer server = new();
        await using var node = server.Node(options: o => o.RegistrationEndpoint = null);
        Assert.That(
            async () => await node.Client.BeginAuthorizationAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("RegistrationEndpoint").And.Message.Contains("ClientId")
        );
    }

    private static DynamicRegistration Registration(ScriptedServer node) => node.Services.GetRequiredService<DynamicRegistration>();
}
