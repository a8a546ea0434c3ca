using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Polly;

namespace OAuthClient.Tests;

/// <summary>Tests that responses to requests which an external caller can cause do not delay other requests.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OutsideRequestsTests
{
    private const int InvalidCodes = 1000;
    private const string Code = "forged-code";
    private static readonly TimeSpan FourSeconds = TimeSpan.FromSeconds(4);

    private static IEnumerable<Resilience> Pipelines => [Resilience.BuiltIn, Resilience.CircuitOfTheApplication];

    private static IEnumerable<Request> OutsideRequests => [Request.Code, Request.Extension, Request.Introspection, Request.KeySet];

    public enum Resilience
    {
        BuiltIn,
        CircuitOfTheApplication,
    }

    public enum Request
    {
        Code,
        Extension,
        Introspection,
        KeySet,
    }

    [Test]
    [Description("RFC 6749 §4.1.3: after 1,000 invalid codes with 500 responses, a refresh and a login are sent at once")]
    public async Task Invalid_codes_with_500_responses_delay_no_request([ValueSource(nameof(Pipelines))] Resilience resilience)
    {
        await using var server = Start(resilience);
        server.Answers(sentRequest => Fails(sentRequest) ? new(HttpStatusCode.InternalServerError) : Tokens());
        for (int i = 0; i < InvalidCodes; i++)
            Assert.That(() => RedeemAsync(server, Code).Promptly(), Throws.TypeOf<TokenEndpointException>());
        await AssertNoDelayAsync(server);
    }

    [TestCase(429)]
    [TestCase(503)]
    [Description("RFC 9110 §10.2.3: after 1,000 invalid codes with Retry-After responses, a refresh and a login are sent at once")]
    public async Task Invalid_codes_with_Retry_After_delay_no_request(int status)
    {
        foreach (var resilience in Pipelines)
        {
            await using var server = Start(resilience);
            server.Answers(sentRequest => Fails(sentRequest) ? Later(status, TimeSpan.FromMinutes(1)) : Tokens());
            for (int i = 0; i < InvalidCodes; i++)
                Assert.That(() => RedeemAsync(server, Code).Promptly(), Throws.TypeOf<TokenEndpointException>());
            await AssertNoDelayAsync(server);
        }
    }

    [Test]
    [Description("RFC 6585 §4: a code that received 429 delays its own retry only")]
    public async Task A_429_response_to_a_code_delays_its_own_retry_only()
    {
        await using var server = Start(Resilience.BuiltIn);
        int responses = 0;
        server.Answers(sentRequest => Fails(sentRequest) && Interlocked.Increment(ref responses) == 1 ? Later(429, FourSeconds) : Tokens());
        var first = RedeemAsync(server, Code);
        await Eventually.UntilAsync(() => Volatile.Read(ref responses) == 1);
        await AssertNoDelayAsync(server);
        Pauses pauses = new(server.Clock);
        await pauses.PassAsync(first);
        Assert.That(pauses.Taken, Is.EqualTo([FourSeconds]));
        Assert.That(Volatile.Read(ref responses), Is.EqualTo(2));
    }

    [Test]
    [Description("RFC 7662, RFC 8693: the same holds for every kind of request that an external caller can cause")]
    public async Task No_external_request_delays_other_requests(
        [ValueSource(nameof(OutsideRequests))] Request request,
        [ValueSource(nameof(Pipelines))] Resilience resilience
    )
    {
        foreach (int status in new[] { 500, 429, 503 })
        {
            await using var server = Start(resilience);
            server.Answers(sentRequest => Fails(sentRequest) ? Later(status, TimeSpan.FromMinutes(1)) : Tokens());
            Pauses pauses = new(server.Clock);
            for (int i = 0; i < 20; i++)
                Assert.That(async () => await pauses.PassAsync(SendAsync(server, request)), Throws.InstanceOf<EndpointException>());
            await AssertNoDelayAsync(server);
        }
    }

    [Test]
    [Description("RFC 9110 §10.2.3: a Retry-After in the response to a refresh also delays codes")]
    public async Task Retry_After_of_a_refresh_delays_codes()
    {
        await using var server = Start(Resilience.BuiltIn);
        server.Answers(_ => Later(503, TimeSpan.FromMinutes(1)));
        Assert.That(() => RefreshAsync(server).Promptly(), Throws.TypeOf<TokenEndpointException>());
        Assert.That(
            () => RedeemAsync(server, "genuine").Promptly(),
            Throws.InstanceOf<HttpRequestException>().With.Message.Contain("Retry-After")
        );
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Connection failures open the circuit for every kind of request, because they concern the server")]
    public async Task Connection_failures_open_the_circuit()
    {
        await using var server = Start(Resilience.BuiltIn);
        server.Answers(_ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"));
        Pauses pauses = new(server.Clock);
        for (int i = 0; i < 10; i++)
        {
            Assert.That(
                async () => await pauses.PassAsync(SendAsync(server, Request.Introspection)),
                Throws.InstanceOf<HttpRequestException>()
            );
        }
        Assert.That(server.Log.Events(201), Is.Not.Empty);
    }

    [Test]
    [Description("An open circuit stops codes; an error response to a code neither opens nor closes it, and a successful login closes it")]
    public async Task An_open_circuit_stops_codes_and_a_login_closes_it()
    {
        await using var server = Start(Resilience.BuiltIn);
        server.Answers(_ => new(HttpStatusCode.InternalServerError));
        for (int i = 0; i < 10; i++)
            Assert.That(() => RefreshAsync(server).Promptly(), Throws.TypeOf<TokenEndpointException>());
        int before = server.Requests.Count;
        Assert.That(
            () => RedeemAsync(server, Code).Promptly(),
            Throws.InstanceOf<HttpRequestException>().With.Message.Contain("circuit for")
        );
        Assert.That(server.Requests, Has.Count.EqualTo(before));

        server.Clock.Advance(TimeSpan.FromSeconds(5));
        for (int i = 0; i < 20; i++)
            Assert.That(() => RedeemAsync(server, Code).Promptly(), Throws.TypeOf<TokenEndpointException>());
        Assert.That(server.Requests, Has.Count.EqualTo(before + 20));
        Assert.That(server.Log.Events(201), Has.Count.EqualTo(1));
        Assert.That(server.Log.Events(202), Is.Empty);

        server.Answers(sentRequest => Fails(sentRequest) ? new(HttpStatusCode.InternalServerError) : Tokens());
        await AssertNoDelayAsync(server);
        Assert.That(server.Log.Events(202), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("A login is not delayed while another request tests the server")]
    public async Task A_login_is_not_delayed_by_the_request_that_tests_the_server()
    {
        await using var server = Start(Resilience.BuiltIn);
        server.Answers(_ => new(HttpStatusCode.InternalServerError));
        for (int i = 0; i < 10; i++)
            Assert.That(() => RefreshAsync(server).Promptly(), Throws.TypeOf<TokenEndpointException>());
        server.Clock.Advance(TimeSpan.FromSeconds(5));
        TaskCompletionSource release = new();
        server.AnswersAsync(async sentRequest =>
        {
            if (sentRequest["grant_type"] == "refresh_token")
                await release.Task;
            return Tokens();
        });
        var refresh = RefreshAsync(server);
        await RedeemAsync(server, "genuine").Promptly();
        release.SetResult();
        await refresh.Promptly();
    }

    private static async Task AssertNoDelayAsync(ScriptedServer server)
    {
        await RefreshAsync(server).Promptly();
        await RedeemAsync(server, "genuine").Promptly();
    }

    private static ScriptedServer Start(Resilience resilience) =>
        new(
            o =>
            {
                o.Issuer = new(ScriptedServer.Origin);
                o.JwksUri = new(ScriptedServer.Origin + "/jwks");
                o.IntrospectionEndpoint = new(ScriptedServer.Origin + "/introspect");
            },
            register: builder =>
            {
                if (resilience == Resilience.CircuitOfTheApplication)
                    builder.UseResilience(Circuit);
            },
            retries: true
        );

    private static void Circuit(ResiliencePipelineBuilder<HttpResponseMessage> pipeline) =>
        pipeline.AddCircuitBreaker(
            new()
            {
                MinimumThroughput = 10,
                BreakDuration = TimeSpan.FromMinutes(1),
                ShouldHandle = static attempt => ValueTask.FromResult((int?)attempt.Outcome.Result?.StatusCode is 429 or >= 500),
            }
        );

    private static bool Fails(ScriptedServer.SentRequest sentRequest) =>
        sentRequest.Uri.AbsolutePath is "/introspect" or "/jwks" || sentRequest["code"] == Code || sentRequest["subject_token"] == Code;

    private static HttpResponseMessage Tokens() => ScriptedServer.Json(200, ScriptedServer.Tokens("at", "rt"));

    private static HttpResponseMessage Later(int status, TimeSpan pause)
    {
        HttpResponseMessage response = new((HttpStatusCode)status);
        response.Headers.RetryAfter = new(pause);
        return response;
    }

    private static Task<TokenResponse> RefreshAsync(ScriptedServer server) =>
        server.Client.RequestTokenAsync(TokenRequest.Refresh(new("the-token")));

    private static async Task RedeemAsync(ScriptedServer server, string code)
    {
        var pending = await server.Client.BeginAuthorizationAsync();
        string state = QueryHelpers.ParseQuery(pending.AuthorizationUri.Query)["state"]!;
        Uri callback = new($"https://app.example/callback?code={code}&state={state}&iss={ScriptedServer.Origin}");
        await server.Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User("42"));
    }

    private static Task SendAsync(ScriptedServer server, Request request) =>
        request switch
        {
            Request.Code => RedeemAsync(server, Code),
            Request.Extension => server.Client.RequestTokenAsync(
                TokenRequest.Extension(
                    "urn:ietf:params:oauth:grant-type:token-exchange",
                    [new("subject_token", Code), new("subject_token_type", "urn:ietf:params:oauth:token-type:access_token")]
                )
            ),
            Request.Introspection => server.Services.GetRequiredService<TokenIntrospection>().IntrospectAsync(Code),
            _ => server.Services.GetRequiredService<OpenIdLogout>().ProcessBackChannelLogoutAsync(LogoutTokens.Unsigned(server)),
        };
}
