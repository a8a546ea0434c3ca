using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace OAuthClient.Tests;

/// <summary>Tests the logout request at servers that deviate (OpenID Connect RP-Initiated Logout §2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class LogoutRequestTests
{
    [TestCase(3000, true), TestCase(3980, false), TestCase(10_000, false)]
    [Description("RP-Initiated Logout §2: an ID Token that makes the address longer than servers take is left out")]
    public async Task A_hint_that_is_too_long_is_left_out(int length, bool isSent)
    {
        await using OpenIdServer server = new();
        var grant = await server.SignInAsync();
        var configuration = server.Script.Services.GetRequiredService<IOptionsMonitor<OAuthClientOptions>>();
        var pending = EndSessionRequestBuilder.Begin(
            new("", configuration.CurrentValue),
            new(ScriptedServer.Origin + "/logout"),
            LogoutParameters.None,
            new IdToken(new string('t', length)),
            grant.CreatedAt
        );
        Assert.That(Query(pending).ContainsKey("id_token_hint"), Is.EqualTo(isSent));
        Assert.That(pending.EndSessionUri!.AbsoluteUri, Has.Length.LessThanOrEqualTo(4000));
        Assert.That(Query(pending)["client_id"].ToString(), Is.EqualTo("client"), "the server still knows the client");
    }

    [Test]
    [Description("RP-Initiated Logout §2: the hint is left out by an option, and parameters have the server's names")]
    public async Task The_request_is_adapted_to_the_server()
    {
        await using OpenIdServer server = new(o =>
        {
            o.Adaptation.OmitIdTokenHint = true;
            o.Adaptation.ParameterNames["client_id"] = "app_id";
        });
        var grant = await server.SignInAsync();
        Assert.That(
            () =>
                server.Logout.BeginAsync(
                    grant.Owner,
                    new() { Additional = new Dictionary<string, string>(StringComparer.Ordinal) { ["app_id"] = "x" } }
                ),
            Throws.ArgumentException.With.Message.Contains("'app_id'")
        );
        Assert.That(await server.LeftAsync(), Is.Not.Empty, "nothing ended before the parameters were validated");
        var query = Query(await server.Logout.BeginAsync(grant.Owner));
        Assert.That(query.Keys, Is.EquivalentTo(new[] { "app_id", "post_logout_redirect_uri", "state" }));
    }

    private static Dictionary<string, StringValues> Query(PendingLogout pending) => QueryHelpers.ParseQuery(pending.EndSessionUri!.Query);
}
