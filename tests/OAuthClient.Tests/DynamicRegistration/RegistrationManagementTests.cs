using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>A registration is read, updated and deleted by whoever holds its access token (RFC 7592).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationManagementTests
{
    [Test]
    [Description("RFC 7592 §2.1: GET with the registration access token, and what the server says counts")]
    public async Task Read()
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
    [Description(
        "RFC 7592 §2.2: PUT with all metadata of before, those of now, the client_id, and nothing that is the server's own to say"
    )]
    public async Task Update()
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
                    {"redirect_uris":["https://app.example/callback"],"response_types":["code"],"grant_types":["authorization_code","refresh_token"],
                     "token_endpoint_auth_method":"client_secret_basic","application_type":"web","client_id":"client-1","logo_uri":"https://app.example/logo"}
                    """
                )
            ),
            Is.True,
            request.Body
        );
    }

    [Test]
    [Description("RFC 7592 §2.3: DELETE, and what is needed next registers another client")]
    public async Task Delete()
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
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Null, "a grant of the client that was deleted");
    }

    [TestCase(401, true)]
    [TestCase(404, true)]
    [TestCase(403, false)]
    [TestCase(503, false)]
    [Description("RFC 7592 §2.3: that it was gone before is what was wanted; what the server did not do is said, and nothing forgotten")]
    public async Task Delete_of_what_is_gone_or_stays(int status, bool isGone)
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
    [Description("RFC 7592 §3: a rotated registration access token replaces the old one at once, here and in the store, for every node")]
    public async Task Rotation()
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
    [Description("RFC 7592 §3: managed by many at once, one after the other, because each answer may replace the token")]
    public async Task At_once()
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
    [Description("RFC 7592 §2.1: 401 means that the client is gone there, and the message says so")]
    public async Task Gone()
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
                    .And.Message.Contains("gone")
                    .And.Message.Contains("registered anew")
            );
        }
        Assert.That(server.Registrations, Is.EqualTo(1), "nobody asked for another");
    }

    [Test]
    [Description("RFC 7592 §3: an answer about another client is not used")]
    public async Task Another_client()
    {
        RegisteringServer server = new();
        await using var node = server.Node();
        await Registration(node).RegisterAsync();
        server.Answer = json => json["client_id"] = "somebody-else";
        Assert.That(
            async () => await Registration(node).ReadAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("client_id")
        );
        Assert.That((await Registration(node).RegisterAsync()).ClientId, Is.EqualTo("client-1"));
    }

    [Test]
    [Description("RFC 7592 §3: who reads is not told the secret and the token again by every server; then they stay as they are")]
    public async Task Credentials_that_are_not_repeated()
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
    [Description(
        "RFC 7592 §3: whoever answers does not choose at which host we call with a token of theirs; the issuer's is good beside the endpoint's"
    )]
    public async Task Another_host()
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
            "neither where we are nor the issuer"
        );
        Assert.That(server.RequestsTo("/manage/client-1").Select(request => request.Uri.Host), Is.All.EqualTo("issuer.example"));
    }

    [Test]
    [Description(
        "RFC 7592 §2.3 is optional: where there is nothing to manage the client is forgotten here, in the store too, and the next need registers another"
    )]
    public async Task Delete_where_nothing_can_be_managed()
    {
        RegisteringServer server = new() { Answer = json => json.Remove("registration_client_uri") };
        InMemoryDynamicClientStore store = new();
        await using var node = server.Node(store);
        await Registration(node).RegisterAsync();
        await Registration(node).DeleteAsync();
        Assert.That(await store.FindAsync("", ScriptedServer.Origin + "/token", default), Is.Null);
        Assert.That(node.Requests, Has.Count.EqualTo(1), "nobody was asked");
        Assert.That((await Registration(node).RegisterAsync()).ClientId, Is.EqualTo("client-2"));
    }

    [Test]
    [Description("Before anything is registered there is nothing to manage, and managing registers nothing")]
    public async Task Nothing_to_manage()
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
