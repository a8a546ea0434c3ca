using System.Text.Json.Nodes;
using static OAuthClient.Tests.SigningKeys;

namespace OAuthClient.Tests;

/// <summary>The server's signing keys: fetched once, again for a new key, and never because somebody makes key ids up (RFC 7517 §5).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JwksCacheTests
{
    private static readonly Uri JwksUri = new("https://as.example/jwks");
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    public async Task Fetched_once_and_again_after_an_hour()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));

        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        server.Clock.Advance(Hour - Tick);
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        Assert.That(server.Only.Accept, Is.EqualTo("application/jwk-set+json, application/json"));

        server.Clock.Advance(Tick);
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("A hundred first tokens at the same moment make one fetch")]
    public async Task Parallel_first_tokens()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await Task.WhenAll(
                Enumerable
                    .Range(0, 100)
                    .Select(_ => Task.Run(() => keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default)))
            )
            .Promptly();
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Rotation just before signing: the token that names the new key makes it known, at once")]
    public async Task Rotation_just_before_signing()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        server.Answers(Set(Key("old", Old), Key("new", New)));

        await keys.ValidateSignatureAsync(Token("new", New), JwksUri, hasTenants: false, default);
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);

        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [TestCase("same")]
    [TestCase(null)]
    [Description(
        "The same for a server that gives its new key the old one's kid, or none at all: a signature that does not verify is reason enough to ask once"
    )]
    public async Task Rotation_without_another_kid(string? kid)
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key(kid, Old)));
        await keys.ValidateSignatureAsync(Token(kid, Old), JwksUri, hasTenants: false, default);
        server.Answers(Set(Key(kid, New)));

        await keys.ValidateSignatureAsync(Token(kid, New), JwksUri, hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(2));

        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token(kid, Old), JwksUri, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
        Assert.That(server.Requests, Has.Count.EqualTo(2), "within the pause");
    }

    [Test]
    [Description(
        "Threat: key-set denial of service. 10,000 forged signatures under a known kid cost one fetch; what may only be a rotation that cannot be asked about is marked as what may pass"
    )]
    public async Task Forged_signatures()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        var forged = Unsigned("old");

        var first = Assert.ThrowsAsync<OAuthProtocolException>(() =>
            keys.ValidateSignatureAsync(forged, JwksUri, hasTenants: false, default)
        );
        for (int i = 0; i < 10_000; i++)
        {
            var refused = Assert.ThrowsAsync<OAuthProtocolException>(() =>
                keys.ValidateSignatureAsync(forged, JwksUri, hasTenants: false, default)
            );
            if (i == 0)
                Assert.That(refused!.IsTransient, Is.True);
        }

        Assert.That(first!.IsTransient, Is.False, "the newest keys do not verify it");
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description(
        "Several keys and no kid: the one that verifies is enough, and keys for something else are not tried (OpenID Connect Core §10.1)"
    )]
    public async Task No_kid_and_several_keys()
    {
        await using ScriptedServer server = new();
        var encryption = Key(null, New);
        encryption["use"] = "enc";
        var keys = Keys(server, Set(Key("other", Another), encryption, Key("old", Old)));

        await keys.ValidateSignatureAsync(Token(null, Old), JwksUri, hasTenants: false, default);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token(null, New), JwksUri, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
    }

    [Test]
    [Description(
        "Threat: key-set denial of service. The set is replaced, not added to: a key that was taken out verifies nothing any more"
    )]
    public async Task Removed_key_fails()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        server.Answers(Set(Key("new", New)));
        server.Clock.Advance(Hour);

        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain("kid 'old'")
        );
    }

    [Test]
    [Description("Threat: key-set denial of service. 10,000 tokens with made-up key ids, many at once, cost one fetch")]
    public async Task Made_up_key_ids()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        int refused = 0;

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 10_000),
            new ParallelOptions { MaxDegreeOfParallelism = 50 },
            async (i, cancellation) =>
            {
                try
                {
                    await keys.ValidateSignatureAsync(Unsigned($"made-up-{i}"), JwksUri, hasTenants: false, cancellation);
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
    [Description("Threat: key-set denial of service. After a fetch for an unknown key the next one waits for 10 seconds")]
    public async Task Pause_after_an_unknown_key()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await RefusedAsync("made-up-1");
        Assert.That(server.Requests, Has.Count.EqualTo(2), "the first set, and once more for the unknown key");

        server.Answers(Set(Key("new", New)));
        server.Clock.Advance(TimeSpan.FromSeconds(10) - Tick);
        await RefusedAsync("made-up-2");
        Assert.That(server.Requests, Has.Count.EqualTo(2), "within the pause");

        server.Clock.Advance(Tick);
        await keys.ValidateSignatureAsync(Token("new", New), JwksUri, hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(3), "after the pause");

        Task RefusedAsync(string kid)
        {
            Assert.That(
                async () => await keys.ValidateSignatureAsync(Unsigned(kid), JwksUri, hasTenants: false, default),
                Throws.TypeOf<OAuthProtocolException>()
            );
            return Task.CompletedTask;
        }
    }

    [Test]
    [Description(
        "Threat: key-set denial of service. The pause also holds when the fetch for an unknown key failed, and known keys go on verifying"
    )]
    public async Task Pause_after_a_failed_fetch_for_an_unknown_key()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        server.Answers("", status: 503);

        for (int i = 0; i < 10; i++)
            Assert.That(
                async () => await keys.ValidateSignatureAsync(Unsigned($"made-up-{i}"), JwksUri, hasTenants: false, default),
                Throws.TypeOf<EndpointException>(),
                "an outage, not a forgery"
            );
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);

        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("Through an outage of the key set's endpoint the old keys go on verifying, as the old metadata go on naming it")]
    public async Task Old_keys_through_an_outage()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        server.Answers("", status: 503);
        server.Clock.Advance(Hour);

        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(2), "within the pause");

        server.Answers(Set(Key("new", New)));
        server.Clock.Advance(Minute);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
    }

    [Test]
    [Description("Threat: a withdrawn key. Whoever keeps the key set from being fetched keeps it believed for a day, and not for ever")]
    public async Task Old_keys_end()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        server.Answers("", status: 404);
        for (int minute = 1; minute < 24 * 60; minute++)
        {
            server.Clock.Advance(Minute);
            await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default);
        }

        server.Clock.Advance(Minute);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default),
            Throws.TypeOf<EndpointException>()
        );
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default),
            Throws.TypeOf<EndpointException>()
        );
    }

    [Test]
    [Description("Two servers' keys are not mixed: another address is another set")]
    public async Task Another_address_is_another_set()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("same", Old)));
        await keys.ValidateSignatureAsync(Token("same", Old), JwksUri, hasTenants: false, default);
        server.Answers(Set(Key("same", New)));

        Uri other = new("https://other.example/jwks");
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("same", Old), other, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
        Assert.That(server.Requests[^1].Uri, Is.EqualTo(other));
    }

    [TestCase(100, true)]
    [TestCase(101, false)]
    [Description("Threat: key-set denial of service. A hundred keys are read, one more is refused")]
    public async Task Number_of_keys(int count, bool accepted)
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set([.. Enumerable.Range(1, count - 1).Select(i => Key($"k{i}", New)), Key("old", Old)]));
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default),
            accepted ? Throws.Nothing : Throws.TypeOf<OAuthProtocolException>().With.Message.Contain("more than 100 keys")
        );
    }

    [TestCase("""{"keys":5}""")]
    [TestCase("""{"keys":[5]}""")]
    [TestCase("""{"keys":[{"kty":5,"kid":"old"}]}""")]
    [TestCase("""{"keys":[{"kty":"EC","kid":"old","crv":"P-256","x":"!!!","y":"???"}]}""")]
    [TestCase("""{"keys":[{"kty":"EC","kid":"old","crv":"P-256"}]}""")]
    [TestCase("""{"keys":[{"kty":"EC","kid":"old","crv":"P-256","x":"AA","y":"AA"}]}""")]
    [TestCase("""{"keys":[{}]}""")]
    [TestCase("""{"keys":null}""")]
    [TestCase("""{"keys":[null]}""")]
    [TestCase("{}")]
    [Description("RFC 7517 §5: from a malformed key set nothing verifies, and the exception is one of ours")]
    public async Task Malformed_set(string set)
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, set);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
    }

    [TestCase("""{"keys":[{"kty":"RSA","kid":"old","n":"!!!","e":"AQAB"}]}""")]
    [TestCase("""{"keys":[{"kty":"RSA","kid":"old","n":"","e":"AQAB"}]}""")]
    [TestCase("""{"keys":[{"kty":"RSA","kid":"old","e":"AQAB"}]}""")]
    [Description("RFC 7517 §5: the same for RSA, whose length is looked at")]
    public async Task Malformed_RSA_key(string set)
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, set);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Unsigned("old", "RS256"), JwksUri, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
    }

    [Test]
    [Description("One malformed key does not keep the good one beside it from verifying")]
    public async Task Malformed_key_beside_a_good_one()
    {
        await using ScriptedServer server = new();
        var keys = Keys(
            server,
            Set(
                new JsonObject
                {
                    ["kty"] = "RSA",
                    ["kid"] = "broken",
                    ["n"] = "!!!",
                    ["e"] = "AQAB",
                },
                Key("old", Old)
            )
        );
        Assert.That(async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default), Throws.Nothing);
    }

    [TestCase("[]")]
    [TestCase("not json")]
    [TestCase("""{"keys":[],"keys":[]}""")]
    [Description("What is no JSON object at all is the endpoint's failure, named with its address")]
    public async Task No_object(string body)
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, body);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, hasTenants: false, default),
            Throws
                .TypeOf<EndpointException>()
                .With.Message.Contain("key set endpoint")
                .And.Property(nameof(EndpointException.Endpoint))
                .EqualTo(JwksUri)
        );
    }

    [Test]
    [Description("Keys are prepared where they are not at hand or are too old, and a failure is left to whoever needs them")]
    public async Task Prepared()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        for (int i = 0; i < 2; i++)
            await keys.PrefetchAsync(JwksUri);
        server.Clock.Advance(Hour - TimeSpan.FromTicks(1));
        await keys.PrefetchAsync(JwksUri);
        Assert.That(server.Requests, Has.Count.EqualTo(1));

        server.Clock.Advance(TimeSpan.FromTicks(1));
        await keys.PrefetchAsync(JwksUri);
        Assert.That(server.Requests, Has.Count.EqualTo(2));

        server.Answers("", status: 404);
        Assert.That(async () => await new JwksCache(server.BackChannelOf(), server.Clock).PrefetchAsync(JwksUri), Throws.Nothing);
    }

    private static JwksCache Keys(ScriptedServer server, string set)
    {
        server.Answers(set);
        return new(server.BackChannelOf(), server.Clock);
    }
}
