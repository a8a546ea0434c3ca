using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests.DPoP;

/// <summary>Proves which key signs the proofs, and that of a key only the public part leaves the client (RFC 9449 §4.2, §11.2).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DPoPKeyProviderTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    private static IEnumerable<TestCaseData> Signers()
    {
        yield return new TestCaseData(SigningKey.Create(), "ES256").SetArgDisplayNames("EC");
        using var rsa = RSA.Create(2048);
        yield return new TestCaseData(SigningKey.Parse(rsa.ExportPkcs8PrivateKeyPem()), "PS256").SetArgDisplayNames("RSA");
        yield return new TestCaseData(SigningKey.Parse(rsa.ExportPkcs8PrivateKeyPem(), "RS256"), "RS256").SetArgDisplayNames("RSA, RS256");
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        yield return new TestCaseData(SigningKey.Parse(p384.ExportPkcs8PrivateKeyPem()), "ES384").SetArgDisplayNames("P-384");
        yield return new TestCaseData(new Leaking(), "ES256").SetArgDisplayNames("states its private key");
        yield return new TestCaseData(new Slow(), "ES256").SetArgDisplayNames("asynchronous");
    }

    [TestCaseSource(nameof(Signers))]
    [Description("§4.2: a key of the application signs; its private members are not sent, also if the signer states them by mistake")]
    public async Task The_application_holds_the_key(ISigner signer, string algorithm)
    {
        await using var host = await DPoPHost.StartAsync(nonces: true, register: client => client.UseDPoPSigner(_ => signer));

        var grant = await host.SignInAsync();
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);

        var header = SampleProofs.Header(host.Api.Requests[^1].Headers["DPoP"]);
        Assert.That(header.GetProperty("alg").GetString(), Is.EqualTo(algorithm));
        Assert.That(
            header.GetProperty("jwk").EnumerateObject().Select(member => member.Name),
            Is.SubsetOf(new[] { "crv", "e", "kty", "n", "x", "y" })
        );
        Assert.That(grant.DPoPKey!.PrivateJwk, Is.Null, "nothing of the key is stored");
    }

    [Test]
    [Description(
        "§5, §6: after the signer is replaced, a confidential client uses the new key at the next refresh, and old tokens until then"
    )]
    public async Task A_confidential_client_changes_to_the_new_signer()
    {
        var signer = SigningKey.Create();
        await using var host = await DPoPHost.StartAsync(register: client => client.UseDPoPSigner(_ => signer));
        var first = await host.SignInAsync();
        await host.Http.GetAsync("/me");
        signer = SigningKey.Create();

        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode, "the earlier signer is kept for the earlier token");
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode);

        var refreshed = await host.Client.GetAccessTokenAsync(Owner);
        Assert.That(refreshed.KeyThumbprint, Is.Not.EqualTo(first.AccessToken!.KeyThumbprint));
        Assert.That(refreshed.KeyThumbprint, Is.EqualTo(PrivateKeyParser.Thumbprint(signer.PublicJwk)));
    }

    [Test]
    [Description("§5: the refresh token of a public client stays bound to the earlier key, which another process does not have")]
    public async Task A_public_client_needs_the_earlier_signer()
    {
        var signer = SigningKey.Create();
        await using var host = await DPoPHost.StartAsync(isPublic: true, register: client => client.UseDPoPSigner(_ => signer));
        var grant = await host.SignInAsync();
        signer = SigningKey.Create();
        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await host.Http.GetAsync("/me")).IsSuccessStatusCode, "this process has it");
        host.Server.ClearRequests();

        await using var node = DPoPHost.CreateNode(host, isPublic: true, client => client.UseDPoPSigner(_ => signer));
        var latest = (await host.Client.FindGrantAsync(Owner))!;
        await node.GetRequiredService<IGrantStore>().AddAsync(latest, CancellationToken.None);
        var http = node.GetRequiredService<IHttpClientFactory>().CreateClient("api");

        Assert.That(latest.DPoPKey!.Thumbprint, Is.EqualTo(grant.DPoPKey!.Thumbprint));
        AssertNamesSigner(async () => await http.GetAsync("/me"));
        host.Clock.Advance(TimeSpan.FromHours(1));
        AssertNamesSigner(async () => await http.GetAsync("/me"));
        Assert.That(host.TokenRequests, Is.Zero, "the refresh token was not sent");

        static void AssertNamesSigner(Func<Task> act) =>
            Assert.That(async () => await act(), Throws.TypeOf<OAuthException>().With.Message.Contains("UseDPoPSigner"));
    }

    [Test]
    [Description("§4.2: a symmetric algorithm, and a key that is no JWK, are refused with the name of the delegate")]
    public async Task An_unusable_signer_is_named([Values("{}", "no JWK", """{"kty":"oct","k":"AAAA"}""")] string jwk)
    {
        await using var host = await DPoPHost.StartAsync(register: client => client.UseDPoPSigner(_ => new Leaking { PublicJwk = jwk }));

        Assert.That(
            async () => await host.SignInAsync(),
            Throws.TypeOf<OAuthException>().With.Message.Contains("UseDPoPSigner").And.Message.Not.Contains("AAAA")
        );
    }

    [Test]
    [Description("§4.2: a synchronous request cannot wait for an asynchronous signer; the exception says so")]
    public async Task A_synchronous_request_needs_a_synchronous_signer()
    {
        await using var host = await DPoPHost.StartAsync(register: client => client.UseDPoPSigner(_ => new Slow()));
        await host.SignInAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, "/me");

        Assert.That(() => host.Http.Send(request), Throws.TypeOf<NotSupportedException>().With.Message.Contains("SendAsync"));
    }

    [Test]
    [Description("§5.1: a server without ES256 is refused when the authorization begins; both algorithms are named")]
    public async Task A_server_without_the_algorithm_is_refused_at_the_beginning()
    {
        await using var host = await DPoPHost.StartAsync();
        host.Server.Options.OnMetadata = metadata =>
            metadata["dpop_signing_alg_values_supported"] = new System.Text.Json.Nodes.JsonArray("PS256");

        Assert.That(
            async () => await host.Client.BeginAuthorizationAsync(),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contains("ES256")
                .And.Message.Contains("PS256")
                .And.Message.Contains("UseDPoPSigner")
        );
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.TypeOf<OAuthException>().With.Message.Contains("PS256")
        );
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("§11.2: concurrent first requests share one key")]
    public async Task Concurrent_requests_share_one_key()
    {
        var keys = SampleProofs.Keys(options: o => o.DPoP.Enabled = true);
        var configuration = SampleConfiguration.Create(o => o.DPoP.Enabled = true);

        var found = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(() => keys.FindForClient(configuration))));

        Assert.That(found.Distinct(), Has.Exactly(1).Items);
    }

    /// <summary>A signer that states the private key as its public one.</summary>
    private sealed class Leaking : ISigner
    {
        private readonly SigningKey key;

        public Leaking()
        {
            using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            key = SigningKey.Parse(pair.ExportPkcs8PrivateKeyPem());
            var jwk = JsonSerializer.Deserialize<Dictionary<string, string>>(key.PublicJwk)!;
            jwk["d"] = "the-private-part";
            jwk["alg"] = "ES256";
            PublicJwk = JsonSerializer.Serialize(jwk);
        }

        public string Algorithm => key.Algorithm;
        public string? KeyId => "the-key-id";
        public string PublicJwk { get; init; }

        public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
            key.SignAsync(data, cancellationToken);
    }

    /// <summary>A signer that completes on another thread, as a key vault does.</summary>
    private sealed class Slow : ISigner
    {
        private readonly SigningKey key = SigningKey.Create();

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
