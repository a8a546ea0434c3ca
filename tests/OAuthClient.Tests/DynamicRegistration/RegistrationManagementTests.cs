using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests reading, updating and deleting a registration with its access token (RFC 7592).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationManagementTests
{
    [Test]
    [Description("RFC 7592 §2.1: GET with the registration access token; the response replaces the stored values")]
    public async Task Read_replaces_the_stored_values()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        await Registration(node).RegisterAsync();
        server.ReplaceSecret("client-1", "another-secret");
        server.Answer = json => json["client_name"] = "As the server calls it";
        var client = await Registration(node).ReadAsync();

        var request = server.RequestsTo("/manage/client-1").Single();
        Assert.That(
            (request.Method, request.Authorization, request.Body),
            Is.EqualTo((HttpMethod.Get, "Bearer management-of-client-1", ""))
        );
        Assert.That(client.Metadata.GetProperty("client_name").GetString(), Is.EqualTo("As the server calls it"));
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
    }

    [Test]
    [Description("RFC 7592 §2.2: PUT with the previous and current metadata and client_id, without the members that the server sets")]
    public async Task Update_sends_the_metadata()
    {
        RegisteringServer server = new()
        {
            Answer = json => (json["client_id_issued_at"], json["logo_uri"]) = (7, "https://app.example/logo"),
        };
        await using var node = server.Node();
        var registration = Registration(node);
        await registration.RegisterAsync();
        await registration.UpdateAsync();

        var request = server.RequestsTo("/manage/client-1").Single();
        Assert.That(
            (request.Method, request.Authorization, request.MediaType),
            Is.EqualTo((HttpMethod.Put, "Bearer management-of-client-1", "application/json"))
        );
        Assert.That(
            JsonNode.DeepEquals(
                JsonNode.Parse(request.Body),
                JsonNode.Parse(
                    """
                    {"redirect_uris":["https://app.example/callback"],"response_types":["code"],
                     "grant_types":["authorization_code","refresh_token"],
                     "token_endpoint_auth_method":"client_secret_basic","application_type":"web",
                     "client_id":"client-1","logo_uri":"https://app.example/logo"}
                    """
                )
            ),
            Is.True,
            request.Body
        );
    }

    [Test]
    [Description("RFC 7592 §2.3: DELETE; the next request registers another client")]
    public async Task Delete_removes_the_client()
    {
        RegisteringServer server = new();
        InMemoryDynamicClientStore store = new();
        await using var node = server.Node(store);
        await node.SignInAsync();
        await Registration(node).DeleteAsync();
        var request = server.RequestsTo("/manage/client-1").Single();
        Assert.That((request.Method, request.Authorization), Is.EqualTo((HttpMethod.Delete, "Bearer management-of-client-1")));
        Assert.That(server.Clients, Is.Empty);
        Assert.That(await store.FindAsync("", ScriptedServer.Origin + "/token", default), Is.Null);
        Assert.That(
            async () => await Registration(node).ReadAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("RegisterAsync")
        );

        Assert.That((await Registration(node).RegisterAsync()).ClientId, Is.EqualTo("client-2"));
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null, "the grant belongs to the deleted client");
    }

    [TestCase(401, true)]
    [TestCase(404, true)]
    [TestCase(403, false)]
    [TestCase(503, false)]
    [Description("RFC 7592 §2.3: a client that does not exist any more counts as deleted; a failure throws and keeps the stored client")]
    public async Task Delete_accepts_a_missing_client_and_reports_failures(int status, bool isGone)
    {
        RegisteringServer server = new();
        InMemoryDynamicClientStore store = new();
        await using var node = server.Node(store);
        await Registration(node).RegisterAsync();
        node.Answers("", status);
        if (isGone)
            await Registration(node).DeleteAsync();
        else
            Assert.That(
                async () => await Registration(node).DeleteAsync(),
                Throws.TypeOf<EndpointException>().With.Property(nameof(EndpointException.StatusCode)).EqualTo((HttpStatusCode)status)
            );
        Assert.That(await store.FindAsync("", ScriptedServer.Origin + "/token", default), isGone ? Is.Null : Is.Not.Null);
    }

    [Test]
    [Description("RFC 7592 §3: a new registration access token replaces the old one at once, in memory and in the store, for every node")]
    public async Task A_rotated_token_is_used_by_every_node()
    {
        RegisteringServer server = new() { Rotates = true };
        InMemoryDynamicClientStore store = new();
        await using var one = server.Node(store);
        await using var two = server.Node(store);
        await Registration(one).RegisterAsync();
        await Registration(two).RegisterAsync();
        foreach (var node in new[] { one, two, one, two })
        {
            await Registration(node).ReadAsync();
            await Registration(node).UpdateAsync();
        }
        Assert.That(
            server.RequestsTo("/manage/client-1").Select(request => request.Authorization),
            Is.EqualTo(Enumerable.Range(0, 8).Select(times => "Bearer management-of-client-1" + new string('\'', times)))
        );
        Assert.That((await store.FindAsync("", ScriptedServer.Origin + "/token", default))!.Generation, Is.EqualTo(9));
    }

    [Test]
    [Description("RFC 7592 §3: concurrent management requests are sent one after the other, because each response may replace the token")]
    public async Task Concurrent_management_requests_are_sequential()
    {
        RegisteringServer server = new() { Rotates = true };
        await using var node = server.Node();
        var registration = Registration(node);
        await registration.RegisterAsync();
        await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => Task.Run(() => i % 2 == 0 ? registration.ReadAsync() : registration.UpdateAsync()))
        );
        Assert.That(server.RequestsTo("/manage/client-1"), Has.Count.EqualTo(20));
    }

    [Test]
    [Description("RFC 7592 §2.1: the message for a 401 response says that the client does not exist any more")]
    public async Task A_missing_client_is_reported()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        await Registration(node).RegisterAsync();
        server.Forget("client-1");
        foreach (var manage in new Func<Task>[] { () => Registration(node).ReadAsync(), () => Registration(node).UpdateAsync() })
        {
            Assert.That(
                async () => await manage(),
                Throws
                    .TypeOf<EndpointException>()
                    .With.Message.Contains("client configuration endpoint")
                    .And.Message.Contains("no longer knows the client")
                    .And.Message.Contains("register it again")
            );
        }
        Assert.That(server.Registrations, Is.EqualTo(1), "no other client is registered");
    }

    [Test]
    [Description("RFC 7592 §3: a response with another client_id is rejected")]
    public async Task A_response_with_another_client_id_is_rejected()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        await Registration(node).RegisterAsync();
        server.Answer = json => json["client_id"] = "another-client";
        Assert.That(
            async () => await Registration(node).ReadAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("client_id")
        );
        Assert.That((await Registration(node).RegisterAsync()).ClientId, Is.EqualTo("client-1"));
    }

    [Test]
    [Description("RFC 7592 §3: credentials that a response omits are kept")]
    public async Task Omitted_credentials_are_kept()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        await Registration(node).RegisterAsync();
        server.Answer = json =>
        {
            foreach (
                string name in new[] { "client_secret", "client_secret_expires_at", "registration_access_token", "registration_client_uri" }
            )
                json.Remove(name);
        };
        await Registration(node).ReadAsync();
        var client = await Registration(node).ReadAsync();
        Assert.That(client.CanBeManaged, Is.True);
        await node.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
    }

    [Test]
    [Description("RFC 7592 §3: registration_client_uri has the origin of the issuer or endpoint, because tokens are sent to it")]
    public async Task A_registration_uri_at_another_origin_is_rejected()
    {
        RegisteringServer server = new();
        await using var node = server.Node(options: o => o.Issuer = new("https://issuer.example"));
        server.Answer = json => json["registration_client_uri"] = "https://issuer.example/manage/client-1";
        await Registration(node).RegisterAsync();
        server.Answer = json => json["registration_client_uri"] = "https://metadata.internal/manage/client-1";
        Assert.That(
            async () => await Registration(node).ReadAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("registration_client_uri").And.Message.Contains("origin")
        );
        Assert.That(
            async () => await Registration(node).UpdateAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("origin")
        );
        server.Answer = _ => { };
        Assert.That(
            async () => await Registration(node).ReadAsync(),
            Throws.TypeOf<OAuthProtocolException>(),
            "neither the endpoint's origin nor the issuer's"
        );
        Assert.That(server.RequestsTo("/manage/client-1").Select(request => request.Uri.Host), Is.All.EqualTo("issuer.example"));
    }

    [Test]
    [Description("RFC 7592 §2.3: without a configuration endpoint the client is deleted in memory and in the store only")]
    public async Task Delete_without_management_removes_the_stored_client()
    {
        RegisteringServer server = new() { Answer = json => json.Remove("registration_client_uri") };
        InMemoryDynamicClientStore store = new();
        await using var node = server.Node(store);
        await Registration(node).RegisterAsync();
        await Registration(node).DeleteAsync();
        Assert.That(await store.FindAsync("", ScriptedServer.Origin + "/token", default), Is.Null);
        Assert.That(node.Requests, Has.Count.EqualTo(1), "no request is sent");
        Assert.That((await Registration(node).RegisterAsync()).ClientId, Is.EqualTo("client-2"));
    }

    [Test]
    [Description("Managing a client that is not registered throws and registers nothing")]
    public async Task Managing_an_unregistered_client_throws()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        Assert.That(
            async () => await Registration(node).ReadAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("is not registered")
        );
        Assert.That(
            async () => await Registration(node).DeleteAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("is not registered")
        );
        Assert.That(node.Requests, Is.Empty);
    }

    private static DynamicRegistration Registration(ScriptedServer node) => node.Services.GetRequiredService<DynamicRegistration>();
}
