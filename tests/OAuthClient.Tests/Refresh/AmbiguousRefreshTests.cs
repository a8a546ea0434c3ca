using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests token lifecycle 6: after an ambiguous outcome a refresh token is presented once more at once, and then once with each later
/// refresh until the outcome is known.
/// </summary>
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
        "RFC 9700 §4.14: a fault before the rotation: the second presentation succeeds, and the caller does not see the first failure"
    )]
    public async Task Fault_before_rotation(Fault fault)
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
    [Description(
        "RFC 9700 §4.14: a response lost after the rotation, and a server with a grace period for the old token: the grant "
            + "remains usable"
    )]
    public async Task Response_lost_after_rotation_with_a_grace_period(Fault fault)
    {
        await using var host = await OAuthTestHost.StartAsync(server: o => o.RefreshTokenGracePeriod = TimeSpan.FromMinutes(1));
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.Faults.Add(TestEndpoint.Token, fault, times: 1);

        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(host.TokenRequests, Is.EqualTo(2));

        host.Clock.Advance(Hour);
        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(host.TokenRequests, Is.EqualTo(3), "and the grant remains usable");
    }

    [TestCaseSource(nameof(AfterRotation))]
    [Description(
        "RFC 9700 §4.14: a response lost after the rotation at a server without a grace period ends the grant; the exception "
            + "says so and the token is not sent again"
    )]
    public async Task Response_lost_after_rotation_without_a_grace_period(Fault fault)
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
        Assert.That(host.Log.Events(304), Has.Count.EqualTo(1));
        Assert.That(await host.Client.FindGrantAsync(GrantOwner.User("42")), Is.Not.Null, "the grant is not deleted");
    }

    [Test]
    [Description(
        "Token lifecycle 6: once more, and not again within a second; callers within a second of the failure receive the same "
            + "exception and cause no request"
    )]
    public async Task Presented_at_most_once_more()
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
        "Token lifecycle 6: while the outcome is unknown, each later refresh presents the token once, not twice; when the "
            + "server recovers, the grant is usable"
    )]
    public async Task While_the_outcome_is_unknown_the_token_is_presented_once()
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
    [Description("The exception of waiting callers keeps the stack trace of its origin, also across the state machine")]
    public async Task An_exception_keeps_its_origin()
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
    [Description("Token lifecycle 6: another error code is a definite outcome: the token is not presented again")]
    public async Task A_definite_outcome_causes_no_second_presentation(
        [Values("invalid_client", "unauthorized_client", "invalid_scope")] string error
    )
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        host.Clock.Advance(Hour);
        host.Server.Faults.Add(TestEndpoint.Token, Fault.Status(400, $$"""{"error":"{{error}}"}"""));
        Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.TypeOf<TokenEndpointException>());
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }
}
