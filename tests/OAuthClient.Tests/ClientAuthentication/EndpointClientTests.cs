using Microsoft.Extensions.Logging.Abstractions;
using OAuthClient.Tests.DPoP;

namespace OAuthClient.Tests;

/// <summary>Tests that each attempt of a request is authenticated on its own (RFC 7523 §3, RFC 9449 §4.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class EndpointClientTests
{
    private static readonly string[] ThreeAssertions = ["the-assertion-1", "the-assertion-2", "the-assertion-3"];

    private static IEnumerable<TestCaseData> RetriedRequests() =>
        [
            new TestCaseData(TokenRequest.ClientCredentials(), new[] { 503, 429 }).SetArgDisplayNames("client credentials, 503 and 429"),
            new TestCaseData(TokenRequest.Refresh(new("the-token")), new[] { 429, 429 }).SetArgDisplayNames("refresh token, 429 twice"),
        ];

    [TestCaseSource(nameof(RetriedRequests))]
    [Description("RFC 7523 §3: a server may accept an assertion once (jti), so each attempt has its own")]
    public async Task Each_attempt_is_authenticated(TokenRequest request, int[] statuses)
    {
        await using ScriptedServer server = new(retries: true);
        Queue<int> failures = new(statuses);
        server.Answers(_ =>
            failures.TryDequeue(out int status)
                ? ScriptedServer.Json(status, "{}")
                : ScriptedServer.Json(200, ScriptedServer.Tokens("the-access-token"))
        );
        CountingAuthentication authentication = new();

        var tokens = await new Pauses(server.Clock).PassAsync(SendAsync(server, request, authentication));

        Assert.That(tokens.AccessToken.Reveal(), Is.EqualTo("the-access-token"));
        Assert.That(server.Requests.Select(sent => sent["client_assertion"]), Is.EqualTo(ThreeAssertions));
        Assert.That(server.Requests.Select(sent => sent["grant_type"]).Distinct(), Has.Exactly(1).Items);
        Assert.That(authentication.StartedAt, Is.Unique.And.Ordered, "an assertion can state when its attempt started");
    }

    [Test]
    [Description("Threat: secrets in messages. The credentials of no attempt appear in the message about the last one")]
    public async Task The_credentials_of_all_attempts_are_removed_from_messages()
    {
        await using ScriptedServer server = new(retries: true);
        bool isFirst = true;
        server.Answers(_ =>
        {
            int status = isFirst ? 429 : 400;
            isFirst = false;
            return ScriptedServer.Json(
                status,
                """{"error":"invalid_client","error_description":"the-assertion-1, the-assertion-2 and others"}"""
            );
        });

        Assert.That(
            async () =>
                await new Pauses(server.Clock).PassAsync(
                    SendAsync(server, TokenRequest.Refresh(new("the-token")), new CountingAuthentication())
                ),
            Throws
                .TypeOf<TokenEndpointException>()
                .With.Message.Contains("and others")
                .And.Message.Contains(": check the assertion.")
                .And.Message.Not.Contains("the-assertion")
        );
    }

    [Test]
    [Description("An authentication that fails sends nothing, and its exception is not reported as one of the endpoint")]
    public async Task A_failed_authentication_sends_nothing()
    {
        await using ScriptedServer server = new();
        HttpRequestException fault = new("the key service");
        SendTracker tracker = new();

        Assert.That(
            async () =>
                await SendAsync(server, TokenRequest.Refresh(new("the-token")), new CountingAuthentication { Fault = fault }, tracker),
            Throws.Exception.SameAs(fault)
        );
        Assert.That(server.Requests, Is.Empty);
        Assert.That(tracker.MayHaveBeenSent, Is.False);
    }

    private static Task<TokenResponse> SendAsync(
        ScriptedServer server,
        TokenRequest request,
        IClientAuthentication authentication,
        SendTracker? tracker = null
    )
    {
        var configuration = server.ConfigurationOf();
        var backChannel = server.BackChannelOf();
        TokenEndpointClient client = new(
            new ServerMetadataCache(backChannel, server.Clock),
            new EndpointClient(backChannel, SampleProofs.Create(), (_, _) => authentication),
            SampleProofs.Keys(),
            server.Clock,
            NullLogger.Instance
        );
        return client.SendAsync(request, configuration, configuration.ConfiguredMetadata, tracker, CancellationToken.None);
    }

    /// <summary>Writes another assertion into each attempt.</summary>
    private sealed class CountingAuthentication : IClientAuthentication
    {
        public string InvalidClientAdvice => ": check the assertion.";
        public List<DateTimeOffset> StartedAt { get; } = [];
        public Exception? Fault { get; init; }

        public async ValueTask ApplyAsync(
            AuthenticatedRequest request,
            AuthorizationServerMetadata server,
            CancellationToken cancellationToken
        )
        {
            await Task.Yield();
            if (Fault is not null)
                throw Fault;
            StartedAt.Add(request.StartedAt);
            request.AddSecret("client_assertion", $"the-assertion-{StartedAt.Count}");
        }
    }
}
