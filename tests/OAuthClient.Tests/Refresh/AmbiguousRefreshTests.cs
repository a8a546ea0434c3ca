using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Life of a token 6: when nobody knows what became of a refresh token, it is presented once more, at once; and as long as nobody knows, once with each later refresh.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AmbiguousRefreshTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static IEnumerable<Fault> BeforeRotation =>
        [Fault.ResetBeforeWork(), Fault.Status(500), Fault.Status(503), Fault.Body("<html>busy</html>", "text/html")];

    private static IEnumerable<Fault> AfterRotation => [Fault.ResetAfterWork(), Fault.TruncatedBody()];

    [TestCaseSource(nameof(BeforeRotation))]
    [Description(
        "RFC 9700 §4.14: a fault before the server rotated: the second presentation saves the grant, and nobody hears of the first"
    )]
    public async Task Before_rotation(Fault fault)
    {
        await using var host = await OAuthTestHost.StartAsync();
        var grant = await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.Faults.Add(TestEndpoint.Token, fault, times: 1);

        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.Not.EqualTo(grant.AccessToken));

        var sent = host.Server.RequestsTo(TestEndpoint.Token);
        Assert.That(
            sent.Select(request => request.Form["refresh_token"]),
            Is.EqualTo(new[] { grant.RefreshToken!.Reveal(), grant.RefreshToken.Reveal() })
        );
        Assert.That((await host.Client.FindGrantAsync(GrantOwner.User("42")))!.Generation, Is.EqualTo(2));
    }

    [TestCaseSource(nameof(AfterRotation))]
    [Description("RFC 9700 §4.14: an answer lost after the rotation, and a server that takes the old one for a while: the grant lives")]
    public async Task After_rotation_with_grace(Fault fault)
    {
        await using var host = await OAuthTestHost.StartAsync(server: o => o.RefreshTokenGracePeriod = TimeSpan.FromMinutes(1));
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.Faults.Add(TestEndpoint.Token, fault, times: 1);

        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(host.TokenRequests, Is.EqualTo(2));

        host.Clock.Advance(Hour);
        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(host.TokenRequests, Is.EqualTo(3), "and goes on living");
    }

    [TestCaseSource(nameof(AfterRotation))]
    [Description(
        "RFC 9700 §4.14: an answer lost after the rotation at a strict server is a grant lost, whoever the client is; it says so and is not asked again"
    )]
    public async Task After_rotation_without_grace(Fault fault)
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.Faults.Add(TestEndpoint.Token, fault, times: 1);

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<ReauthorizationRequiredException>()
        );
        Assert.That(host.TokenRequests, Is.EqualTo(2));
        Assert.That(host.Log.Events(3), Has.Count.EqualTo(1));
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null, "never deleted");
    }

    [Test]
    [Description(
        "Life of a token 6: once more, and not again within a second; a crowd that comes within a second of the failure hears the same, and asks nothing"
    )]
    public async Task Never_more_than_once()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));

        for (int i = 0; i < 10; i++)
            Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.TypeOf<TokenEndpointException>());
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description(
        "Life of a token 6: as long as nobody knows, each later refresh presents it once, not twice; when the server is well again the grant lives"
    )]
    public async Task In_doubt_it_is_presented_once()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(503));
        Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.TypeOf<TokenEndpointException>());

        host.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.TypeOf<TokenEndpointException>());
        Assert.That(host.TokenRequests, Is.EqualTo(3));

        host.Server.Faults.Clear();
        host.Clock.Advance(RefreshBackoff.Pause);
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Is.Not.Null);
        Assert.That(host.TokenRequests, Is.EqualTo(4));
    }

    [Test]
    [Description("Clear errors: what waiting callers get tells where it came from, also across the state machine")]
    public async Task A_fault_keeps_its_origin()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(400, """{"error":"invalid_client"}"""));
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
            Throws.TypeOf<TokenEndpointException>().With.Property(nameof(Exception.StackTrace)).Contains(nameof(TokenResponseReader))
        );
    }

    [Test]
    [Description("Life of a token 6: a refusal of something else is an answer: it is not presented again")]
    public async Task A_definite_answer_is_one([Values("invalid_client", "unauthorized_client", "invalid_scope")] string error)
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(400, $$"""{"error":"{{error}}"}"""));
        Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.TypeOf<TokenEndpointException>());
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }
}
