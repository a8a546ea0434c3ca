using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Polly;

namespace OAuthClient.Tests;

/// <summary>Answers to requests whose content or time an outside caller chooses do not hold up any other request.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OutsideRequestsTests
{
    private const int Invented = 1000;
    private const string Code = "invented";
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
    [Description("RFC 6749 §4.1.3: after 1,000 invented codes that the server answers with 500, a refresh and a login go through at once")]
    public async Task Invented_codes_answered_500([ValueSource(nameof(Pipelines))] Resilience resilience)
    {
        await using var server = Start(resilience);
        server.Answers(sentRequest => Fails(sentRequest) ? new(HttpStatusCode.InternalServerError) : Tokens());
        for (int i = 0; i < Invented; i++)
            Assert.That(() => RedeemAsync(server, Code).Promptly(), Throws.TypeOf<TokenEndpointException>());
        await RequireOpenAsync(server);
    }

    [TestCase(429)]
    [TestCase(503)]
    [Description("RFC 9110 §10.2.3: after 1,000 invented codes answered with Retry-After, a refresh and a login go through at once")]
    public async Task Invented_codes_answered_with_a_pause(int status)
    {
        foreach (var resilience in Pipelines)
        {
            await using var server = Start(resilience);
            server.Answers(sentRequest => Fails(sentRequest) ? Later(status, TimeSpan.FromMinutes(1)) : Tokens());
            for (int i = 0; i < Invented; i++)
                Assert.That(() => RedeemAsync(server, Code).Promptly(), Throws.TypeOf<TokenEndpointException>());
            await RequireOpenAsync(server);
        }
    }

    [Test]
    [Description("RFC 6585 §4: a code that was answered with 429 waits for its own second attempt, and no other request waits with it")]
    public async Task A_code_waits_for_itself_only()
    {
        await using var server = Start(Resilience.BuiltIn);
        int answers = 0;
        server.Answers(sentRequest => Fails(sentRequest) && Interlocked.Increment(ref answers) == 1 ? Later(429, FourSeconds) : Tokens());
        var first = RedeemAsync(server, Code);
        await Eventually.UntilAsync(() => Volatile.Read(ref answers) == 1);
        await RequireOpenAsync(server);
        Pauses pauses = new(server.Clock);
        await pauses.PassAsync(first);
        Assert.That(pauses.Taken, Is.EqualTo([FourSeconds]));
        Assert.That(Volatile.Read(ref answers), Is.EqualTo(2));
    }

    [Test]
    [Description("RFC 7662, RFC 8693, the same for every kind of request that an outside caller can bring about")]
    public async Task Every_kind(
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
            await RequireOpenAsync(server);
        }
    }

    [Test]
    [Description("A pause that the server asked for in its answer to a refresh holds for codes, too (RFC 9110 §10.2.3)")]
    public async Task A_pause_of_a_refresh_holds_for_codes()
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
    [Description("A connection that cannot be made says something about the server, for every kind of request: the circuit opens")]
    public async Task Connection_faults_open_the_circuit()
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
        Assert.That(server.Log.Events(20), Is.Not.Empty);
    }

    [Test]
    [Description("An open circuit holds up codes, too; an error answer to a code neither reopens nor closes it, a login closes it")]
    public async Task An_open_circuit_and_codes()
    {
        await using var server = Start(Resilience.BuiltIn);
        server.Answers(_ => new(HttpStatusCode.InternalServerError));
        for (int i = 0; i < 10; i++)
            Assert.That(() => RefreshAsync(server).Promptly(), Throws.TypeOf<TokenEndpointException>());
        int before = server.Requests.Count;
        Assert.That(
            () => RedeemAsync(server, Code).Promptly(),
            Throws.InstanceOf<HttpRequestException>().With.Message.Contain("left alone")
        );
        Assert.That(server.Requests, Has.Count.EqualTo(before));

        server.Clock.Advance(TimeSpan.FromSeconds(5));
        for (int i = 0; i < 20; i++)
            Assert.That(() => RedeemAsync(server, Code).Promptly(), Throws.TypeOf<TokenEndpointException>());
        Assert.That(server.Requests, Has.Count.EqualTo(before + 20));
        Assert.That(server.Log.Events(20), Has.Count.EqualTo(1));
        Assert.That(server.Log.Events(21), Is.Empty);

        server.Answers(sentRequest => Fails(sentRequest) ? new(HttpStatusCode.InternalServerError) : Tokens());
        await RequireOpenAsync(server);
        Assert.That(server.Log.Events(21), Has.Count.EqualTo(1));
    }

    [Test]
    [Description("While one request of the application finds out whether the server is back, a login is not held up by it")]
    public async Task A_login_beside_the_one_that_finds_out()
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

    private static async Task RequireOpenAsync(ScriptedServer server)
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
