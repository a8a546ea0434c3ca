using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests the metrics of the library.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MeasurementTests
{
    private const string Refreshes = "oauthclient.token.refresh.duration";
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [TestCase("42", "refresh_token")]
    [TestCase(null, "client_credentials")]
    [Description("Refreshes are measured by cause and outcome")]
    public async Task Refreshes_are_measured_by_cause(string? owner, string grantType)
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1", scope: "a b"));
        using RecordedMeasurements measured = new(server.Services);
        int count = 1;
        server.Answers(_ => Json(200, Tokens($"at-{++count}", scope: "a b")));
        var tokenOwner = owner is null ? GrantOwner.Client : GrantOwner.User(owner);
        List<string> expected = [];
        void Expect(string cause) => expected.Add($"name= grant_type={grantType} cause={cause} outcome=refreshed");

        if (owner is null)
        {
            await server.Client.GetAccessTokenAsync(tokenOwner);
            Expect("missing");
        }
        await server.Client.GetAccessTokenAsync(tokenOwner, new() { Scopes = ["a"] });
        Expect("missing");
        var token = await server.Client.GetAccessTokenAsync(tokenOwner);
        await server.Client.GetAccessTokenAsync(tokenOwner, new() { RejectedToken = token });
        Expect("rejected");
        server.Clock.Advance(Hour);
        await server.Client.GetAccessTokenAsync(tokenOwner);
        Expect("expired");
        server.Clock.Advance(Hour - TimeSpan.FromSeconds(10));
        await server.Client.GetAccessTokenAsync(tokenOwner);
        Expect("early");

        await Eventually.UntilAsync(() => measured.Tags(Refreshes).Count == expected.Count);
        Assert.That(measured.Tags(Refreshes), Is.EqualTo(expected));
    }

    [Test]
    [Description("A failed refresh is measured with a known error code, status or exception type, and never with text from the server")]
    public async Task Failed_refreshes_are_measured_by_error_type()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        using RecordedMeasurements measured = new(server.Services);
        (Func<SentRequest, HttpResponseMessage> Answer, string ErrorType)[] failures =
        [
            (_ => Json(400, """{"error":"invalid_scope"}"""), "invalid_scope"),
            (sentRequest => Json(400, $$"""{"error":"{{sentRequest["refresh_token"]}}"}"""), "400"),
            (_ => throw new HttpRequestException("reset"), "System.Net.Http.HttpRequestException"),
            (_ => Json(503, ""), "503"),
        ];
        foreach (var (answer, errorType) in failures)
        {
            server.Clock.Advance(Hour);
            server.Answers(answer);
            Assert.That(async () => await server.Client.GetAccessTokenAsync(GrantOwner.User("42")), Throws.Exception);
            Assert.That(
                measured.Tags(Refreshes)[^1],
                Is.EqualTo($"name= grant_type=refresh_token cause=expired outcome=failed type={errorType}")
            );
        }
    }

    [Test]
    [Description("Rejected refresh tokens are counted separately by whether a response was lost before; lost responses are counted too")]
    public async Task Rejected_grants_and_lost_responses_are_counted([Values] bool answerIsLost)
    {
        await using var host = await OAuthTestHost.StartAsync();
        await host.SignedInAsync();
        using RecordedMeasurements measured = new(host.Services);
        host.Clock.Advance(Hour);
        if (answerIsLost)
            host.Server.Faults.Add(TestEndpoint.Token, Fault.ResetAfterWork(), times: 1);
        else
            host.Server.RevokeEverything();

        for (int i = 0; i < 2; i++)
            Assert.That(
                async () => await host.Client.GetAccessTokenAsync(GrantOwner.User("42")),
                Throws.TypeOf<ReauthorizationRequiredException>()
            );

        Assert.That(
            measured.Tags("oauthclient.grant.lost"),
            Is.EqualTo(new[] { $"name=photos cause={(answerIsLost ? "answer_lost" : "refused")}" })
        );
        Assert.That(measured.Tags("oauthclient.token.refresh.ambiguous"), Has.Count.EqualTo(answerIsLost ? 1 : 0));
        Assert.That(host.Log.Events(303), Has.Count.EqualTo(answerIsLost ? 1 : 0));
        Assert.That(
            measured.Tags(Refreshes),
            Is.EqualTo(new[] { "name=photos grant_type=refresh_token cause=expired outcome=lost type=invalid_grant" })
        );
    }

    [Test]
    [Description("Cache hits and misses are counted, and the waits of misses are measured")]
    public async Task Lookups_and_waits_are_measured()
    {
        await using ScriptedServer server = new();
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        using RecordedMeasurements measured = new(server.Services);
        for (int i = 0; i < 3; i++)
            await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        server.Clock.Advance(Hour);
        TaskCompletionSource release = new();
        server.AnswersAsync(async _ =>
        {
            await release.Task;
            server.Clock.Advance(TimeSpan.FromSeconds(2));
            return Json(200, Tokens("at-2"));
        });
        var waiting = server.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        release.SetResult();
        await waiting;

        string hit = "name= grant_type=refresh_token result=hit";
        Assert.That(
            measured.Tags("oauthclient.token.lookups"),
            Is.EqualTo(new[] { hit, hit, hit, "name= grant_type=refresh_token result=miss" })
        );
        Assert.That(measured.Tags("oauthclient.token.wait.duration"), Is.EqualTo(new[] { "name= grant_type=refresh_token" }));
        Assert.That(measured.Values("oauthclient.token.wait.duration"), Is.EqualTo(new[] { 2.0 }));
        Assert.That(measured.Values(Refreshes), Is.EqualTo(new[] { 2.0 }));
    }

    [Test]
    [Description("The wait for a lease that another node holds is measured")]
    public async Task Lease_waits_are_measured()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using ScriptedServer server = new(registerFirst: services => services.AddSingleton<IGrantStore>(store));
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        using RecordedMeasurements measured = new(server.Services);
        server.Clock.Advance(Hour);
        server.Answers(Tokens("at-2"));
        var another = await store.TryAcquireLeaseAsync(grant, held: null, Hour, default);
        store.BeforeWaiting = () =>
        {
            server.Clock.Advance(TimeSpan.FromSeconds(3));
            return store.ReleaseLeaseAsync(another.Lease!, RefreshTokenStatus.Unused, default).AsTask();
        };
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42")).Promptly();

        Assert.That(measured.Tags("oauthclient.lease.wait.duration"), Is.EqualTo(new[] { "name=" }));
        Assert.That(measured.Values("oauthclient.lease.wait.duration"), Is.EqualTo(new[] { 3.0 }));
    }

    [Test]
    [Description("A refresh that finds the token of another refresh is measured as adopted")]
    public async Task Adopted_tokens_are_measured()
    {
        InMemoryGrantStore store = new(TimeProvider.System);
        FailingStore late = new(store);
        await using ScriptedServer server = new(registerFirst: services => services.AddSingleton<IGrantStore>(late));
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Clock.Advance(Hour);
        using RecordedMeasurements measured = new(server.Services);
        var now = server.Clock.GetUtcNow();
        TokenResponse other = new(
            new AccessToken("other", now, now + Hour, [], []),
            new RefreshToken("rt-2"),
            idToken: null,
            new Dictionary<string, System.Text.Json.JsonElement>(StringComparer.Ordinal)
        );
        late.BeforeLeasing = () => store.TryReplaceAsync(grant.Refreshed(other, "", now), default).AsTask();

        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.User("42"))).Reveal(), Is.EqualTo("other"));
        Assert.That(measured.Tags(Refreshes), Is.EqualTo(new[] { "name= grant_type=refresh_token cause=expired outcome=adopted" }));
    }

    [Test]
    [Description("The number of unsaved grants is measured")]
    public async Task Unsaved_grants_are_measured()
    {
        FailingStore store = new(new InMemoryGrantStore(TimeProvider.System));
        await using ScriptedServer server = new(registerFirst: services => services.AddSingleton<IGrantStore>(store));
        await server.SignedInAsync(Tokens("at-1", "rt-1"));
        using RecordedMeasurements measured = new(server.Services);
        Assert.That(measured.Now("oauthclient.grant.unsaved"), Is.Zero);
        server.Clock.Advance(Hour);
        store.RefusesToSave = true;
        await server.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        Assert.That(measured.Now("oauthclient.grant.unsaved"), Is.EqualTo(1));
        store.RefusesToSave = false;
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        await Eventually.UntilAsync(() => server.Log.Events(322).Count == 1);
        Assert.That(measured.Now("oauthclient.grant.unsaved"), Is.Zero);
    }

    [Test]
    [Description("OpenTelemetry semantic conventions: lowercase names with dots, UCUM units")]
    public async Task Names_and_units_follow_the_conventions()
    {
        await using ScriptedServer server = new();
        using RecordedMeasurements measured = new(server.Services);
        await server.SignInAsync();
        await server.Client.GetAccessTokenAsync(GrantOwner.Client);
        measured.Now("oauthclient.grant.unsaved");
        Assert.That(
            measured.Instruments.Select(instrument => instrument.Name),
            Has.Member("oauthclient.authorization.complete.duration").And.All.Match("^oauthclient(\\.[a-z_]+)+$")
        );
        Assert.That(measured.Instruments.Select(instrument => instrument.Unit), Is.All.Match("^(s|\\{[a-z]+\\})$"));
        Assert.That(measured.Instruments.Select(instrument => instrument.Description), Is.All.Not.Null);
    }
}
