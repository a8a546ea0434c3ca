using System.Text.Json.Nodes;
using NUnit.Framework.Constraints;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Answers of status 200 with a body that is none of the protocol's, or more of it than anybody can take.</summary>
public sealed class BodyTests
{
    private const int Megabytes = 64;
    private const int Depth = 1000;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Test]
    [Description("Threat: JSON tricks. Each time an answer that is good but for this; its text is in no message")]
    public async Task No_answer_of_the_protocol(
        [ValueSource(typeof(Calls), nameof(Calls.Readable))] TestEndpoint endpoint,
        [Values("HTML", "nothing", "cut short", "a list", "null", "a text", "a member twice", "1,000 deep", "two documents")] string body
    )
    {
        await using var party = await Calls.StartAsync(endpoint, RelyingParty.SendOnce);
        var call = await Calls.PrepareAsync(party, endpoint);
        string good = await Calls.GoodAnswerAsync(party, endpoint);
        var fault = body == "HTML" ? Fault.Body("<html>kept-to-itself</html>", "text/html") : Fault.Body(Spoilt(good, body));
        await RefusesAsync(party, endpoint, call, fault, Throws.InstanceOf<OAuthException>().With.Message.Not.Contain("kept-to-itself"));

        party.Clock.Advance(TimeSpan.FromMinutes(2));
        party.Server.Faults.Add(endpoint, Fault.Body(good));
        Assert.That(() => call(), Throws.Nothing, "nothing else was wrong");
    }

    [Test]
    [Description("Threat: oversized body. One that never ends is read up to 1 MiB")]
    public async Task Endless([ValueSource(typeof(Calls), nameof(Calls.Readable))] TestEndpoint endpoint) =>
        await RefusesAsync(endpoint, Fault.EndlessBody(), TooLarge);

    [Test]
    [Description("RFC 9112 §8: one that breaks off is a network fault, and no document")]
    public async Task Truncated([ValueSource(typeof(Calls), nameof(Calls.Readable))] TestEndpoint endpoint) =>
        await RefusesAsync(endpoint, Fault.TruncatedBody(), Throws.TypeOf<HttpRequestException>());

    [Test]
    [Description("Threat: oversized body. 64 MB that are announced are not waited for")]
    public async Task Sixty_four_megabytes()
    {
        // One after the other: it is a lot of memory for a server.
        var fault = Fault.Body($$"""{"padding":"{{new string('x', Megabytes * 1024 * 1024)}}"}""");
        foreach (var endpoint in Calls.Readable)
            await RefusesAsync(endpoint, fault, TooLarge);
    }

    [Test]
    [Description("Threat: slow body. One byte a second: over at the deadline, which counts the body too")]
    public async Task One_byte_a_second([ValueSource(typeof(Calls), nameof(Calls.Readable))] TestEndpoint endpoint)
    {
        await using var party = await Calls.StartAsync(endpoint, RelyingParty.SendOnce);
        var call = await Calls.PrepareAsync(party, endpoint);
        var before = await party.StoredAsync();
        party.Server.Faults.Add(endpoint, Fault.SlowBody(Second));
        var asked = call();
        await party.Server.WaitForRequestAsync(endpoint).Promptly();
        for (int second = 1; second < 30; second++)
            party.Clock.Advance(Second);
        Assert.That(asked.IsCompleted, Is.False);
        party.Clock.Advance(Second);
        Assert.That(() => asked, Throws.InstanceOf<OperationCanceledException>().With.InnerException.InstanceOf<TimeoutException>());
        await EndedThereAsync(party, endpoint, before);
    }

    private static IResolveConstraint TooLarge =>
        Throws
            .TypeOf<HttpRequestException>()
            .With.Property(nameof(HttpRequestException.HttpRequestError))
            .EqualTo(HttpRequestError.ConfigurationLimitExceeded);

    private static async Task RefusesAsync(TestEndpoint endpoint, Fault fault, IResolveConstraint outcome)
    {
        await using var party = await Calls.StartAsync(endpoint, RelyingParty.SendOnce);
        var call = await Calls.PrepareAsync(party, endpoint);
        await RefusesAsync(party, endpoint, call, fault, outcome);
    }

    private static async Task RefusesAsync(
        RelyingParty party,
        TestEndpoint endpoint,
        Func<Task> call,
        Fault fault,
        IResolveConstraint outcome
    )
    {
        var before = await party.StoredAsync();
        party.Server.Faults.Add(endpoint, fault);
        Assert.That(() => call(), outcome);
        await EndedThereAsync(party, endpoint, before);
        party.Server.Faults.Clear();
    }

    private static async Task EndedThereAsync(RelyingParty party, TestEndpoint endpoint, IReadOnlyList<Grant> before)
    {
        Assert.That(party.Server.Requests[^1].Endpoint, Is.EqualTo(endpoint));
        // Metadata may stand at two addresses.
        Assert.That(party.Server.RequestsTo(endpoint).Select(request => request.Path + request.Body), Is.Not.Empty.And.Unique);
        Assert.That(
            (await party.StoredAsync()).Select(grant => (grant.Id, grant.Generation)),
            Is.EqualTo(before.Select(grant => (grant.Id, grant.Generation)))
        );
    }

    private static string Spoilt(string good, string how) =>
        how switch
        {
            "nothing" => "",
            "cut short" => good[..^1],
            "a list" => $"[{good}]",
            "null" => "null",
            "a text" => JsonValue.Create(good).ToJsonString(),
            "a member twice" => "{" + FirstMember(good) + "," + good[1..],
            "1,000 deep" => $"{good[..^1]},\"deep\":{new string('[', Depth)}{new string(']', Depth)}}}",
            _ => good + good,
        };

    private static string FirstMember(string good)
    {
        var (name, value) = JsonNode.Parse(good)!.AsObject().First();
        return $"\"{name}\":{value!.ToJsonString()}";
    }
}
