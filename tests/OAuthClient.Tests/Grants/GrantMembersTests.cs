using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests what a grant keeps of token responses and of the callback beside the tokens (RFC 6749 §4.1.2, §5.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantMembersTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Test]
    [Description("RFC 6749 §5.1: further members of the token response and of the callback are kept, over real sockets")]
    public async Task Members_of_the_response_and_the_callback_are_kept()
    {
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Options.OnTokenResponse = response =>
        {
            response["instance_url"] = "https://one.my.example";
            response["team"] = new System.Text.Json.Nodes.JsonObject { ["id"] = "T1" };
            response["nothing"] = null;
        };
        var pending = await host.Client.BeginAuthorizationAsync();
        var callback = await host.Server.SignInAsync(pending.AuthorizationUri);
        await host.Client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(callback + "&realmId=4620816365&location=eu"),
            GrantOwner.User("42")
        );

        var grant = (await host.Client.FindGrantAsync(GrantOwner.User("42")))!;
        Assert.That(grant.TokenResponseMembers.Keys, Is.EquivalentTo(new[] { "instance_url", "team" }));
        Assert.That(grant.TokenResponseMembers["instance_url"].Reveal(), Is.EqualTo("https://one.my.example"));
        Assert.That(grant.TokenResponseMembers["team"].RevealJson().GetProperty("id").GetString(), Is.EqualTo("T1"));
        Assert.That(grant.UntrustedCallbackParameters.Keys, Is.EquivalentTo(new[] { "realmId", "location" }));
        Assert.That(grant.UntrustedCallbackParameters["realmId"].Reveal(), Is.EqualTo("4620816365"));
        Assert.That($"{grant.TokenResponseMembers["instance_url"]}", Is.EqualTo("[redacted]"));
    }

    [Test]
    [Description("Over real sockets: a refresh replaces the members that its response contains, and moves the end of the refresh token")]
    public async Task A_refresh_of_a_server_renews_members()
    {
        await using var host = await OAuthTestHost.StartAsync();
        string at = "one";
        host.Server.Options.OnTokenResponse = response =>
        {
            response["instance_url"] = $"https://{at}.my.example";
            response["refresh_token_expires_in"] = 86_400;
        };
        host.Server.Options.OnAuthorizationResponse = parameters => parameters.Add(new("realmId", "4620816365"));
        await host.SignedInAsync();
        at = "two";
        host.Clock.Advance(Hour);
        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));

        var grant = (await host.Client.FindGrantAsync(GrantOwner.User("42")))!;
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That(grant.TokenResponseMembers["instance_url"].Reveal(), Is.EqualTo("https://two.my.example"));
        Assert.That(grant.UntrustedCallbackParameters["realmId"].Reveal(), Is.EqualTo("4620816365"));
        Assert.That(grant.RefreshTokenExpiresAt, Is.EqualTo(host.Clock.GetUtcNow().AddDays(1)));
    }

    [Test]
    [Description("A refresh replaces the members that its response contains, and keeps the others and those of the callback")]
    public async Task A_refresh_renews_members()
    {
        await using ScriptedServer server = new();
        server.Answers(
            """{"access_token":"at-1","token_type":"Bearer","expires_in":60,"refresh_token":"rt-1","a":"1","b":"1","team":{"x":1,"x":2}}"""
        );
        var pending = await server.Client.BeginAuthorizationAsync();
        string state = QueryHelpers.ParseQuery(pending.AuthorizationUri.Query)["state"]!;
        await server.Client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(new Uri($"https://app.example/callback?code=c&state={state}&iss=&realmId=7")),
            GrantOwner.User("42")
        );
        server.Clock.Advance(Hour);
        server.Answers("""{"access_token":"at-2","token_type":"Bearer","expires_in":60,"refresh_token":"rt-2","b":"2","c":"2","a":null}""");
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));

        var grant = Restored((await server.Client.FindGrantAsync(GrantOwner.User("42")))!);
        Assert.That(
            grant.TokenResponseMembers.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => member.Value.Reveal()),
            Is.EqualTo(new[] { "2", "2", """{"x":1,"x":2}""" })
        );
        Assert.That(grant.UntrustedCallbackParameters["realmId"].Reveal(), Is.EqualTo("7"));
    }

    [Test]
    [Description("Members are limited to 16 KiB: the longest are left out, and this is logged once")]
    public async Task Members_are_limited()
    {
        await using ScriptedServer server = new();
        var response = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["access_token"] = "at",
            ["token_type"] = "Bearer",
            ["long"] = new string('x', 15_000),
            ["longer"] = new string('y', 15_500),
            ["instance_url"] = "https://one.my.example",
        };
        var grant = await server.SignedInAsync(JsonSerializer.Serialize(response));
        await server.SignedInAsync(JsonSerializer.Serialize(response));

        Assert.That(grant.TokenResponseMembers.Keys, Is.EquivalentTo(new[] { "instance_url", "long" }));
        Assert.That(server.Log.Events(351).Select(entry => entry.Message), Has.One.Contains("16 KiB"));
    }

    [Test]
    [Description("Every user can choose the parameters of a callback: they use at most a quarter of the limit and displace no member")]
    public async Task Callback_parameters_displace_no_member()
    {
        await using ScriptedServer server = new();
        server.Answers(
            JsonSerializer.Serialize(
                new
                {
                    access_token = "at",
                    token_type = "Bearer",
                    instance_url = new string('u', 12_000),
                }
            )
        );
        var pending = await server.Client.BeginAuthorizationAsync();
        string state = QueryHelpers.ParseQuery(pending.AuthorizationUri.Query)["state"]!;
        string flood = string.Concat(Enumerable.Range(0, 50).Select(i => $"&p{i}={new string('z', 1_000)}"));
        var grant = await server.Client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(new Uri($"https://app.example/callback?code=c&state={state}{flood}")),
            GrantOwner.User("42")
        );

        Assert.That(grant.TokenResponseMembers.Keys, Is.EqualTo(new[] { "instance_url" }));
        Assert.That(grant.UntrustedCallbackParameters, Has.Count.EqualTo(4));
    }

    [TestCase("\"refresh_token_expires_in\":3600", 3600)]
    [TestCase("\"refresh_expires_in\":\"3600\"", 3600)]
    [TestCase("\"x_refresh_token_expires_in\":3600", 3600)]
    [TestCase("\"refresh_token_expires_at\":{0}", 3600)]
    [TestCase("\"refresh_token_expires_at\":\"{1}\"", 3600)]
    [TestCase("\"refresh_expires_in\":0", null)]
    [TestCase("\"refresh_expires_in\":-1", null)]
    [TestCase("\"refresh_expires_in\":\"never\"", null)]
    [TestCase("\"other\":1", null)]
    [Description("No specification names the end of a refresh token; zero is the statement of servers whose token has no end")]
    public async Task The_end_of_the_refresh_token_is_known(string member, int? seconds)
    {
        await using ScriptedServer server = new();
        var end = server.Clock.GetUtcNow().AddHours(1);
        member = member
            .Replace("{0}", end.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{1}", end.ToString("O", CultureInfo.InvariantCulture), StringComparison.Ordinal);
        var grant = await server.SignedInAsync($$"""{"access_token":"at","token_type":"Bearer","refresh_token":"rt",{{member}}}""");

        long? expected = seconds is null ? null : end.ToUnixTimeSeconds();
        Assert.That(Restored(grant).RefreshTokenExpiresAt?.ToUnixTimeSeconds(), Is.EqualTo(expected));
        Assert.That(server.Services.GetRequiredService<ClientHealth>().NextRefreshTokenExpiry?.ToUnixTimeSeconds(), Is.EqualTo(expected));
        Assert.That(server.Services.GetRequiredService<ClientHealth>().GetProblems(), Is.Empty);
    }

    [TestCase("\"refresh_token\":\"rt-2\"", null)]
    [TestCase("\"refresh_token\":\"rt-1\"", 10)]
    [TestCase("\"x\":1", 10)]
    [TestCase("\"refresh_token\":\"rt-2\",\"refresh_token_expires_in\":864000", 10.5)]
    [TestCase("\"refresh_token_expires_in\":864000", 10.5)]
    [Description("The end of a refresh token does not apply to another one; a refresh can extend it")]
    public async Task A_refresh_renews_the_end(string members, double? days)
    {
        await using ScriptedServer server = new();
        var start = server.Clock.GetUtcNow();
        await server.SignedInAsync(
            """{"access_token":"at","token_type":"Bearer","expires_in":60,"refresh_token":"rt-1","refresh_token_expires_in":864000}"""
        );
        server.Clock.Advance(TimeSpan.FromHours(12));
        server.Answers($$"""{"access_token":"at-2","token_type":"Bearer","expires_in":60,{{members}}}""");
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));

        Assert.That(
            (await server.Client.FindGrantAsync(GrantOwner.User("42")))!.RefreshTokenExpiresAt,
            Is.EqualTo(days is { } number ? start.AddDays(number) : (DateTimeOffset?)null)
        );
    }

    [Test]
    [Description("A near end that refreshes do not extend is logged once; a statement of the server never prevents a refresh")]
    public async Task A_near_end_is_logged()
    {
        await using ScriptedServer server = new();
        const long Lifetime = 100 * 24 * 3600;
        var end = server.Clock.GetUtcNow().AddSeconds(Lifetime);
        await server.SignedInAsync(Answer(1));
        foreach (int days in new[] { 50, 42, 2, 1 })
        {
            server.Clock.Advance(TimeSpan.FromDays(days));
            server.Answers(Answer(days));
            await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));
            Assert.That(server.Log.Events(354), Has.Count.EqualTo(days <= 2 ? 1 : 0), $"after {days} further days");
        }
        server.Clock.Advance(TimeSpan.FromDays(30));
        server.Answers("""{"error":"invalid_grant"}""", 400);
        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>().With.Message.Contain($"expired at {end.UtcDateTime:u}")
        );

        string Answer(int number) =>
            $$"""{"access_token":"at-{{number}}","token_type":"Bearer","expires_in":60,"refresh_token":"rt-{{number}}","""
            + $"\"refresh_token_expires_in\":{(long)(end - server.Clock.GetUtcNow()).TotalSeconds}}}";
    }

    [TestCase(true, "offline_access")]
    [TestCase(false, null)]
    [Description("OpenID Connect Core §11: offline_access was requested and no refresh token came: this is logged")]
    public async Task A_missing_refresh_token_is_logged(bool requested, string? said)
    {
        await using ScriptedServer server = new(o => o.Scopes = requested ? ["offline_access", "a"] : ["a"]);
        await server.SignedInAsync(ScriptedServer.Tokens("at"));
        Assert.That(server.Log.Events(352).Select(entry => entry.Message), said is null ? Is.Empty : Has.One.Contains(said));
    }

    [TestCase(false, false, "openid", "api")]
    [TestCase(false, true, "openid", "api", "offline_access")]
    [TestCase(true, true, "openid", "api")]
    [TestCase(false, true, "api")]
    [Description("OpenID Connect Core §11: no refresh token without offline_access. The log says so once, and so does the exception")]
    public async Task Offline_access_is_advised(bool unasked, bool isRefreshable, params string[] scopes)
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => o.Scopes = [.. scopes],
            server: o => o.RefreshTokenWithoutOfflineAccess = unasked
        );
        await host.SignInAsync();
        var grant = await host.SignInAsync();
        host.Clock.Advance(Hour);

        Assert.That(grant.CanRefresh, Is.EqualTo(isRefreshable));
        Assert.That(host.Log.Events(352), Is.Empty);
        Assert.That(
            host.Log.Events(358).Select(entry => entry.Message),
            isRefreshable ? Is.Empty : Has.One.Contains("add offline_access to Scopes")
        );
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(grant.Owner),
            isRefreshable
                ? Throws.Nothing
                : Throws.TypeOf<ReauthorizationRequiredException>().With.Message.Contains("request the scope offline_access")
        );
    }

    [Test]
    [Description("OpenID Connect Core §11: the user refuses offline_access only, and the log says that the refresh token is missing")]
    public async Task A_user_can_refuse_offline_access()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "api", "offline_access"]);

        var grant = await host.SignInAsync(how: new() { ApprovedScopes = ["api"] });

        Assert.That(grant.CanRefresh, Is.False);
        Assert.That(grant.Scopes, Is.EqualTo(new[] { "openid", "api" }));
        Assert.That(host.Log.Events(352), Has.Count.EqualTo(1));
        Assert.That(host.Log.Events(358), Is.Empty);
    }

    [TestCase("access_type", "offline", true)]
    [TestCase("token_access_type", "offline", true)]
    [TestCase("duration", "permanent", true)]
    [TestCase("access_type", "online", false)]
    [Description("The parameters with which well-known servers are asked for a refresh token")]
    public async Task A_refresh_token_is_expected_because_of_a_parameter(string name, string value, bool isExpected)
    {
        await using ScriptedServer server = new(o => o.AuthorizationParameters[name] = value);
        await server.SignedInAsync(ScriptedServer.Tokens("at"));
        Assert.That(server.Log.Events(352), Has.Count.EqualTo(isExpected ? 1 : 0));
    }

    [Test]
    [Description("A parameter of one authorization asks for a refresh token like one of the registration")]
    public async Task A_refresh_token_is_expected_because_of_a_parameter_of_one_authorization()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(
            ScriptedServer.Tokens("at"),
            parameters: new() { Additional = new Dictionary<string, string> { ["access_type"] = "offline" } }
        );
        Assert.That(server.Log.Events(352), Has.Count.EqualTo(1));
    }

    private static Grant Restored(Grant grant) => GrantSerializer.Deserialize(GrantSerializer.Serialize(grant));
}
