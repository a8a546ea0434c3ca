using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;
using static OAuthClient.Tests.DPoP.SampleProofs;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests.DPoP;

/// <summary>Proves which nonce a proof contains (RFC 9449 §8, §9).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DPoPNonceCacheTests
{
    [TestCase("https://api.example/a", "https://api.example/b?c", true)]
    [TestCase("https://api.example/a", "https://API.example:443/a", true)]
    [TestCase("https://api.example/a", "http://api.example/a", false)]
    [TestCase("https://api.example/a", "https://api.example:444/a", false)]
    [TestCase("https://api.example/a", "https://other.example/a", false)]
    [TestCase("https://api.example/a", "https://api.example.evil.example/a", false)]
    [Description("§9: a nonce belongs to the origin that supplied it")]
    public void A_nonce_is_used_for_its_origin(string recorded, string used, bool isUsed)
    {
        DPoPNonceCache cache = new();
        cache.Record(new(recorded), With("one"));

        Assert.That(cache.Find(new(used)), Is.EqualTo(isUsed ? "one" : null));
    }

    [TestCase(200)]
    [TestCase(204)]
    [TestCase(400)]
    [TestCase(401)]
    [TestCase(403)]
    [TestCase(500)]
    [Description("§8.2: each response may supply the nonce for the next request")]
    public void A_nonce_is_taken_from_any_response(int status)
    {
        DPoPNonceCache cache = new();
        Uri address = new("https://api.example/a");
        cache.Record(address, With("one"));

        cache.Record(address, With("two", status));
        Assert.That(cache.Find(address), Is.EqualTo("two"));
        cache.Record(address, new(HttpStatusCode.OK));
        Assert.That(cache.Find(address), Is.EqualTo("two"), "without a new one the nonce stays valid");
    }

    [Test]
    [Description("§8.2: the nonce of a successful token response is used for the next token request, which is not refused then")]
    public async Task The_nonce_of_a_success_is_used_next()
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        server.Answers(_ => WithNonce(Json(200, BoundTokens("at")), "nonce-" + server.Requests.Count));

        for (int i = 0; i < 3; i++)
            await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(server.Requests.Select(request => Nonce(request.Proof)), Is.EqualTo(new[] { null, "nonce-1", "nonce-2" }));
    }

    [Test]
    [Description("§9: a server and an API of one origin have nonces of their own")]
    public async Task The_nonces_of_the_server_and_of_its_API_are_apart()
    {
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true);
        server.Answers(request =>
            request.Uri.AbsolutePath == "/userinfo"
                ? WithNonce(Json(200, """{"sub":"alice"}"""), "of-the-API")
                : WithNonce(Json(200, BoundTokens("at", "rt")), "of-the-server")
        );
        await server.SignInAsync();

        for (int i = 0; i < 2; i++)
            await server.Client.GetUserInfoAsync(GrantOwner.User("42"));
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(
            server.Requests.Select(request => Nonce(request.Proof)),
            Is.EqualTo(new[] { null, null, "of-the-API", "of-the-server" })
        );
    }

    [Test]
    [Description("§8: two registrations do not share nonces, as two servers behind one address may not")]
    public async Task Two_clients_do_not_share_nonces()
    {
        await using ScriptedServer server = new(
            o => o.DPoP.Enabled = true,
            registerFirst: services =>
            {
                var second = services.AddOAuthClient(
                    "second",
                    o =>
                    {
                        (o.TokenEndpoint, o.ClientId, o.ClientSecret) = (new(Origin + "/token"), "second", "secret");
                        o.DPoP.Enabled = true;
                    }
                );
                second.BackChannel.ConfigurePrimaryHttpMessageHandler(() => new Recording());
            }
        );
        server.Answers(_ => WithNonce(Json(200, BoundTokens("at")), "of-the-first"));
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        var second = server.Services.GetRequiredKeyedService<IOAuthClient>("second");
        var answer = await second.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(Nonce(answer.AdditionalMembers["proof"].GetString()), Is.Null);
    }

    [Test]
    [Description("§9: an API that accepts only the newest nonce costs each of many parallel calls at most one more request, and no token")]
    public async Task Parallel_calls_are_repeated_once_at_most()
    {
        await using var host = await DPoPHost.StartAsync(
            api: (http, resource) =>
            {
                resource.Options.RotateDPoPNonces = true;
                OAuthTestHost.ForOwner(http, resource);
            }
        );
        await host.SignInAsync();
        await host.Http.GetAsync("/me");
        host.Api.ClearRequests();
        int tokens = host.TokenRequests;

        var responses = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => host.Http.GetAsync("/me"))).Promptly();

        Assert.That(host.Api.Requests, Has.Count.AtMost(200));
        Assert.That(host.TokenRequests, Is.EqualTo(tokens), "the token is not replaced for a nonce");
        // One nonce at a time allows one request at a time; a caller that lost twice receives the answer of the API.
        foreach (var refused in responses.Where(response => !response.IsSuccessStatusCode))
        {
            Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(refused.FindBearerChallenge()!.Error, Is.EqualTo("use_dpop_nonce"));
        }
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode, "the next call succeeds");
    }

    [Test]
    [Description("§9: an API with a nonce that stays valid costs one request in all, or one for each call that started without it")]
    public async Task Parallel_calls_share_a_nonce()
    {
        await using var host = await DPoPHost.StartAsync(nonces: true);
        await host.SignInAsync();
        await host.Http.GetAsync("/me");
        host.Api.ClearRequests();
        host.Api.RotateDPoPNonce();

        var responses = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => host.Http.GetAsync("/me"))).Promptly();

        Assert.That(responses.Select(response => response.StatusCode), Is.All.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Api.Requests, Has.Count.AtMost(200));
    }

    private static HttpResponseMessage With(string nonce, int status = 200) => WithNonce(new((HttpStatusCode)status), nonce);

    private static HttpResponseMessage WithNonce(HttpResponseMessage response, string nonce)
    {
        response.Headers.TryAddWithoutValidation("DPoP-Nonce", nonce);
        return response;
    }

    /// <summary>Answers with the proof that it received.</summary>
    private sealed class Recording : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string proof = request.Headers.GetValues("DPoP").Single();
            return Task.FromResult(Json(200, $$"""{"access_token":"at","token_type":"DPoP","proof":"{{proof}}"}"""));
        }
    }
}
