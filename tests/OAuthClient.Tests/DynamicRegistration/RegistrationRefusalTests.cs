using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>
/// A dynamic client is given up only after the token endpoint refused it twice, two minutes apart, or its registration is gone (RFC 6749
/// §5.2, RFC 7592 §2.1).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationRefusalTests
{
    private static readonly TimeSpan TwoMinutes = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description("RFC 6749 §5.2: one invalid_client of the token endpoint changes nothing, and users keep their grants")]
    public async Task One_refusal_changes_nothing()
    {
        var server = Unmanaged();
        await using var node = await SignedInAsync(server);
        server.ReplaceSecret("client-1", "another");
        Assert.That(() => RequestAsync(node), Refused);
        server.ReplaceSecret("client-1", "secret-of-client-1");
        node.Clock.Advance(TwoMinutes);
        await RequestAsync(node);
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
        var log = node.Log.Events(19).Single();
        Assert.That(log.Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(log.Message, Does.Contain("2 minutes").And.Contain("restore the client"));
        Assert.That(node.Log.Events(15), Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §5.2: further refusals within two minutes do not count; the one after them gives the client up")]
    public async Task A_second_refusal_after_two_minutes_confirms()
    {
        var server = Unmanaged();
        await using var node = await SignedInAsync(server);
        server.Forget("client-1");
        for (int i = 0; i < 12; i++)
        {
            Assert.That(() => RequestAsync(node), Refused);
            node.Clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        }
        Assert.That(server.Registrations, Is.EqualTo(1));
        node.Clock.Advance(TimeSpan.FromSeconds(1));
        await RequestAsync(node);
        Assert.That(server.Clients, Is.EqualTo(["client-2"]));
        Assert.That(node.Log.Events(19), Has.Count.EqualTo(1), "once for the suspicion");
        Assert.That(node.Log.Events(15).Single().Message, Does.Contain("refused it twice").And.Contain("grants are invalid"));
    }

    [Test]
    [Description("No request is made to confirm a refusal: with nothing to ask for, nothing is asked and nothing is given up")]
    public async Task Time_alone_confirms_nothing()
    {
        var server = Unmanaged();
        await using var node = await SignedInAsync(server);
        server.Forget("client-1");
        Assert.That(() => RequestAsync(node), Refused);
        int requests = node.Requests.Count;
        node.Clock.Advance(Hour);
        await node.Services.GetRequiredService<DynamicRegistration>().RegisterAsync();
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(node.Requests, Has.Count.EqualTo(requests));
    }

    [Test]
    [Description("A success of the token endpoint in between clears the suspicion: the refusal after it is a first one")]
    public async Task A_success_clears_the_suspicion()
    {
        var server = Unmanaged();
        await using var node = await SignedInAsync(server);
        for (int i = 0; i < 5; i++)
        {
            server.ReplaceSecret("client-1", "another");
            Assert.That(() => RequestAsync(node), Refused);
            server.ReplaceSecret("client-1", "secret-of-client-1");
            await RequestAsync(node);
            node.Clock.Advance(TwoMinutes);
        }
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 7662 §2.3: invalid_client from the introspection endpoint changes nothing, with management or without")]
    public async Task Introspection_does_not_count([Values] bool isManaged)
    {
        RegisteringServer server = isManaged ? new() : Unmanaged();
        await using var node = await SignedInAsync(server);
        var introspection = node.Services.GetRequiredService<TokenIntrospection>();
        node.AnswersAsync(sentRequest =>
            sentRequest.Uri.AbsolutePath == "/introspect"
                ? Task.FromResult(ScriptedServer.Json(401, """{"error":"invalid_client"}"""))
                : server.AnswerAsync(sentRequest)
        );
        for (int i = 0; i < 5; i++)
        {
            Assert.That(() => introspection.IntrospectAsync("a-token"), Throws.TypeOf<EndpointException>());
            node.Clock.Advance(TwoMinutes);
        }
        await RequestAsync(node);
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(server.RequestsTo("/manage/client-1"), Is.Empty);
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
    }

    [Test]
    [Description("Threat: outside callers make a client register anew. Where invented codes get invalid_client, no code counts")]
    public async Task Codes_do_not_count([Values] bool isManaged)
    {
        RegisteringServer server = isManaged ? new() : Unmanaged();
        await using var node = await SignedInAsync(server);
        node.AnswersAsync(sentRequest =>
            sentRequest["code"] == "invented"
                ? Task.FromResult(ScriptedServer.Json(401, """{"error":"invalid_client"}"""))
                : server.AnswerAsync(sentRequest)
        );
        for (int i = 0; i < 5; i++)
        {
            var pending = await node.Client.BeginAuthorizationAsync();
            string state = QueryHelpers.ParseQuery(pending.AuthorizationUri.Query)["state"]!;
            var callback = AuthorizationResponse.Parse(new Uri($"https://app.example/callback?code=invented&state={state}"));
            Assert.That(() => node.Client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("43")), Refused);
            node.Clock.Advance(TwoMinutes);
        }
        await RequestAsync(node);
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(server.RequestsTo("/manage/client-1"), Is.Empty);
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
    }

    [Test]
    [Description("RFC 7592 §2.1: where the registration can be read, that decides at once: it is there and kept, and the log says so")]
    public async Task Management_keeps_what_is_there()
    {
        RegisteringServer server = new();
        await using var node = await SignedInAsync(server);
        bool refuses = true;
        node.AnswersAsync(sentRequest =>
            refuses && sentRequest.Uri.AbsolutePath == "/token"
                ? Task.FromResult(ScriptedServer.Json(401, """{"error":"invalid_client"}"""))
                : server.AnswerAsync(sentRequest)
        );
        for (int i = 0; i < 5; i++)
        {
            Assert.That(() => RequestAsync(node), Refused);
            node.Clock.Advance(TwoMinutes);
        }
        refuses = false;
        await RequestAsync(node);
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(node.Log.Events(22), Is.Not.Empty);
        Assert.That(node.Log.Events(23), Is.Not.Empty);
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
    }

    [Test]
    [Description("RFC 7592 §2.1: the registration is gone there, so the client registers anew at the first refusal")]
    public async Task Management_says_that_it_is_gone()
    {
        RegisteringServer server = new();
        await using var node = await SignedInAsync(server);
        server.Forget("client-1");
        await RequestAsync(node);
        Assert.That(server.Clients, Is.EqualTo(["client-2"]));
        Assert.That(node.Log.Events(22), Has.Count.EqualTo(1));
        Assert.That(node.Log.Events(15).Single().Message, Does.Contain("no longer has its registration"));
    }

    [Test]
    [Description("Two nodes that share a store: each decides by the refusals it has seen itself, and uses what the other registered")]
    public async Task Each_node_confirms_for_itself()
    {
        var server = Unmanaged();
        InMemoryDynamicClientStore store = new();
        await using var one = await SignedInAsync(server, store);
        await using var two = server.Node(store);
        two.Clock.Advance(Hour);
        await RequestAsync(two);
        server.Forget("client-1");
        Assert.That(() => RequestAsync(one), Refused);
        one.Clock.Advance(TwoMinutes);
        Assert.That(() => RequestAsync(two), Refused, "its own first");
        await RequestAsync(one);
        Assert.That(server.Clients, Is.EqualTo(["client-2"]));
        two.Clock.Advance(TwoMinutes);
        await RequestAsync(two);
        Assert.That(server.Registrations, Is.EqualTo(2));
    }

    private static NUnit.Framework.Constraints.IResolveConstraint Refused =>
        Throws.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("invalid_client");

    private static RegisteringServer Unmanaged() => new() { Answer = (JsonObject json) => json.Remove("registration_access_token") };

    private static async Task<ScriptedServer> SignedInAsync(RegisteringServer server, IDynamicClientStore? store = null)
    {
        var node = server.Node(store);
        await node.SignInAsync();
        // A new client is not given up within ten minutes.
        node.Clock.Advance(Hour);
        return node;
    }

    private static Task<TokenResponse> RequestAsync(ScriptedServer node) =>
        node.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly();
}
