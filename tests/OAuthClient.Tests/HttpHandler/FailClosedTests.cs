using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Threat: acquisition failed. No token, no request: the API sees nothing, least of all an anonymous call.</summary>
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
    [Description("Life of a token 9: whatever went wrong at the token endpoint")]
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
    [Description("Life of a token 9: the token endpoint does not answer within the deadline")]
    public async Task Token_endpoint_is_silent()
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
    [Description("Life of a token 9: no grant")]
    public async Task No_grant()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        Assert.That(async () => await host.Http.GetAsync("/me"), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(host.Api.Requests, Is.Empty);
    }

    [Test]
    [Description("Life of a token 9: a grant that does not cover what the HTTP client needs")]
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
    [Description("Life of a token 1, 9: nobody is signed in. Not the client's token, not somebody's, none")]
    public async Task Nobody_is_signed_in([Values] bool clientInstead)
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
        "Life of a token 9: refused by the API, and then by the server. The exception says that the user is needed; there is no second call"
    )]
    public async Task Refused_and_no_other_token()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Server.RevokeEverything();
        Assert.That(async () => await host.Http.GetAsync("/me"), Throws.TypeOf<ReauthorizationRequiredException>());
        Assert.That(host.Api.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("The caller's cancellation is heard while a token is waited for, and nothing is sent")]
    public async Task Cancelled_while_waiting_for_a_token()
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
