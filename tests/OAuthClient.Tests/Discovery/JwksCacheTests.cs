using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using static OAuthClient.Tests.SigningKeys;

namespace OAuthClient.Tests;

/// <summary>Tests the cache of the server's signing keys (RFC 7517 §5).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class JwksCacheTests
{
    private static readonly Uri JwksUri = new("https://as.example/jwks");
    private static readonly ClientConfiguration Configuration = SampleConfiguration.Create();
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    [Test]
    public async Task Keys_are_fetched_once_and_again_after_an_hour()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));

        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        server.Clock.Advance(Hour - Tick);
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(1));
        Assert.That(server.Only.Accept, Is.EqualTo("application/jwk-set+json, application/json"));

        server.Clock.Advance(Tick);
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    [Description("One hundred concurrent first tokens share one request")]
    public async Task Concurrent_first_tokens_share_one_fetch()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await Task.WhenAll(
                Enumerable
                    .Range(0, 100)
                    .Select(_ =>
                        Task.Run(() => keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default))
                    )
            )
            .Promptly();
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("Key rotation before signing: a token that names a new key causes a fetch at once")]
    public async Task A_new_key_is_fetched_at_once()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        server.Answers(Set(Key("old", Old), Key("new", New)));

        await keys.ValidateSignatureAsync(Token("new", New), JwksUri, Configuration, hasTenants: false, default);
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);

        Assert.That(server.Requests, Has.Count.EqualTo(2));
    }

    [TestCase("same")]
    [TestCase(null)]
    [Description("Key rotation without a new kid: a signature that does not verify causes one fetch")]
    public async Task A_new_key_with_the_old_kid_is_fetched_at_once(string? kid)
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key(kid, Old)));
        await keys.ValidateSignatureAsync(Token(kid, Old), JwksUri, Configuration, hasTenants: false, default);
        server.Answers(Set(Key(kid, New)));

        await keys.ValidateSignatureAsync(Token(kid, New), JwksUri, Configuration, hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(2));

        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token(kid, Old), JwksUri, Configuration, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
        Assert.That(server.Requests, Has.Count.EqualTo(2), "before the retry delay has ended");
    }

    [Test]
    [Description("OpenID Connect Core §10.1: without a kid each signing key is tried, and encryption keys are not")]
    public async Task A_token_without_kid_is_verified_with_each_signing_key()
    {
        await using ScriptedServer server = new();
        var encryption = Key(null, New);
        encryption["use"] = "enc";
        var keys = Keys(server, Set(Key("other", Another), encryption, Key("old", Old)));

        await keys.ValidateSignatureAsync(Token(null, Old), JwksUri, Configuration, hasTenants: false, default);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token(null, New), JwksUri, Configuration, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
    }

    [Test]
    [Description("Threat: key set denial of service. A fetched set replaces the cached one, so a removed key verifies no signature")]
    public async Task A_removed_key_is_rejected()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        server.Answers(Set(Key("new", New)));
        server.Clock.Advance(Hour);

        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>().With.Message.Contain("kid 'old'")
        );
    }

    [Test]
    [Description("During an outage of the key set endpoint the cached keys still verify")]
    public async Task Cached_keys_are_used_during_an_outage()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        server.Answers("", status: 503);
        server.Clock.Advance(Hour);

        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        Assert.That(server.Requests, Has.Count.EqualTo(2), "before the retry delay has ended");

        server.Answers(Set(Key("new", New)));
        server.Clock.Advance(Minute);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
    }

    [Test]
    [Description("Threat: a withdrawn key. An attacker who blocks the key set endpoint extends the trust in a key by one day at most")]
    public async Task Cached_keys_expire_after_a_day_of_outage()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        server.Answers("", status: 404);
        for (int minute = 1; minute < 24 * 60; minute++)
        {
            server.Clock.Advance(Minute);
            await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default);
        }

        server.Clock.Advance(Minute);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default),
            Throws.TypeOf<EndpointException>()
        );
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default),
            Throws.TypeOf<EndpointException>()
        );
    }

    [Test]
    [Description("Keys of two servers are not mixed: the cache is keyed by address")]
    public async Task Keys_are_cached_by_address()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("same", Old)));
        await keys.ValidateSignatureAsync(Token("same", Old), JwksUri, Configuration, hasTenants: false, default);
        server.Answers(Set(Key("same", New)));

        Uri other = new("https://other.example/jwks");
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("same", Old), other, Configuration, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
        Assert.That(server.Requests[^1].Uri, Is.EqualTo(other));
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
    [Description("RFC 7517 §5: a malformed key set verifies no signature and causes an OAuthProtocolException")]
    public async Task A_malformed_key_set_is_rejected(string set)
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, set);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
    }

    [TestCase("""{"keys":[{"kty":"RSA","kid":"old","n":"!!!","e":"AQAB"}]}""")]
    [TestCase("""{"keys":[{"kty":"RSA","kid":"old","n":"","e":"AQAB"}]}""")]
    [TestCase("""{"keys":[{"kty":"RSA","kid":"old","e":"AQAB"}]}""")]
    [Description("RFC 7517 §5: a malformed RSA modulus, whose length is computed, causes an OAuthProtocolException")]
    public async Task A_malformed_RSA_key_is_rejected(string set)
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, set);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Unsigned("old", "RS256"), JwksUri, Configuration, hasTenants: false, default),
            Throws.TypeOf<OAuthProtocolException>()
        );
    }

    [Test]
    [Description("A valid key verifies although the set contains a malformed one")]
    public async Task A_malformed_key_does_not_affect_other_keys()
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
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default),
            Throws.Nothing
        );
    }

    [TestCase("[]")]
    [TestCase("not json")]
    [Description("A response that is not a JSON object causes an EndpointException with the address of the endpoint")]
    public async Task A_response_that_is_not_an_object_is_an_endpoint_failure(string body)
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, body);
        Assert.That(
            async () => await keys.ValidateSignatureAsync(Token("old", Old), JwksUri, Configuration, hasTenants: false, default),
            Throws
                .TypeOf<EndpointException>()
                .With.Message.Contain("key set endpoint")
                .And.Property(nameof(EndpointException.Endpoint))
                .EqualTo(JwksUri)
        );
    }

    [Test]
    [Description("Keys are prefetched when none are cached or the cached ones have expired; a failure is ignored")]
    public async Task Prefetch_fetches_missing_and_expired_keys()
    {
        await using ScriptedServer server = new();
        var keys = Keys(server, Set(Key("old", Old)));
        for (int i = 0; i < 2; i++)
            await keys.PrefetchAsync(JwksUri, Configuration);
        server.Clock.Advance(Hour - TimeSpan.FromTicks(1));
        await keys.PrefetchAsync(JwksUri, Configuration);
        Assert.That(server.Requests, Has.Count.EqualTo(1));

        server.Clock.Advance(TimeSpan.FromTicks(1));
        await keys.PrefetchAsync(JwksUri, Configuration);
        Assert.That(server.Requests, Has.Count.EqualTo(2));

        server.Answers("", status: 404);
        Assert.That(
            async () =>
                await new JwksCache(server.BackChannelOf(), server.Clock, NullLogger.Instance).PrefetchAsync(JwksUri, Configuration),
            Throws.Nothing
        );
    }
}
