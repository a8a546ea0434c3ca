using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Token responses that are odd, and a server that wants to be asked later (RFC 6749 §5.1, §5.2, RFC 6585 §4).</summary>
public sealed class TokenResponseTests
{
    private RelyingParty party = null!;

    [SetUp]
    public async Task StartAsync() => party = await RelyingParty.StartAsync();

    [TearDown]
    public async Task StopAsync() => await party.DisposeAsync();

    [Test]
    [Description("RFC 6749 §5.2: an error counts whatever the status says, alone or beside tokens")]
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
        await party.EndedAtAsync(TestEndpoint.Token);
    }

    [TestCase("3600", 3600)]
    [TestCase("\"3600\"", 3600)]
    [TestCase("90.9", 90)]
    [TestCase("-1", 0)]
    [TestCase("1000000000000000000", 315_360_000)]
    [Description(
        "RFC 6749 §5.1: expires_in as a text, a fraction, below zero, or beyond all time: what it can mean, never longer than the server said, ten years at most"
    )]
    public async Task Odd_lifetimes(string expiresIn, long seconds)
    {
        party.Server.Options.OnTokenResponse = response => response["expires_in"] = JsonNode.Parse(expiresIn);
        var grant = await party.SignInAsync();
        Assert.That(grant.AccessToken!.ExpiresAt, Is.EqualTo(party.Clock.GetUtcNow().AddSeconds(seconds)));
    }

    [TestCase("\"soon\"")]
    [TestCase("[3600]")]
    [TestCase("true")]
    [Description("RFC 6749 §5.1: what is no lifetime is not guessed at")]
    public async Task No_lifetime(string expiresIn)
    {
        party.Server.Options.OnTokenResponse = response => response["expires_in"] = JsonNode.Parse(expiresIn);
        Assert.That(async () => await party.SignInAsync(), Throws.TypeOf<OAuthProtocolException>().With.Message.Contains("expires_in"));
        await party.EndedAtAsync(TestEndpoint.Token);
    }

    [Test]
    [Description("RFC 6585 §4, RFC 9110 §10.2.3: 429 with Retry-After. The code was not taken, so it is sent again: once, and not before")]
    public async Task Asked_to_come_again()
    {
        var pause = TimeSpan.FromSeconds(4);
        party.Server.Faults.Add(TestEndpoint.Token, Fault.Status(429, headers: [new("Retry-After", "4")]), times: 1);
        var signIn = party.SignInAsync();
        await party.Server.WaitForRequestAsync(TestEndpoint.Token).Promptly();
        // What bounds the whole of it runs longer.
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
