using System.Net;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.DPoP.SampleProofs;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests.DPoP;

/// <summary>Proves how often a token request is sent when the server asks for a nonce (RFC 9449 §8), also with other faults.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DPoPNonceRetryTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [TestCase("nonce nonce nonce", 2, false, Description = "a server that asks again and again")]
    [TestCase("nonce ok", 2, true)]
    [TestCase("reset ok", 2, true)]
    [TestCase("nonce reset ok", 3, true)]
    [TestCase("reset nonce ok", 3, true)]
    [TestCase("reset reset ok", 2, false)]
    [TestCase("nonce reset nonce ok", 3, false)]
    [TestCase("reset nonce nonce ok", 3, false)]
    [TestCase("nonce reset reset ok", 3, false)]
    [TestCase("reset nonce reset ok", 3, false)]
    [TestCase("bare ok", 1, false, Description = "use_dpop_nonce without the header")]
    [Description("§8, RFC 9700 §4.14: a refresh token is sent once, once more for the nonce, and once more if an outcome is unknown")]
    public async Task A_refresh_token_is_sent_at_most_three_times(string script, int requests, bool succeeds)
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        await server.SignedInAsync(BoundTokens("at-1", "rt-1"));
        server.Clock.Advance(TimeSpan.FromHours(1));
        Play(server, script);

        var refreshing = server.Client.GetAccessTokenAsync(Owner).AsTask();

        if (succeeds)
            Assert.That((await refreshing).Reveal(), Is.EqualTo("at-2"));
        else
            Assert.That(async () => await refreshing, Throws.Exception.Not.TypeOf<ReauthorizationRequiredException>());
        Assert.That(server.Requests, Has.Count.EqualTo(requests));
        Assert.That(server.Requests.Select(request => request["refresh_token"]), Is.All.EqualTo("rt-1"));
        Assert.That(server.Requests.Select(request => Claims(request.Proof).GetProperty("jti").GetString()), Is.Unique);
        var grant = (await server.Client.FindGrantAsync(Owner))!;
        Assert.That(grant.RefreshToken!.Reveal(), Is.EqualTo(succeeds ? "rt-2" : "rt-1"), "the grant is kept");
    }

    [TestCase("nonce reset nonce", true)]
    [TestCase("reset nonce nonce", true)]
    [TestCase("nonce nonce", false)]
    [Description("§8: a refusal for the nonce shows that the server did not act on this request, and nothing about an earlier one")]
    public async Task The_status_stays_unknown_if_one_outcome_is(string script, bool isUnknown)
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        var grant = await server.SignedInAsync(BoundTokens("at-1", "rt-1"));
        server.Clock.Advance(TimeSpan.FromHours(1));
        Play(server, script);
        Assert.That(async () => await server.Client.GetAccessTokenAsync(Owner), Throws.TypeOf<TokenEndpointException>());

        var lease = await server.Store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.FromSeconds(45), CancellationToken.None);

        Assert.That(lease.PreviousStatus, Is.EqualTo(isUnknown ? RefreshTokenStatus.Unknown : RefreshTokenStatus.Unused));
    }

    [Test]
    [Description("§8: the error of a server that accepts no nonce names the code of the server")]
    public async Task The_error_names_the_nonce()
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        Play(server, "nonce nonce");

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<TokenEndpointException>().With.Message.Contains("use_dpop_nonce").And.Property("Error").EqualTo("use_dpop_nonce")
        );
    }

    [TestCase("nonce nonce nonce", 2)]
    [TestCase("reset ok", 1)]
    [TestCase("nonce reset ok", 2)]
    [TestCase("bare ok", 1)]
    [Description("§8, RFC 6749 §4.1.2: a code is sent once more for the nonce, and never again after it may have been used")]
    public async Task A_code_is_sent_at_most_twice(string script, int requests)
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true, retries: true);
        Play(server, script);

        Assert.That(async () => await server.SignInAsync().Promptly(), Throws.Exception);

        Assert.That(server.Requests, Has.Count.EqualTo(requests));
        Assert.That(await server.Client.FindGrantAsync(Owner), Is.Null);
    }

    private static IEnumerable<string[]> UnusableNonces =>
        [
            ["a b"],
            ["\"a\""],
            ["a\\b"],
            ["\u00fc"],
            [""],
            [new string('n', 1_025)],
            ["one", "two"],
        ];

    [TestCaseSource(nameof(UnusableNonces))]
    [Description("§8.1: nonce = 1*NQCHAR, of a bounded length, in one header")]
    public async Task An_unusable_nonce_is_not_sent(params string[] nonces)
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        server.Answers(_ => NonceRefusal(nonces));

        for (int i = 1; i <= 2; i++)
        {
            Assert.That(
                async () => await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()),
                Throws.TypeOf<TokenEndpointException>()
            );
            Assert.That(server.Requests, Has.Count.EqualTo(i));
            Assert.That(Nonce(server.Requests[^1].Proof), Is.Null);
        }
    }

    [Test]
    [Description("§8.1: every character that the syntax allows is sent unchanged")]
    public async Task A_nonce_of_all_allowed_characters_is_used()
    {
        string nonce = string.Concat(
            Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code).Where(one => one is not ('"' or '\\'))
        );
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        server.Answers(request => Nonce(request.Proof) == nonce ? Json(200, BoundTokens("at")) : NonceRefusal(nonce));

        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.Client)).Reveal(), Is.EqualTo("at"));
    }

    [Test]
    [Description("§8.2, RFC 6585 §4: a nonce of a 429 is used after the pause, and the 429 does not count as the request for the nonce")]
    public async Task A_nonce_of_a_throttled_request_is_used()
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true, retries: true);
        Queue<HttpResponseMessage> answers = new([Throttled(), NonceRefusal("two"), Json(200, BoundTokens("at"))]);
        server.Answers(_ => answers.Dequeue());

        var token = await new Pauses(server.Clock).PassAsync(server.Client.GetAccessTokenAsync(GrantOwner.Client).AsTask());

        Assert.That(token.Reveal(), Is.EqualTo("at"));
        Assert.That(server.Requests.Select(request => Nonce(request.Proof)), Is.EqualTo(new[] { null, "one", "two" }));

        static HttpResponseMessage Throttled()
        {
            var response = Json(429, """{"error":"use_dpop_nonce"}""");
            response.Headers.TryAddWithoutValidation("DPoP-Nonce", "one");
            response.Headers.TryAddWithoutValidation("Retry-After", "1");
            return response;
        }
    }

    [Test]
    [Description("§8, RFC 8628 §3.5: a poll, which is otherwise never repeated, is sent once more for the nonce")]
    public async Task A_poll_is_sent_once_more([Values] bool isAccepted)
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true, retries: true);
        Play(server, isAccepted ? "nonce ok" : "nonce nonce nonce");
        var poll = TokenRequest.Extension("urn:ietf:params:oauth:grant-type:device_code", [new("device_code", "d")]);

        if (isAccepted)
            Assert.That((await server.Client.RequestTokenAsync(poll)).AccessToken.TokenType, Is.EqualTo("DPoP"));
        else
            Assert.That(async () => await server.Client.RequestTokenAsync(poll), Throws.TypeOf<TokenEndpointException>());
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description(
        "Token lifecycle 5: the lease is checked before the second send too, so a refusal that took too long is not followed at once"
    )]
    public async Task The_lease_is_checked_before_the_second_send()
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        var grant = await server.SignedInAsync(BoundTokens("at-1", "rt-1"));
        server.Clock.Advance(TimeSpan.FromHours(1));
        List<DateTimeOffset?> leases = [];
        server.AnswersAsync(async _ =>
        {
            var held = await server.Store.TryAcquireLeaseAsync(grant, held: null, TimeSpan.FromSeconds(45), CancellationToken.None);
            Assert.That(held.Lease, Is.Null, "this node holds the lease while it sends");
            leases.Add(server.Clock.GetUtcNow());
            if (leases.Count > 1)
                return Json(200, BoundTokens("at-2", "rt-2"));
            server.Clock.Advance(TimeSpan.FromSeconds(20));
            return NonceRefusal("one");
        });

        Assert.That((await server.Client.GetAccessTokenAsync(Owner)).Reveal(), Is.EqualTo("at-2"));

        Assert.That(server.Requests, Has.Count.EqualTo(2), "sent again under the renewed lease");
        Assert.That(Nonce(server.Requests[^1].Proof), Is.EqualTo("one"));
    }

    [Test]
    [Description("Token lifecycle 5, §8: slow refusals do not add up to further requests, although each lease is renewed")]
    public async Task Slow_refusals_are_not_repeated_under_renewed_leases()
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        await server.SignedInAsync(BoundTokens("at-1", "rt-1"));
        server.Clock.Advance(TimeSpan.FromHours(1));
        server.Answers(request =>
        {
            server.Clock.Advance(TimeSpan.FromSeconds(20));
            return NonceRefusal("nonce-" + Claims(request.Proof).GetProperty("jti").GetString());
        });

        Assert.That(async () => await server.Client.GetAccessTokenAsync(Owner), Throws.TypeOf<TokenEndpointException>());

        Assert.That(server.Requests, Has.Count.EqualTo(2));
        Assert.That(await server.Client.FindGrantAsync(Owner), Is.Not.Null);
    }

    [Test]
    [Description("§8: a request without a proof is not sent again, whatever the server says")]
    public async Task A_client_with_bearer_tokens_ignores_nonces()
    {
        await using ScriptedServer server = new();
        Play(server, "nonce ok");

        Assert.That(async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client), Throws.TypeOf<TokenEndpointException>());
        Assert.That(server.Only.Proof, Is.Null);
    }

    [Test]
    [Description("§8: a 401 with a DPoP challenge asks for a nonce too")]
    public async Task A_challenge_asks_for_the_nonce()
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        server.Answers(request => Nonce(request.Proof) == "one" ? Json(200, BoundTokens("at")) : Challenge());

        Assert.That((await server.Client.GetAccessTokenAsync(GrantOwner.Client)).Reveal(), Is.EqualTo("at"));

        static HttpResponseMessage Challenge()
        {
            HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
            response.Headers.TryAddWithoutValidation("WWW-Authenticate", "dpop error=\"use_dpop_nonce\"");
            response.Headers.TryAddWithoutValidation("DPoP-Nonce", "one");
            return response;
        }
    }

    private static void Play(ScriptedServer server, string script)
    {
        Queue<string> steps = new(script.Split(' '));
        int nonces = 0;
        server.Answers(_ =>
            steps.Dequeue() switch
            {
                "nonce" => NonceRefusal("nonce-" + ++nonces),
                "bare" => NonceRefusal(),
                "reset" => throw new HttpRequestException(HttpRequestError.ResponseEnded, "reset"),
                _ => Json(200, BoundTokens("at-2", "rt-2")),
            }
        );
    }
}
