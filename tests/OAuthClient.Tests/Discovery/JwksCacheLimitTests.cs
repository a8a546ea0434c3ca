using System.Text.Json.Nodes;
using static OAuthClient.Tests.SigningKeys;

namespace OAuthClient.Tests;

/// <summary>Tests the limits on key set requests and on the size of a key set (RFC 7517 §5).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JwksCacheLimitTests
{
    private static readonly Uri JwksUri = new("https://as.example/jwks");
    private static readonly ClientConfiguration Configuration = SampleConfiguration.Create();
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    [Description(
        "Threat: key set denial of service. 10,000 forged signatures with a known kid cause one fetch; a failure that a "
            + "key rotation may explain is transient"
    )]
    public async Task Forged_signatures_cause_one_fetch()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        var forged = Unsigned("old");

        var first = Assert.ThrowsAsync<OAuthProtocolException>(() =>
            keys.ValidateSignatureAsync(forged, JwksUri, Configuration, hasTenants: false, default)
        );
        for (int i = 0; i < 10_000; i++)
        {
            var refused = Assert.ThrowsAsync<OAuthProtocolException>(() =>
                keys.ValidateSignatureAsync(forged, JwksUri, Configuration, hasTenants: false, default)
            );
            if (i == 0)
                Assert.That(refused!.IsTransient, Is.True);
        }

        Assert.That(first!.IsTransient, Is.False, "the newest keys do not verify it");
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("Threat: key set denial of service. 10,000 concurrent tokens with invented key identifiers cause one fetch")]
    public async Task Unknown_key_identifiers_cause_one_fetch()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        int refused = 0;

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 10_000),
            new ParallelOptions { MaxDegreeOfParallelism = 50 },
            async (i, cancellation) =>
            {
                try
                {
                    await keys.ValidateSignatureAsync(Unsigned($"made-up-{i}"), JwksUri, Configuration, hasTenants: false, cancellation);
                }
                catch (OAuthProtocolException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        );

        Assert.That(refused, Is.EqualTo(10_000));
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("Threat: key set denial of service. After a fetch for an unknown key the next one is delayed by 10 seconds")]
    public async Task An_unknown_key_delays_the_next_fetch()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await RefusedAsync("made-up-1");
        Assert.That(server.Requests, Has.Count.EqualTo(2), "the first fetch, and one for the unknown key");

        server.Answers(Set(Key("new", New)));
        server.Clock.Advance(TimeSpan.FromSeconds(10) - Tick);
        await RefusedAsync("made-up-2");
        Assert.That(server.Requests, Has.Count.EqualTo(2), "before the retry delay has ended");

        server.Clock.Advance(Tick);
        await keys.ValidateSignatureAsync(Token("new", New), JwksUri, Configuration, hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(3), "after the retry delay");

        Task RefusedAsync(string kid)
        {
            Assert.That(
                async () => await keys.ValidateSignatureAsync(Unsigned(kid), JwksUri, Configuration, hasTenants: false, default),
                Throws.TypeOf<OAuthProtocolException>()
            );
            return Task.CompletedTask;
        }
    }

    [Test]
    [Description(
        "Threat: key set denial of service. The delay also applies when the fetch for an unknown key failed, and cached "
            + "keys still verify"
    )]
    public async Task A_failed_fetch_for_an_unknown_key_delays_the_next_fetch()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        server.Answers("", status: 503);

        for (int i = 0; i < 10; i++)
            Assert.That(
                async () => await keys.ValidateSignatureAsync(Unsigned($"made-up-{i}"), JwksUri, Configuration, hasTenants: false, default),
                Throws.TypeOf<EndpointException>(),
                "an outage is not a forged token"
            );
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);

        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [TestCase(100, true)]
    [TestCase(101, false)]
    [Description("Threat: key set denial of service. One hundred keys are read; a larger set is rejected")]
    public async Task A_key_set_has_at_most_one_hundred_keys(int count, bool accepted)
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set([.. Enumerable.Range(1, count - 1).Select(i => Key($"k{i}", New)), Key("old", Old)]));
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default),
            accepted ? Throws.Nothing : Throws.TypeOf<OAuthProtocolException>().With.Message.Contain("more than 100 keys")
        );
    }
}
