using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that a dynamic client is replaced only after the token endpoint rejected it twice, two minutes apart, or its registration does not
/// exist any more (RFC 6749 §5.2, RFC 7592 §2.1).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RegistrationRefusalTests
{
    private static readonly TimeSpan TwoMinutes = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description("RFC 6749 §5.2: one invalid_client of the token endpoint changes nothing, and users keep their grants")]
    public async Task One_rejection_changes_nothing()
    {
        var server = Unmanaged();
        await using var node = await SignedInAsync(server);
        server.ReplaceSecret("client-1", "another");
        Assert.That(() => RequestAsync(node), Rejected);
        server.ReplaceSecret("client-1", "secret-of-client-1");
        node.Clock.Advance(TwoMinutes);
        await RequestAsync(node);
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
        var log = node.Log.Events(511).Single();
        Assert.That(log.Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(log.Message, Does.Contain("2 minutes").And.Contain("restore the client"));
        Assert.That(node.Log.Events(502), Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §5.2: further rejections within two minutes do not count; the next one replaces the client")]
    public async Task A_second_rejection_after_two_minutes_confirms()
    {
        var server = Unmanaged();
        await using var node = await SignedInAsync(server);
        server.Forget("client-1");
        for (int i = 0; i < 12; i++)
        {
            Assert.That(() => RequestAsync(node), Rejected);
            node.Clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        }
        Assert.That(server.Registrations, Is.EqualTo(1));
        node.Clock.Advance(TimeSpan.FromSeconds(1));
        await RequestAsync(node);
        Assert.That(server.Clients, Is.EqualTo(["client-2"]));
        Assert.That(node.Log.Events(511), Has.Count.EqualTo(1), "one warning for the first rejection");
        Assert.That(node.Log.Events(502).Single().Message, Does.Contain("refused it twice").And.Contain("grants are invalid"));
    }

    [Test]
    [Description("No request is sent to confirm a rejection, and without requests the client is not replaced")]
    public async Task Time_alone_does_not_confirm()
    {
        var server = Unmanaged();
        await using var node = await SignedInAsync(server);
        server.Forget("client-1");
        Assert.That(() => RequestAsync(node), Rejected);
        int requests = node.Requests.Count;
        node.Clock.Advance(Hour);
        await node.Services.GetRequiredService<DynamicRegistration>().RegisterAsync();
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(node.Requests, Has.Count.EqualTo(requests));
    }

    [Test]
    [Description("A success of the token endpoint resets the first rejection")]
    public async Task A_success_resets_the_first_rejection()
    {
        var server = Unmanaged();
        await using var node = await SignedInAsync(server);
        for (int i = 0; i < 5; i++)
        {
            server.ReplaceSecret("client-1", "another");
            Assert.That(() => RequestAsync(node), Rejected);
            server.ReplaceSecret("client-1", "secret-of-client-1");
            await RequestAsync(node);
            node.Clock.Advance(TwoMinutes);
        }
        Assert.That(server.Registrations, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 7662 §2.3: invalid_client from the introspection endpoint changes nothing, with or without management")]
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
    [Description("Security: invalid_client in response to a code does not count, because external callers can cause it with invalid codes")]
    public async Task Codes_do_not_count([Values] bool isManaged)
    {
        RegisteringServer server = isManaged ? new() : Unmanaged();
        await using var node = await SignedInAsync(server);
        node.AnswersAsync(sentRequest =>
            sentRequest["code"] == "forged-code"
                ? Task.FromResult(ScriptedServer.Json(401, """{"error":"invalid_client"}"""))
                : server.AnswerAsync(sentRequest)
        );
        for (int i = 0; i < 5; i++)
        {
            var pending = await node.Client.BeginAuthorizationAsync();
            string state = QueryHelpers.ParseQuery(pending.AuthorizationUri.Query)["state"]!;
            var callback = AuthorizationResponse.Parse(new Uri($"https://app.example/callback?code=forged-code&state={state}"));
            Assert.That(() => node.Client.CompleteAuthorizationAsync(pending, callback, GrantOwner.User("43")), Rejected);
            node.Clock.Advance(TwoMinutes);
        }
        await RequestAsync(node);
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(server.RequestsTo("/manage/client-1"), Is.Empty);
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
    }

    [Test]
    [Description("RFC 7592 §2.1: a registration that can be read is kept at once, and the log says so")]
    public async Task A_readable_registration_is_kept()
    {
        RegisteringServer server = new();
        await using var node = await SignedInAsync(server);
        bool rejects = true;
        node.AnswersAsync(sentRequest =>
            rejects && sentRequest.Uri.AbsolutePath == "/token"
                ? Task.FromResult(ScriptedServer.Json(401, """{"error":"invalid_client"}"""))
                : server.AnswerAsync(sentRequest)
        );
        for (int i = 0; i < 5; i++)
        {
            Assert.That(() => RequestAsync(node), Rejected);
            node.Clock.Advance(TwoMinutes);
        }
        rejects = false;
        await RequestAsync(node);
        Assert.That(server.Registrations, Is.EqualTo(1));
        Assert.That(node.Log.Events(512), Is.Not.Empty);
        Assert.That(node.Log.Events(513), Is.Not.Empty);
        Assert.That(await node.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null);
    }

    [Test]
    [Description("RFC 7592 §2.1: a registration that does not exist any more is replaced at the first rejection")]
    public async Task A_missing_registration_is_replaced_at_once()
    {
        RegisteringServer server = new();
        await using var node = await SignedInAsync(server);
        server.Forget("client-1");
        await RequestAsync(node);
        Assert.That(server.Clients, Is.EqualTo(["client-2"]));
        Assert.That(node.Log.Events(512), Has.Count.EqualTo(1));
        Assert.That(node.Log.Events(502).Single().Message, Does.Contain("no longer has its registration"));
    }

    [Test]
    [Description("Nodes that share a store count their own rejections, and use the client that another node registered")]
    public async Task Each_node_counts_its_own_rejections()
    {
        var server = Unmanaged();
        InMemoryDynamicClientStore store = new();
        await using var one = await SignedInAsync(server, store);
        await using var two = server.Node(store);
        two.Clock.Advance(Hour);
        await RequestAsync(two);
        server.Forget("client-1");
        Assert.That(() => RequestAsync(one), Rejected);
        one.Clock.Advance(TwoMinutes);
        Assert.That(() => RequestAsync(two), Rejected, "the first rejection of this node");
        await RequestAsync(one);
        Assert.That(server.Clients, Is.EqualTo(["client-2"]));
        two.Clock.Advance(TwoMinutes);
        await RequestAsync(two);
        Assert.That(server.Registrations, Is.EqualTo(2));
    }

    private static NUnit.Framework.Constraints.IResolveConstraint Rejected =>
        Throws.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("invalid_client");

    private static RegisteringServer Unmanaged() => new() { Answer = (JsonObject json) => json.Remove("registration_access_token") };

    private static async Task<ScriptedServer> SignedInAsync(RegisteringServer server, IDynamicClientStore? store = null)
    {
        var node = server.Node(store);
        await node.SignInAsync();
        // A new client is not replaced within ten minutes.
        node.Clock.Advance(Hour);
        return node;
    }

    private static Task<TokenResponse> RequestAsync(ScriptedServer node) =>
        node.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly();
}
