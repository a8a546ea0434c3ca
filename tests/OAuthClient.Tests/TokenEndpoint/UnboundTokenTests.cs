using OAuthClient.Tests.DPoP;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests responses whose <c>token_type</c> is not that of the request (RFC 9449 §5).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UnboundTokenTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    private static IEnumerable<string> Unbound =>
        [
            """{"access_token":"at-2","refresh_token":"rt-2","token_type":"Bearer","expires_in":3600}""",
            """{"access_token":"at-2","refresh_token":"rt-2","expires_in":3600}""",
            """{"access_token":"at-2","refresh_token":"rt-2","token_type":"","expires_in":3600}""",
            """{"access_token":"at-2","refresh_token":"rt-2","token_type":"DPoP-like","expires_in":3600}""",
        ];

    [TestCaseSource(nameof(Unbound))]
    [Description("RFC 9449 §5, RFC 9700 §4.14: the refresh token was used, so its replacement is kept; the access token is not used")]
    public async Task A_refresh_keeps_the_refresh_token_alone(string response)
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        await server.SignedInAsync(SampleProofs.BoundTokens("at-1", "rt-1"));
        server.Clock.Advance(TimeSpan.FromHours(1));
        server.Answers(response);

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(Owner),
            Throws
                .TypeOf<OAuthProtocolException>()
                .With.Message.Contains("remove DPoP.Enabled")
                .And.Message.Contains("is registered for it")
        );

        var grant = (await server.Client.FindGrantAsync(Owner))!;
        Assert.That(grant.RefreshToken!.Reveal(), Is.EqualTo("rt-2"));
        Assert.That(grant.AccessToken!.Reveal(), Is.EqualTo("at-1"));

        // The server is corrected.
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        server.Answers(SampleProofs.BoundTokens("at-3", "rt-3"));
        Assert.That((await server.Client.GetAccessTokenAsync(Owner)).Reveal(), Is.EqualTo("at-3"));
        Assert.That(server.Requests[^1]["refresh_token"], Is.EqualTo("rt-2"));
    }

    [TestCaseSource(nameof(Unbound))]
    [Description("RFC 9449 §5: a client that requires the binding discards the response")]
    public async Task A_code_yields_no_grant(string response)
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        server.Answers(response);

        Assert.That(
            async () => await server.SignInAsync(),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("DPoP.Enabled").And.Message.Not.Contains("at-2")
        );

        Assert.That(await server.Client.FindGrantAsync(Owner), Is.Null);
    }

    [TestCase("DPoP")]
    [TestCase("dPOP")]
    [TestCase("dpop")]
    [TestCase(" DPoP ")]
    [Description("RFC 6749 §5.1: the case of token_type is not significant; the header has the registered one")]
    public async Task The_case_of_the_type_is_not_significant(string type)
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        server.Answers($$"""{"access_token":"at","token_type":"{{type}}"}""");

        var token = await server.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(token.TokenType, Is.EqualTo("DPoP"));
        Assert.That(token.AuthorizationHeader, Is.EqualTo("DPoP at"));
    }

    [Test]
    [Description("RFC 6749 §7.1: a token that is bound to a key without a proof in the request is not usable; the option is named")]
    public async Task A_bound_token_without_the_option_names_it()
    {
        await using ScriptedServer server = new();
        server.Answers(SampleProofs.BoundTokens("at-2"));

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("set DPoP.Enabled").And.Message.Not.Contains("at-2")
        );
    }
}
