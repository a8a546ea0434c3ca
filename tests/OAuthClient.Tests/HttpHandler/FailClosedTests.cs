using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests that no request is sent, not even an anonymous one, when no access token can be acquired.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FailClosedTests
{
    private static IEnumerable<TestCaseData> Outages()
    {
        yield return new TestCaseData(Fault.Status(503), typeof(TokenEndpointException)).SetArgDisplayNames("503");
        yield return new TestCaseData(
            Fault.Status(400, """{"error":"invalid_client"}"""),
            typeof(TokenEndpointException)
        ).SetArgDisplayNames("invalid_client");
        yield return new TestCaseData(Fault.ResetBeforeWork(), typeof(HttpRequestException)).SetArgDisplayNames("reset");
        yield return new TestCaseData(
            Fault.Body("""{"access_token":"at","token_type":"mac"}"""),
            typeof(OAuthProtocolException)
        ).SetArgDisplayNames("another type");
        yield return new TestCaseData(
            Fault.Status(400, """{"error":"invalid_grant"}"""),
            typeof(ReauthorizationRequiredException)
        ).SetArgDisplayNames("invalid_grant");
    }

    [TestCaseSource(nameof(Outages))]
    [Description("Token lifecycle 9: any failure of the token endpoint")]
    public async Task Token_endpoint_fails(Fault fault, Type exception)
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(1));
        host.Server.Faults.Add(TestEndpoint.Token, fault);
        Assert.That(async () => await host.Http.GetAsync("/me"), Throws.TypeOf(exception));
        Assert.That(host.Api.Requests, Is.Empty);
    }

    [Test]
    [Description("Token lifecycle 9: the token endpoint does not respond within the deadline")]
    public async Task Token_endpoint_does_not_respond()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(1));
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(Eventually.Never));
        var call = host.Http.GetAsync("/me");
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        await host.Server.WaitForRequestAsync(TestEndpoint.Token, 2).Promptly();
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.That(
            async () => await call.Promptly(),
            Throws.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>()
        );
        Assert.That(host.Api.Requests, Is.Empty);
    }

    [Test]
    [Description("Token lifecycle 9: no grant")]
    public async Task No_grant()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        Assert.That(async () => await host.Http.GetAsync("/me"), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(host.Api.Requests, Is.Empty);
    }

    [Test]
    [Description("Token lifecycle 9: a grant that does not include the scopes of the HTTP client")]
    public async Task Scopes_beyond_the_grant()
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) =>
                http.AddAccessTokenHandler("photos", t => t.ForOwner(GrantOwner.User("42")).To(api.BaseAddress).WithScopes("photos.write"))
        );
        await host.SignInAsync();
        Assert.That(async () => await host.Http.GetAsync("/me"), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(host.Api.Requests, Is.Empty);
    }

    [Test]
    [Description("Token lifecycle 1 and 9: without a signed-in user neither the client's token nor another user's is sent")]
    public async Task No_user_is_signed_in([Values] bool clientInstead)
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) =>
            {
                http.Services.AddSingleton<ICurrentGrantOwner>(new Current(clientInstead ? GrantOwner.Client : null));
                http.AddAccessTokenHandler("photos", t => t.ForCurrentUser().To(api.BaseAddress));
            }
        );
        await host.SignedInAsync();
        Assert.That(
            async () => await host.Http.GetAsync("/me"),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contain("No user is signed in")
                .And.Message.Contain("'photos'")
                .And.Message.Contain("not sent")
        );
        Assert.That(host.Api.Requests, Is.Empty);
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description(
        "Token lifecycle 9: the API and then the server reject the token. The exception says that the user must sign in; there "
            + "is no second call"
    )]
    public async Task Rejected_token_without_a_replacement()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Server.RevokeEverything();
        Assert.That(async () => await host.Http.GetAsync("/me"), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(host.Api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("The caller can cancel while the handler waits for a token, and nothing is sent")]
    public async Task Canceled_while_waiting_for_a_token()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromHours(1));
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task));
        using CancellationTokenSource cancellation = new();
        var call = host.Http.GetAsync("/me", cancellation.Token);
        await host.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        await cancellation.CancelAsync();
        Assert.That(async () => await call.Promptly(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(host.Api.Requests, Is.Empty);
        release.SetResult();
    }

    private sealed class Current(GrantOwner? owner) : ICurrentGrantOwner
    {
        public GrantOwner? Find() => owner;
    }
}
