using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the authorization details of grants and their access tokens (RFC 9396 §6, §7).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantedAuthorizationDetailsTests
{
    private const string Requested = """[{"type":"payment","actions":["initiate","status"]},{"type":"account"}]""";
    private const string Granted =
        """[{"type":"payment","actions":["initiate","status"],"debtor":"DE02"},{"type":"account","debtor":"DE02"}]""";
    private const string Part = """[{"type":"payment","actions":["status"]}]""";

    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("RFC 9396 §7.1: the grant and its token have the details as the server enriched them, and keep them in a store")]
    public async Task The_granted_details_are_kept()
    {
        await using var host = await StartAsync();
        var grant = await host.SignInAsync();
        var stored = Grant.Unprotect(grant.Protect(data => data), data => data);

        foreach (var one in new[] { grant, stored })
        {
            Assert.That(one.AuthorizationDetails!.ToJson(), Is.EqualTo(Granted));
            Assert.That(one.AccessToken!.AuthorizationDetails!.ToJson(), Is.EqualTo(Granted));
            Assert.That(one.TokenResponseMembers.Keys, Has.No.Member("authorization_details"));
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    [Description("RFC 9396 §7, RFC 6749 §6: details that the response to a refresh does not state are unchanged")]
    public async Task A_refresh_keeps_the_details(bool states)
    {
        await using var host = await StartAsync(o => o.SendAuthorizationDetailsAtRefresh = states);
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));

        var token = await host.Client.GetAccessTokenAsync(Owner);

        Assert.That(token.AuthorizationDetails!.ToJson(), Is.EqualTo(Granted));
        Assert.That((await host.Client.FindGrantAsync(Owner))!.AuthorizationDetails!.ToJson(), Is.EqualTo(Granted));
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Single().Form.Keys, Has.No.Member("authorization_details"));
    }

    [Test]
    [Description(
        "RFC 9396 §6: a token for a part of the details is requested with them, has a key of its own, and leaves the grant as it is"
    )]
    public async Task A_token_for_a_part_of_the_details()
    {
        await using var host = await StartAsync();
        var grant = await host.SignedInAsync();
        AccessTokenParameters part = new() { AuthorizationDetails = AuthorizationDetails.Parse(Part) };

        var token = await host.Client.GetAccessTokenAsync(Owner, part);

        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Single().Form["authorization_details"], Is.EqualTo(Part));
        Assert.That(token.AuthorizationDetails!.ToJson(), Is.EqualTo("""[{"type":"payment","actions":["status"],"debtor":"DE02"}]"""));
        Assert.That(await host.Client.GetAccessTokenAsync(Owner, part), Is.EqualTo(token), "it is cached");
        Assert.That(await host.Client.GetAccessTokenAsync(Owner), Is.EqualTo(grant.AccessToken), "and does not replace the other token");
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That((await host.Client.FindGrantAsync(Owner))!.AuthorizationDetails!.ToJson(), Is.EqualTo(Granted));
    }

    [Test]
    [Description("RFC 9396 §6: more than was granted is refused by the server, with a message that says what to check; the grant stays")]
    public async Task More_than_was_granted_is_refused()
    {
        await using var host = await StartAsync();
        await host.SignedInAsync();
        AccessTokenParameters more = new()
        {
            AuthorizationDetails = AuthorizationDetails.Parse("""[{"type":"payment","actions":["cancel"]}]"""),
        };

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(Owner, more),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Property("Error")
                .EqualTo("invalid_authorization_details")
                .And.Message.Contains("check each type and its members")
        );
        Assert.That(async () => await host.Client.GetAccessTokenAsync(Owner), Throws.Nothing);
    }

    [Test]
    [Description(
        "RFC 9396 §6.1: a type that was not granted is not requested; the exception says what the next authorization must request"
    )]
    public async Task A_type_that_was_not_granted_requires_an_authorization()
    {
        await using var host = await StartAsync();
        await host.SignedInAsync();
        var other = AuthorizationDetails.Parse("""[{"type":"card"}]""");

        var exception = Assert.ThrowsAsync<ReauthorizationRequiredException>(async () =>
            await host.Client.GetAccessTokenAsync(Owner, new() { AuthorizationDetails = other })
        );

        Assert.That(exception!.Message, Does.Contain("authorization details of the types card"));
        Assert.That(exception.AuthorizationDetails, Is.SameAs(other));
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [TestCase("5")]
    [TestCase("{\"type\":\"payment\"}")]
    [TestCase("[\"payment\"]")]
    [TestCase("[{\"actions\":[]}]")]
    [TestCase("[{\"type\":\"a\",\"type\":\"b\"}]")]
    [TestCase("\"payment\"")]
    [Description("RFC 9396 §7: details that cannot be read are logged once and count as absent; the tokens of the response are used")]
    public async Task Details_that_cannot_be_read_cost_no_token(string value)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "[{\"type\":\"payment\"}]"));
        server.Clock.Advance(TimeSpan.FromHours(2));
        server.Answers(Tokens("at-2", value));

        var token = await server.Client.GetAccessTokenAsync(Owner);

        Assert.That((token.Reveal(), token.AuthorizationDetails!.ToJson()), Is.EqualTo(("at-2", """[{"type":"payment"}]""")));
        Assert.That((await server.Client.FindGrantAsync(Owner))!.AuthorizationDetails!.Types, Is.EqualTo(["payment"]));
        Assert.That(server.Log.Events(351).Single().Message, Does.Contain("authorization_details is not an array"));
    }

    [TestCase("null", null)]
    [TestCase("[]", "[]")]
    [TestCase("\"[{\\\"type\\\":\\\"a\\\"}]\"", """[{"type":"a"}]""")]
    [Description("RFC 9396 §7: no details, none granted, and the text of the array")]
    public async Task Details_of_other_forms(string value, string? expected)
    {
        await using ScriptedServer server = new(o => o.AuthorizationDetails = """[{"type":"a"}]""");
        var grant = await server.SignedInAsync(Tokens("at", value));

        Assert.That(grant.AuthorizationDetails?.ToJson(), Is.EqualTo(expected));
        Assert.That(server.Log.Events(351), Is.Empty);
    }

    [Test]
    [Description("A refresh for all details replaces those of the grant by those that its response states")]
    public async Task A_refresh_replaces_the_details()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", """[{"type":"a"},{"type":"b"}]"""));
        server.Clock.Advance(TimeSpan.FromHours(2));
        server.Answers(Tokens("at-2", """[{"type":"b"}]"""));
        await server.Client.GetAccessTokenAsync(Owner);

        Assert.That((await server.Client.FindGrantAsync(Owner))!.AuthorizationDetails!.Types, Is.EqualTo(["b"]));
    }

    [Test]
    [Description("RFC 9396 §6: the HTTP client of an API uses a token for a part of the details, also with a chosen grant")]
    public async Task A_handler_requests_a_part_of_the_details()
    {
        await using var host = await StartAsync(
            api: (http, api) =>
                http.AddAccessTokenHandler(
                    OAuthTestHost.ClientName,
                    t => t.ForOwner(Owner).To(api.BaseAddress).WithAuthorizationDetails(AuthorizationDetails.Parse(Part))
                )
        );
        var grant = await host.SignedInAsync();
        await host.Http.GetAsync(new Uri("/", UriKind.Relative));
        using HttpRequestMessage request = new(HttpMethod.Get, "/");
        request.SetGrantId(grant.Id);
        await host.Http.SendAsync(request);

        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Single().Form["authorization_details"], Is.EqualTo(Part));
        Assert.That(host.Api.Requests.Select(one => one.Headers["Authorization"]).Distinct(), Has.One.Items);
    }

    [Test]
    [Description("The cache of grants is limited by their size, to which the details belong")]
    public async Task The_size_of_a_grant_contains_the_details()
    {
        await using ScriptedServer server = new();
        var without = await server.SignInAsync();
        server.Answers(Tokens("at", $$"""[{"type":"a","x":"{{new string('x', 10_000)}}"}]"""));
        var with = await server.SignInAsync();

        Assert.That(GrantSize.Of(with) - GrantSize.Of(without), Is.GreaterThan(80_000));
    }

    private static string Tokens(string accessToken, string details) =>
        $$"""
            {"access_token":"{{accessToken}}","token_type":"Bearer","expires_in":3600,"refresh_token":"rt",
             "authorization_details":{{details}}}
            """;

    private static Task<OAuthTestHost> StartAsync(
        Action<TestAuthorizationServerOptions>? server = null,
        Action<IHttpClientBuilder, TestResourceServer>? api = null
    ) =>
        OAuthTestHost.StartAsync(
            o => o.AuthorizationDetails = Requested,
            server: o =>
            {
                (o.AuthorizationDetailsTypes["payment"], o.AuthorizationDetailsTypes["account"]) = (["debtor"], ["debtor"]);
                o.OnAuthorizationDetails = granted =>
                {
                    foreach (var one in granted)
                        one!["debtor"] = "DE02";
                };
                server?.Invoke(o);
            },
            api: api
        );
}
