using Microsoft.Extensions.Logging.Abstractions;
using OAuthClient.Tests.DPoP;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests that a process that was suspended past its lease does not present the refresh token.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RefreshFenceTests
{
    // A lease of 45 s minus the 30 s that a response may take.
    [TestCase(0, 0, true)]
    [TestCase(15, 0, true)]
    [TestCase(0, 15, true)]
    [TestCase(16, 0, false)]
    [TestCase(0, 16, false)]
    [TestCase(16, 16, false)]
    [Description(
        "Token lifecycle 5: checked with two clocks when the request is sent: one stands still while the machine sleeps, the "
            + "other can be set"
    )]
    public async Task Checked_with_two_clocks(int elapsed, int passed, bool isSent)
    {
        await using ScriptedServer server = new();
        var grant = await server.SignedInAsync(Tokens("at-1", "rt-1"));
        server.Answers(Tokens("at-2", "rt-2"));
        var configuration = SampleConfiguration.Create(o =>
            (o.TokenEndpoint, o.DangerouslyAllowHttpOnLoopback) = (new(Origin + "/token"), true)
        );
        TwoClocks clocks = new(server.Clock.GetUtcNow()) { Elapsed = TimeSpan.FromSeconds(elapsed), Passed = TimeSpan.FromSeconds(passed) };
        var backChannel = server.BackChannelOf();
        ServerMetadataCache metadata = new(backChannel, clocks);
        RefreshTokenClient client = new(
            metadata,
            new TokenEndpointClient(
                metadata,
                new EndpointClient(backChannel, SampleProofs.Create()),
                SampleProofs.Keys(),
                clocks,
                NullLogger.Instance
            ),
            SampleProofs.Keys(),
            new IdTokenValidator(new JwtSignatureValidator(new JwksCache(backChannel, clocks, NullLogger.Instance)), clocks),
            clocks,
            NullLogger.Instance
        );
        int before = server.Requests.Count;

        var happened = await client.SendAsync(
            new(grant, grant.RefreshToken!),
            new(configuration, grant.Owner, AccessTokenKey.Default, Rejection: null),
            configuration.ConfiguredMetadata,
            leasedAt: 0
        );

        Assert.That(
            happened,
            isSent ? Is.TypeOf<RefreshEvent.TokenReceived>() : Is.TypeOf<RefreshEvent.LeaseExpired>(),
            (happened as RefreshEvent.RequestFailed)?.Fault.ToString()
        );
        Assert.That(server.Requests, Has.Count.EqualTo(isSent ? before + 1 : before));
    }

    /// <summary>Advances each clock after it is read.</summary>
    private sealed class TwoClocks(DateTimeOffset now) : TimeProvider
    {
        private bool isTimestampSeen;
        private bool isNowSeen;

        public TimeSpan Elapsed { get; init; }
        public TimeSpan Passed { get; init; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            long seen = isTimestampSeen ? Elapsed.Ticks : 0;
            isTimestampSeen = true;
            return seen;
        }

        public override DateTimeOffset GetUtcNow()
        {
            var seen = isNowSeen ? now + Passed : now;
            isNowSeen = true;
            return seen;
        }
    }
}
