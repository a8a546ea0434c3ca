using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace OAuthClient.Tests;

/// <summary>Tests that the grants of a tenant end when it is removed from <c>AllowedTenants</c> at run time.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RemovedTenantTests
{
    private static readonly TimeSpan UntilTheTokenExpires = TimeSpan.FromHours(2);

    [Test]
    [Description(
        "Threat: AllowedTenants shrinks at run time. The session ends, also when its grant is cached; another tenant's session remains"
    )]
    public async Task The_session_ends()
    {
        Tenants tenants = new();
        await using var server = Server(tenants);
        var removed = await SignInAsync(server, "removed");
        var kept = await SignInAsync(server, "kept", "bob");
        Assert.That(await server.SignIn.IsSignedInAsync(removed.Owner, "s1", removed.SignInId), Is.True);

        tenants.Allow("kept");

        Assert.That(await server.SignIn.IsSignedInAsync(removed.Owner, "s1", removed.SignInId), Is.False);
        Assert.That(await server.SignIn.IsSignedInAsync(removed.Owner, "s1"), Is.False);
        Assert.That(await server.Client.FindGrantAsync(removed.Owner), Is.Null);
        Assert.That(await server.SignIn.IsSignedInAsync(kept.Owner, "s1", kept.SignInId), Is.True);

        tenants.Allow("kept", "removed");
        bool isBack = await server.SignIn.IsSignedInAsync(removed.Owner, "s1", removed.SignInId);
        Assert.That(isBack, Is.True, "a configuration error that is corrected at once");
    }

    [TestCase(false), TestCase(true)]
    [Description(
        "Threat: AllowedTenants shrinks at run time. Neither a fresh nor a refreshed token is returned, and no request is "
            + "sent to the server"
    )]
    public async Task The_tokens_end(bool expired)
    {
        Tenants tenants = new();
        await using var server = Server(tenants);
        var removed = await SignInAsync(server, "removed");
        var kept = await SignInAsync(server, "kept", "bob");
        await server.Client.GetAccessTokenAsync(removed.Owner);
        if (expired)
            server.Script.Clock.Advance(UntilTheTokenExpires);
        int sent = server.Script.Requests.Count;

        tenants.Allow("kept");

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(removed.Owner),
            Throws.TypeOf<ReauthorizationRequiredException>().With.Message.Contains("AllowedTenants")
        );
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(removed.Owner, new() { Scopes = ["openid"] }),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(async () => await server.Client.GetUserInfoAsync(removed.Owner), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(server.Script.Requests, Has.Count.EqualTo(sent));
        Assert.That(async () => await server.Client.GetAccessTokenAsync(kept.Owner), Throws.Nothing);
    }

    [Test]
    [Description("The handler does not use its cached token either: it sends no request")]
    public async Task The_handler_sends_no_token()
    {
        Tenants tenants = new();
        using Api api = new();
        await using var server = Server(
            tenants,
            services =>
                services
                    .AddHttpClient("api")
                    .ConfigurePrimaryHttpMessageHandler(() => api)
                    .AddAccessTokenHandler(t => t.ForRequestOwner().To("https://api.example"))
        );
        var grant = await SignInAsync(server, "removed");
        using var http = server.Script.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        for (int i = 0; i < 3; i++)
            await SendAsync();
        Assert.That(api.Requests, Is.EqualTo(3));

        tenants.Allow("kept");

        Assert.That(SendAsync, Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(api.Requests, Is.EqualTo(3));

        async Task SendAsync()
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "https://api.example/photos");
            request.SetGrantOwner(grant.Owner);
            using var response = await http.SendAsync(request);
        }
    }

    [Test]
    [Description("A tenant is removed while a refresh of its user's grant is in progress: the refreshed token is not sent")]
    public async Task The_result_of_a_refresh_in_progress_is_not_used()
    {
        Tenants tenants = new();
        await using var server = Server(tenants);
        var grant = await SignInAsync(server, "removed");
        server.Script.Clock.Advance(UntilTheTokenExpires);
        server.Script.Answers(sentRequest =>
        {
            tenants.Allow("kept");
            return server.Answer(sentRequest);
        });

        await Swallow(server.Client.GetAccessTokenAsync(grant.Owner).AsTask());

        Assert.That(async () => await server.Client.GetAccessTokenAsync(grant.Owner), Throws.TypeOf<ReauthorizationRequiredException>());
    }

    [Test]
    [Description(
        "OpenID Connect Back-Channel Logout §2.6: a user who signs out at the server stays signed out when their tenant "
            + "is allowed again"
    )]
    public async Task A_logout_token_of_a_removed_tenant_still_ends_its_sessions()
    {
        Tenants tenants = new();
        await using var server = Server(tenants);
        var grant = await SignInAsync(server, "removed");
        tenants.Allow("kept");

        Assert.That(await server.Logout.ProcessBackChannelLogoutAsync(server.LogoutToken(Of("removed"))), Is.EqualTo(1));

        tenants.Allow("kept", "removed");
        Assert.That(await server.SignIn.IsSignedInAsync(grant.Owner, "s1", grant.SignInId), Is.False);
    }

    [Test]
    [Description("RFC 7009: a user of a removed tenant signs out, and their tokens are revoked")]
    public async Task Signing_out_still_revokes()
    {
        Tenants tenants = new();
        await using var server = Server(tenants);
        var grant = await SignInAsync(server, "removed");
        tenants.Allow("kept");

        await server.Client.RevokeAsync(grant.Owner);

        Assert.That(server.Revoked, Is.EquivalentTo(new[] { "at-1", "rt-1" }));
    }

    [Test]
    [Description(
        "Threat: AllowedTenants shrinks at run time. A grant without an ID Token ends when its owner is a subject of the "
            + "tenant; for other owners the tenant is not known"
    )]
    public async Task A_grant_without_an_ID_Token_ends()
    {
        Tenants tenants = new();
        await using var server = Server(tenants);
        var removed = GrantOwner.Subject(ScriptedServer.Origin + "/removed", "alice");
        GrantOwner[] others =
        [
            GrantOwner.Subject(ScriptedServer.Origin + "/kept", "alice"),
            GrantOwner.Subject("https://other.example/removed", "alice"),
            GrantOwner.User("42"),
        ];
        foreach (var owner in others.Append(removed))
        {
            var (pending, response) = await server.AnsweredAsync("alice", "s1", parameters: new() { Scopes = ["photos"] });
            server.Script.Answers(ScriptedServer.Tokens("at", "rt", scope: "photos"));
            await server.Client.CompleteAuthorizationAsync(pending, response, owner);
            await server.Client.GetAccessTokenAsync(owner);
        }

        tenants.Allow("kept");

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(removed),
            Throws.TypeOf<ReauthorizationRequiredException>().With.Message.Contains("AllowedTenants")
        );
        Assert.That(await server.Client.FindGrantAsync(removed), Is.Null);
        foreach (var owner in others)
            Assert.That(async () => await server.Client.GetAccessTokenAsync(owner), Throws.Nothing, owner.ToString());
    }

    private static OpenIdServer Server(Tenants tenants, Action<IServiceCollection>? services = null) =>
        new(
            o =>
            {
                o.IssuerTemplate = ScriptedServer.Origin + "/{tenantid}";
                o.AllowedTenants = [.. tenants.Allowed];
            },
            all =>
            {
                all.AddSingleton<IOptionsChangeTokenSource<OAuthClientOptions>>(tenants);
                services?.Invoke(all);
            }
        );

    private static Task<Grant> SignInAsync(OpenIdServer server, string tenant, string subject = "alice") =>
        server.SignInAsync(subject, "s1", Of(tenant));

    private static Action<JsonObject> Of(string tenant) =>
        claims =>
        {
            claims["iss"] = $"{ScriptedServer.Origin}/{tenant}";
            claims["tid"] = tenant;
        };

    private static async Task Swallow(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>A configuration that can be reloaded.</summary>
    private sealed class Tenants : IOptionsChangeTokenSource<OAuthClientOptions>
    {
        private ConfigurationReloadToken token = new();

        public IReadOnlyList<string> Allowed { get; private set; } = ["kept", "removed"];

        public string Name => Options.DefaultName;

        public IChangeToken GetChangeToken() => token;

        public void Allow(params string[] tenants)
        {
            Allowed = tenants;
            Interlocked.Exchange(ref token, new()).OnReload();
        }
    }

    private sealed class Api : HttpMessageHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            return Task.FromResult(new HttpResponseMessage());
        }
    }
}
