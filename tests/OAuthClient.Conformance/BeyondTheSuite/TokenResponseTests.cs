using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests unusual token responses, and a server that limits the rate of requests (RFC 6749 §5.1, §5.2, RFC 6585 §4).</summary>
public sealed class TokenResponseTests : RelyingPartyTestBase
{
    [Test]
    [Description("RFC 6749 §5.2: an error counts whatever the HTTP status, with and without tokens")]
    public async Task Status_200_with_an_error([Values] bool withTokens)
    {
        party.Server.Options.OnTokenResponse = response =>
        {
            if (!withTokens)
                response.Clear();
            response["error"] = "temporarily_unavailable";
        };
        Assert.That(
            async () => await party.SignInAsync(),
            Throws.TypeOf<TokenEndpointException>().With.Property(nameof(EndpointException.Error)).EqualTo("temporarily_unavailable")
        );
        await party.RequireLastCallAsync(TestEndpoint.Token);
    }

    [TestCase("3600", 3600)]
    [TestCase("\"3600\"", 3600)]
    [TestCase("90.9", 90)]
    [TestCase("-1", 0)]
    [TestCase("1000000000000000000", 315_360_000)]
    [Description(
        "RFC 6749 §5.1: expires_in as a string, a fraction, negative or too large: it is interpreted as stated, never longer, "
            + "and at most ten years"
    )]
    public async Task Unusual_lifetimes(string expiresIn, long seconds)
    {
        party.Server.Options.OnTokenResponse = response => response["expires_in"] = JsonNode.Parse(expiresIn);
        var grant = await party.SignInAsync();
        Assert.That(grant.AccessToken!.ExpiresAt, Is.EqualTo(party.Clock.GetUtcNow().AddSeconds(seconds)));
    }

    [TestCase("\"soon\"")]
    [TestCase("[3600]")]
    [TestCase("true")]
    [Description(
        "RFC 6749 §5.1: expires_in is only recommended. A value that is no number is as if it were absent: the login completes, the token "
            + "is used for DefaultAccessTokenLifetime, and is then refreshed"
    )]
    public async Task Invalid_lifetime(string expiresIn)
    {
        party.Server.Options.AccessTokenLifetime = TimeSpan.FromDays(1);
        party.Server.Options.OnTokenResponse = response => response["expires_in"] = JsonNode.Parse(expiresIn);

        var grant = await party.AcceptsLoginAsync();
        Assert.That(grant.AccessToken!.ExpiresAt, Is.Null, "no lifetime is stated");
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));

        party.Clock.Advance(new OAuthClientOptions().DefaultAccessTokenLifetime);
        await party.CallApiAsync();
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(2), "the token was refreshed");
        Assert.That(party.Api.Requests[^1].Headers["Authorization"], Is.Not.EqualTo("Bearer " + grant.AccessToken.Reveal()));
    }

    [Test]
    [Description(
        "RFC 6585 §4, RFC 9110 §10.2.3: 429 with Retry-After. The code was not used, so the request is sent again: once, and "
            + "not before that time"
    )]
    public async Task Rate_limited_request()
    {
        var pause = TimeSpan.FromSeconds(4);
        party.Server.Faults.Add(TestEndpoint.Token, Fault.Status(429, headers: [new("Retry-After", "4")]), times: 1);
        var signIn = party.SignInAsync();
        await party.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        // The timeout of the whole call is longer.
        TimeSpan timer;
        do timer = await party.Clock.WaitForTimerAsync().Promptly();
        while (timer > pause);
        Assert.That(timer, Is.EqualTo(pause));
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));
        party.Clock.Advance(pause);
        await party.ReachesApiAsync(await signIn.Promptly());
        Assert.That(party.Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(2));
    }
}
