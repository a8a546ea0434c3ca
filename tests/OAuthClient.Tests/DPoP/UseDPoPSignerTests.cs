using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.DPoP.SampleProofs;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests.DPoP;

/// <summary>Proves the keys that the application provides (RFC 9449 §4.2), and their replacement.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UseDPoPSignerTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [TestCase("PS256")]
    [TestCase("ES256")]
    [TestCase("ES384")]
    [Description("§4.2: the header contains the algorithm and the public key of the application, and servers verify the proof")]
    public async Task A_key_of_the_application_signs(string algorithm)
    {
        var key = KeyOf(algorithm);
        await using var host = await DPoPHost.StartAsync(nonces: true, register: client => client.UseDPoPSigner(_ => key));

        var grant = await host.SignInAsync();

        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);
        Assert.That(grant.AccessToken!.KeyThumbprint, Is.EqualTo(PrivateKeyParser.Thumbprint(key.PublicJwk)));
        var header = Header(host.Api.Requests[^1].Headers["DPoP"]);
        Assert.That(header.GetProperty("alg").GetString(), Is.EqualTo(algorithm));
        Assert.That(header.GetProperty("typ").GetString(), Is.EqualTo("dpop+jwt"));
    }

    [Test]
    [Description("UseDPoPSigner enables DPoP, and the private key is not stored with the grant")]
    public async Task The_key_is_not_stored()
    {
        var key = SigningKey.Create();
        await using ScriptedServer server = new(register: client => client.UseDPoPSigner(_ => key));

        var grant = await server.SignedInAsync(BoundTokens("at", "rt"));

        Assert.That(grant.AccessToken!.TokenType, Is.EqualTo("DPoP"));
        Assert.That(grant.DPoPKey!.PrivateJwk, Is.Null);
        Assert.That(grant.DPoPKey.Thumbprint, Is.EqualTo(PrivateKeyParser.Thumbprint(key.PublicJwk)));
    }

    [Test]
    [Description("§5, §6: after a replacement, tokens of the earlier key are used, and a confidential client refreshes with the new key")]
    public async Task A_confidential_client_changes_to_a_replaced_key()
    {
        var key = SigningKey.Create();
        await using var host = await DPoPHost.StartAsync(register: client => client.UseDPoPSigner(_ => key));
        var first = await host.SignInAsync();
        key = SigningKey.Create();
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode, "the token of the earlier key");
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode, "the refreshed token");

        var refreshed = (await host.Client.FindGrantAsync(Owner))!;
        Assert.That(refreshed.AccessToken!.KeyThumbprint, Is.EqualTo(PrivateKeyParser.Thumbprint(key.PublicJwk)));
        Assert.That(refreshed.AccessToken.KeyThumbprint, Is.Not.EqualTo(first.AccessToken!.KeyThumbprint));
    }

    [Test]
    [Description("§5: the refresh token of a public client stays bound to the earlier key, which this process knows")]
    public async Task A_public_client_refreshes_with_the_earlier_key()
    {
        var key = SigningKey.Create();
        await using var host = await DPoPHost.StartAsync(isPublic: true, register: client => client.UseDPoPSigner(_ => key));
        var first = await host.SignInAsync();
        key = SigningKey.Create();
        host.Clock.Advance(TimeSpan.FromHours(1));

        var refreshed = await host.Client.GetAccessTokenAsync(Owner);

        Assert.That(refreshed.KeyThumbprint, Is.EqualTo(first.AccessToken!.KeyThumbprint));
    }

    [Test]
    [Description("§5: a process that has not seen the earlier key sends nothing, keeps the grant, and says what to do")]
    public async Task A_process_without_the_earlier_key_keeps_the_grant()
    {
        InMemoryGrantStore store = new(new ManualTimeProvider());
        var earlier = SigningKey.Create();
        await using ScriptedServer one = new(
            o => o.ClientSecret = null,
            client => client.UseDPoPSigner(_ => earlier),
            services => services.AddSingleton<IGrantStore>(store)
        );
        await one.SignedInAsync(BoundTokens("at-1", "rt-1"));
        var later = SigningKey.Create();
        await using ScriptedServer two = new(
            o => o.ClientSecret = null,
            client => client.UseDPoPSigner(_ => later),
            services => services.AddSingleton<IGrantStore>(store)
        );
        two.Clock.Advance(TimeSpan.FromHours(1));

        Assert.That(
            async () => await two.Client.GetAccessTokenAsync(Owner),
            Throws.TypeOf<OAuthException>().With.Message.Contains("UseDPoPSigner no longer returns")
        );

        Assert.That(two.Requests, Is.Empty);
        Assert.That((await two.Client.FindGrantAsync(Owner))!.RefreshToken!.Reveal(), Is.EqualTo("rt-1"));
        later = earlier;
        two.Clock.Advance(RefreshBackoff.Pause);
        two.Answers(BoundTokens("at-2", "rt-2"));
        Assert.That((await two.Client.GetAccessTokenAsync(Owner)).Reveal(), Is.EqualTo("at-2"), "after the key was restored");
    }

    [Test]
    [Description("§4.3, §11.4: members of a private key that the signer states by mistake are never sent")]
    public async Task A_private_key_is_never_sent()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await using ScriptedServer server = new(register: client => client.UseDPoPSigner(_ => new Leaking(ec)));
        server.Answers(BoundTokens("at"));

        await server.Client.GetAccessTokenAsync(GrantOwner.Client);

        var jwk = Header(server.Only.Proof).GetProperty("jwk");
        Assert.That(jwk.EnumerateObject().Select(member => member.Name), Is.EqualTo(new[] { "crv", "kty", "x", "y" }));
    }

    [Test]
    [Description("§4.2: a key in a vault signs asynchronously; only a synchronous request cannot wait for it")]
    public async Task An_asynchronous_signer_is_awaited()
    {
        var key = SigningKey.Create();
        await using var host = await DPoPHost.StartAsync(register: client => client.UseDPoPSigner(_ => new Vault(key)));
        await host.SignInAsync();

        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);

        using HttpRequestMessage request = new(HttpMethod.Get, "/me");
        Assert.That(
            () => host.Http.Send(request),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("UseDPoPSigner is asynchronous")
        );
    }

    [TestCase("no JWK")]
    [TestCase("""{"kty":"EC","crv":"P-256","x":"x"}""", Description = "without y")]
    [TestCase("""{"kty":"oct","k":"secret-of-the-key"}""", Description = "§4.2: a symmetric key")]
    [Description("§4.2: an unusable key is named with the method that set it, and its text is not repeated")]
    public async Task An_unusable_key_is_reported(string publicJwk)
    {
        await using ScriptedServer server = new(register: client => client.UseDPoPSigner(_ => new Stated(publicJwk)));

        Assert.That(
            async () => await server.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contains("UseDPoPSigner returned an unusable key")
                .And.Message.Not.Contains("secret-of-the-key")
        );
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("§5.1: a server that does not accept the algorithm is asked for nothing, and the message names both")]
    public async Task An_algorithm_that_the_server_does_not_accept_is_refused_at_begin()
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => o.DPoP.Enabled = true,
            server: o =>
                o.OnMetadata = metadata => metadata["dpop_signing_alg_values_supported"] = new System.Text.Json.Nodes.JsonArray("PS384")
        );

        Assert.That(
            async () => await host.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contains("PS384")
                .And.Message.Contains("ES256")
                .And.Message.Contains("UseDPoPSigner")
        );
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<OAuthException>().With.Message.Contains("PS384")
        );
        Assert.That(host.TokenRequests, Is.Zero);
    }

    private static SigningKey KeyOf(string algorithm)
    {
        using AsymmetricAlgorithm key = algorithm switch
        {
            "PS256" => RSA.Create(2048),
            "ES384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            _ => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        };
        return SigningKey.Parse(key.ExportPkcs8PrivateKeyPem());
    }

    private sealed class Stated(string publicJwk) : ISigner
    {
        public string Algorithm => "ES256";
        public string? KeyId => null;
        public string PublicJwk => publicJwk;

        public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => new([]);
    }

    private sealed class Leaking(ECDsa key) : ISigner
    {
        public string Algorithm => "ES256";
        public string? KeyId => null;
        public string PublicJwk =>
            PrivateKeyParser.PublicMembers(key).ToJsonString().TrimEnd('}') + ""","d":"the-private-key","kid":"k"}""";

        public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
            new(key.SignData(data.Span, HashAlgorithmName.SHA256));
    }

    private sealed class Vault(SigningKey key) : ISigner
    {
        public string Algorithm => key.Algorithm;
        public string? KeyId => null;
        public string PublicJwk => key.PublicJwk;

        public async ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return await key.SignAsync(data, cancellationToken);
        }
    }
}
