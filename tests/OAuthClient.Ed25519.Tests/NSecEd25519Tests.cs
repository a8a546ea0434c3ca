using System.Buffers.Text;
using System.Numerics;
using System.Text;

namespace OAuthClient.Ed25519.Tests;

/// <summary>Tests the verification of signatures (RFC 8032 §5.1.7).</summary>
[TestFixture]
public sealed class NSecEd25519Tests
{
    private static readonly byte[] Input = Encoding.ASCII.GetBytes("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
    private static readonly byte[] PublicKey = Base64Url.DecodeFromChars(SampleKeys.X);
    private static readonly byte[] Signature = Base64Url.DecodeFromChars(
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );

    // The order of the group, L (RFC 8032 §5.1).
    private static readonly BigInteger Order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493", null);

    private readonly NSecEd25519 ed25519 = new();

    [Test]
    [Description("RFC 8037 appendix A.5: the signature of the specification is valid")]
    public void The_signature_of_the_specification_is_valid() => Assert.That(ed25519.Verify(PublicKey, Input, Signature));

    [Test]
    [Description("RFC 8032 §7.1 test 1: the empty message")]
    public void The_signature_of_an_empty_message_is_valid() =>
        Assert.That(
            ed25519.Verify(
                PublicKey,
                [],
                Convert.FromHexString(
                    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                        + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
                )
            )
        );

    [TestCase(0)]
    [TestCase(31)]
    [TestCase(32)]
    [TestCase(63)]
    [Description("RFC 8032 §5.1.7: a changed signature is not valid")]
    public void A_changed_signature_is_not_valid(int index)
    {
        byte[] changed = [.. Signature];
        changed[index] ^= 1;
        Assert.That(ed25519.Verify(PublicKey, Input, changed), Is.False);
    }

    [Test]
    [Description("RFC 8032 §5.1.7: changed data, another key, and a signature of another length are not valid")]
    public void Other_data_keys_and_lengths_are_not_valid()
    {
        Assert.That(ed25519.Verify(PublicKey, [.. Input, 0], Signature), Is.False);
        Assert.That(ed25519.Verify(Base64Url.DecodeFromChars(SampleKeys.D), Input, Signature), Is.False);
        Assert.That(ed25519.Verify(PublicKey.AsSpan(1), Input, Signature), Is.False);
        Assert.That(ed25519.Verify([.. PublicKey, 0], Input, Signature), Is.False);
        Assert.That(ed25519.Verify(PublicKey, Input, []), Is.False);
        Assert.That(ed25519.Verify(PublicKey, Input, Signature.AsSpan(0, 63)), Is.False);
        Assert.That(ed25519.Verify(PublicKey, Input, [.. Signature, 0]), Is.False);
    }

    [Test]
    [Description("RFC 8032 §5.1.7: S is less than L, so that one message has one signature of a key")]
    public void A_signature_that_is_not_canonical_is_not_valid()
    {
        var s = new BigInteger(Signature.AsSpan(32), isUnsigned: true) + Order;
        byte[] changed = [.. Signature.AsSpan(0, 32), .. s.ToByteArray(isUnsigned: true)];
        Assert.That(changed, Has.Length.EqualTo(64));
        Assert.That(ed25519.Verify(PublicKey, Input, changed), Is.False);
    }

    // With such a key A, R = A and S = 0 satisfy the equation of the verification for a part of all messages.
    [TestCase("0100000000000000000000000000000000000000000000000000000000000000", TestName = "order 1")]
    [TestCase("ECFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F", TestName = "order 2")]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000000", TestName = "order 4")]
    [TestCase("26E8958FC2B227B045C3F489F2EF98F0D5DFAC05D3C63339B13802886D53FC05", TestName = "order 8")]
    [TestCase("EEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F", TestName = "order 1, not canonical")]
    [Description("A key of small order verifies signatures that were made without a private key")]
    public void A_key_of_small_order_verifies_nothing(string point)
    {
        byte[] key = Convert.FromHexString(point);
        for (byte message = 0; message < 32; message++)
        {
            Assert.That(ed25519.Verify(key, [message], [.. key, .. new byte[32]]), Is.False);
            Assert.That(ed25519.Verify(key, [message], [1, .. new byte[63]]), Is.False);
        }
    }
}
