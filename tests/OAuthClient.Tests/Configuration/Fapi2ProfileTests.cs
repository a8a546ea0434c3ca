using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests the rules of the FAPI 2.0 Security Profile for the keys of the application's signers (§5.4.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class Fapi2ProfileTests
{
    private static readonly string Long = Rsa(new byte[256]);
    private static readonly string Short = Rsa(new byte[255]);

    [TestCase("ES256")]
    [TestCase("EdDSA")]
    [TestCase("Ed25519")]
    [Description("§5.4.1: algorithms other than PS256 state nothing about the length of an RSA key")]
    public void An_allowed_algorithm_is_returned(string algorithm)
    {
        StatedSigner signer = new(algorithm, "{}");
        Assert.That(Fapi2Profile.EnsureAllows(signer, "UseClientSigner"), Is.SameAs(signer));
    }

    [TestCase("RS256")]
    [TestCase("PS384")]
    [TestCase("ES512")]
    [TestCase("none")]
    [Description("§5.4.1: each other algorithm is refused; the message names the method and the algorithms")]
    public void Another_algorithm_is_refused(string algorithm) =>
        Assert.That(
            () => Fapi2Profile.EnsureAllows(new StatedSigner(algorithm, Long), "UseDPoPSigner"),
            Throws
                .InvalidOperationException.With.Message.Contains($"UseDPoPSigner returned a key that signs with {algorithm}")
                .And.Message.Contains("§5.4.1 allows PS256, ES256, Ed25519, EdDSA")
        );

    [Test]
    [Description("§5.4.1: RSA keys have at least 2048 bits, also those outside of this process")]
    public void A_short_key_is_refused()
    {
        Assert.That(() => Fapi2Profile.EnsureAllows(new StatedSigner("PS256", Long), "UseClientSigner"), Throws.Nothing);
        foreach (string jwk in new[] { Short, "{}", "no JSON", """{"kty":"RSA","n":"*"}""" })
            Assert.That(
                () => Fapi2Profile.EnsureAllows(new StatedSigner("PS256", jwk), "UseClientSigner"),
                Throws.InvalidOperationException.With.Message.Contains("requires 2048 bits")
            );
    }

    [Test]
    [Description("§5.4.1: the key of a delegate is validated each time it is used, because the application may replace it")]
    public void The_signers_of_a_client_are_validated()
    {
        StatedSigner signer = new("RS256", Long);
        var client = SampleConfiguration.Create(o =>
        {
            o.UseFapi2();
            (o.ClientSigner, o.DPoPSigner) = (() => signer, () => signer);
        });
        Assert.That(() => client.ClientAssertion.GetSigner(), Throws.InvalidOperationException.With.Message.Contains("UseClientSigner"));
        Assert.That(() => client.DPoP.FindSigner(), Throws.InvalidOperationException.With.Message.Contains("UseDPoPSigner"));
        var other = SampleConfiguration.Create(o => (o.ClientSigner, o.DPoPSigner) = (() => signer, () => signer));
        Assert.That(other.ClientAssertion.GetSigner(), Is.SameAs(signer));
        Assert.That(other.DPoP.FindSigner(), Is.SameAs(signer));
    }

    private static string Rsa(byte[] modulus)
    {
        modulus[0] = 0x80;
        return JsonSerializer.Serialize(
            new
            {
                e = "AQAB",
                kty = "RSA",
                n = Base64Url.EncodeToString(modulus),
            }
        );
    }

    private sealed class StatedSigner(string algorithm, string jwk) : ISigner
    {
        public string Algorithm => algorithm;
        public string? KeyId => null;
        public string PublicJwk => jwk;

        public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
            throw new CryptographicException();
    }
}
