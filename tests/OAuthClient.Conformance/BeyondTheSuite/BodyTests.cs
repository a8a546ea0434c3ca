using System.Text.Json.Nodes;
using NUnit.Framework.Constraints;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Tests responses with status 200 and a body that is not of the protocol, or that is too large.</summary>
public sealed class BodyTests
{
    private const int Megabytes = 64;
    private const int Depth = 1000;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Test]
    [Description("Threat: malicious JSON. Each body is a valid response except for one change; the message does not contain its text")]
    public async Task Body_that_is_not_of_the_protocol(
        [ValueSource(typeof(Calls), nameof(Calls.Readable))] TestEndpoint endpoint,
        [Values("HTML", "empty", "truncated", "array", "null", "string", "duplicate member", "depth 1,000", "two documents")] string body
    )
    {
        await using var party = await Calls.StartAsync(endpoint, RelyingParty.SendOnce);
        var call = await Calls.PrepareAsync(party, endpoint);
        string valid = await Calls.GetValidResponseAsync(party, endpoint);
        var fault = body == "HTML" ? Fault.Body("<html>confidential-text</html>", "text/html") : Fault.Body(Change(valid, body));
        await RejectsAsync(party, endpoint, call, fault, Throws.InstanceOf<OAuthException>().With.Message.Not.Contain("confidential-text"));

        party.Clock.Advance(TimeSpan.FromMinutes(2));
        party.Server.Faults.Add(endpoint, Fault.Body(valid));
        Assert.That(() => call(), Throws.Nothing, "nothing else was wrong");
    }

    [Test]
    [Description("Threat: oversized body. An endless body is read up to 1 MiB")]
    public async Task Endless([ValueSource(typeof(Calls), nameof(Calls.Readable))] TestEndpoint endpoint) =>
        await RejectsAsync(endpoint, Fault.EndlessBody(), TooLarge);

    [Test]
    [Description("RFC 9112 §8: a truncated body is a network fault, and is not parsed")]
    public async Task Truncated([ValueSource(typeof(Calls), nameof(Calls.Readable))] TestEndpoint endpoint) =>
        await RejectsAsync(endpoint, Fault.TruncatedBody(), Throws.TypeOf<HttpRequestException>());

    [Test]
    [Description("Threat: oversized body. An announced body of 64 MB is not read")]
    public async Task Sixty_four_megabytes()
    {
        // One endpoint after the other, because the server needs much memory.
        var fault = Fault.Body($$"""{"padding":"{{new string('x', Megabytes * 1024 * 1024)}}"}""");
        foreach (var endpoint in Calls.Readable)
            await RejectsAsync(endpoint, fault, TooLarge);
    }

    [Test]
    [Description("Threat: slow body. At one byte a second the request ends at the deadline, which includes the body")]
    public async Task One_byte_a_second([ValueSource(typeof(Calls), nameof(Calls.Readable))] TestEndpoint endpoint)
    {
        await using var party = await Calls.StartAsync(endpoint, RelyingParty.SendOnce);
        var call = await Calls.PrepareAsync(party, endpoint);
        var before = await party.StoredAsync();
        party.Server.Faults.Add(endpoint, Fault.SlowBody(Second));
        var response = call();
        await party.Server.WaitForRequestAsync(endpoint).Promptly();
        for (int second = 1; second < 30; second++)
            party.Clock.Advance(Second);
        Assert.That(response.IsCompleted, Is.False);
        party.Clock.Advance(Second);
        Assert.That(() => response, Throws.InstanceOf<OperationCanceledException>().With.InnerException.InstanceOf<TimeoutException>());
        await RequireLastCallAsync(party, endpoint, before);
    }

    private static IResolveConstraint TooLarge =>
        Throws
            .TypeOf<HttpRequestException>()
            .With.Property(nameof(HttpRequestException.HttpRequestError))
            .EqualTo(HttpRequestError.ConfigurationLimitExceeded);

    private static async Task RejectsAsync(TestEndpoint endpoint, Fault fault, IResolveConstraint outcome)
    {
        await using var party = await Calls.StartAsync(endpoint, RelyingParty.SendOnce);
        var call = await Calls.PrepareAsync(party, endpoint);
        await RejectsAsync(party, endpoint, call, fault, outcome);
    }

    private static async Task RejectsAsync(
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
        await RequireLastCallAsync(party, endpoint, before);
        party.Server.Faults.Clear();
    }

    private static async Task RequireLastCallAsync(RelyingParty party, TestEndpoint endpoint, IReadOnlyList<Grant> before)
    {
        Assert.That(party.Server.Requests[^1].Endpoint, Is.EqualTo(endpoint));
        // Metadata can be requested at two addresses.
        Assert.That(party.Server.RequestsTo(endpoint).Select(request => request.Path + request.Body), Is.Not.Empty.And.Unique);
        Assert.That(
            (await party.StoredAsync()).Select(grant => (grant.Id, grant.Generation)),
            Is.EqualTo(before.Select(grant => (grant.Id, grant.Generation)))
        );
    }

    private static string Change(string valid, string change) =>
        change switch
        {
            "empty" => "",
            "truncated" => valid[..^1],
            "array" => $"[{valid}]",
            "null" => "null",
            "string" => JsonValue.Create(valid).ToJsonString(),
            "duplicate member" => "{" + FirstMember(valid) + "," + valid[1..],
            "depth 1,000" => $"{valid[..^1]},\"deep\":{new string('[', Depth)}{new string(']', Depth)}}}",
            _ => valid + valid,
        };

    private static string FirstMember(string valid)
    {
        var (name, value) = JsonNode.Parse(valid)!.AsObject().First();
        return $"\"{name}\":{value!.ToJsonString()}";
    }
}
