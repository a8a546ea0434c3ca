using Microsoft.Extensions.Logging.Abstractions;
using static OAuthClient.Tests.SigningKeys;

namespace OAuthClient.Tests;

/// <summary>Tests the cache of the server's keys across a reload of the configuration.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JwksReloadTests
{
    private static readonly Uri JwksUri = new("https://as.example/jwks");
    private static readonly ClientConfiguration Configuration = SampleConfiguration.Create();
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    [Description("After a reload of the configuration, a caller does not join a fetch that was started under the earlier configuration")]
    public async Task A_reloaded_configuration_does_not_join_an_earlier_fetch()
    {
        await using ScriptedServer server = new();
        TaskCompletionSource<HttpResponseMessage> held = new();
        server.AnswersAsync(_ => held.Task);
        JwksCache keys = new(server.BackChannelOf(), server.Clock, NullLogger.Instance);
        var early = keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        await Eventually.UntilAsync(() => server.Requests.Count == 1);

        server.Answers(Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, SampleConfiguration.Create(), hasTenants: false, default).Promptly();

        Assert.That(server.Requests, Has.Count.EqualTo(2));
        Assert.That(early.IsCompleted, Is.False);
        held.SetResult(ScriptedServer.Json(200, Set(Key("old", Old))));
        await early.Promptly();
    }

    [Test]
    [Description("After a reload of the configuration, a failure under the earlier configuration is not repeated")]
    public async Task A_reloaded_configuration_does_not_repeat_an_earlier_failure()
    {
        await using ScriptedServer server = new();
        server.Answers("", status: 404);
        JwksCache keys = new(server.BackChannelOf(), server.Clock, NullLogger.Instance);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default),
            Throws.TypeOf<EndpointException>()
        );

        server.Answers(Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, SampleConfiguration.Create(), hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("The cached keys of an address are used after a reload of the configuration, and during an outage for up to a day")]
    public async Task A_reloaded_configuration_uses_the_cached_keys()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, SampleConfiguration.Create(), hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(1));

        server.Answers("", status: 503);
        server.Clock.Advance(Hour);
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, SampleConfiguration.Create(), hasTenants: false, default);
        server.Clock.Advance(23 * Hour);
        Assert.That(
            async () =>
                await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, SampleConfiguration.Create(), hasTenants: false, default),
            Throws.TypeOf<EndpointException>()
        );
    }
}
