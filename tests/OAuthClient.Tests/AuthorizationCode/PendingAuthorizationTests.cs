using System.Security.Cryptography;
using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests the protection, the size and the matching of pending authorizations.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class PendingAuthorizationTests
{
    private static readonly Func<byte[], byte[]> Identity = data => data;

    [Test]
    [Description("RFC 9700 §4.7: Protect and Unprotect keep all values except the authorization URI")]
    public void A_round_trip_keeps_the_values()
    {
        var pending = SampleAuthorization.Pending(requiresIssuer: true, requiresPath: true);
        var read = RoundTrip(pending);

        Assert.Multiple(() =>
        {
            Assert.That(read.ClientName, Is.EqualTo(pending.ClientName));
            Assert.That(read.Server, Is.EqualTo(pending.Server));
            Assert.That(read.Issuer, Is.EqualTo(pending.Issuer));
            Assert.That(read.RequiresIssuer, Is.True);
            Assert.That(read.RequiresRedirectPathMatch, Is.True);
            Assert.That(read.RedirectUri, Is.EqualTo(pending.RedirectUri));
            Assert.That(read.State, Is.EqualTo(pending.State));
            Assert.That(read.Nonce, Is.EqualTo(pending.Nonce));
            Assert.That(read.MaxAge, Is.EqualTo(TimeSpan.Zero));
            Assert.That(read.RequiredAcrValues, Is.EqualTo(["phr", "mfa"]));
            Assert.That(read.CodeVerifier, Is.EqualTo(pending.CodeVerifier));
            Assert.That(read.Scopes, Is.EqualTo(pending.Scopes));
            Assert.That(read.Resources, Is.EqualTo(pending.Resources));
            Assert.That(read.ExpiresAt, Is.EqualTo(pending.ExpiresAt));
            Assert.That(read.StateFingerprint, Is.EqualTo(pending.StateFingerprint));
        });
        Assert.That(() => read.AuthorizationUri, Throws.InvalidOperationException.With.Message.Contains("unprotected"));
    }

    [Test]
    [Description("RFC 9207 §2.4: an unknown issuer and an absent nonce stay null")]
    public void A_round_trip_keeps_absent_values()
    {
        var read = RoundTrip(
            SampleRequest.Begin(
                SampleConfiguration.Create(name: ""),
                SampleConfiguration.Server with
                {
                    Issuer = null,
                    SendsIssuerInResponse = false,
                },
                new(),
                SampleConfiguration.Now
            )
        );

        Assert.That(read.Issuer, Is.Null);
        Assert.That(read.Nonce, Is.Null);
        Assert.That(read.MaxAge, Is.Null);
        Assert.That(read.RequiredAcrValues, Is.Empty);
        Assert.That(read.RequiresIssuer, Is.False);
        Assert.That(read.RequiresRedirectPathMatch, Is.False);
        Assert.That(read.ClientName, Is.Empty);
        Assert.That(read.Scopes, Is.Empty);
        Assert.That(read.Resources, Is.Empty);
    }

    [Test]
    [Description("RFC 9700 §4.7.1: the data is protected and unprotected by the functions of the caller only")]
    public void The_callers_functions_protect_the_data()
    {
        byte[] protectedData = [1, 2, 3];
        byte[]? written = null;
        var pending = SampleAuthorization.Pending();

        Assert.That(
            pending.Protect(data =>
            {
                written = data;
                return protectedData;
            }),
            Is.SameAs(protectedData)
        );
        Assert.That(
            PendingAuthorization
                .Unprotect(
                    protectedData,
                    data =>
                    {
                        Assert.That(data, Is.SameAs(protectedData));
                        return written!;
                    }
                )
                .State,
            Is.EqualTo(pending.State)
        );
    }

    [Test]
    [Description("A typical pending authorization takes less than 450 bytes, because the size of cookies is limited")]
    public void A_typical_pending_authorization_is_small()
    {
        var configuration = SampleConfiguration.Create(o =>
        {
            o.Issuer = new("https://accounts.example.com");
            o.Scopes = ["openid", "profile", "email", "offline_access"];
            o.Resources = [new("https://api.example.com/")];
        });
        var server = SampleConfiguration.Server with { Issuer = "https://accounts.example.com" };
        int length = SampleRequest.Begin(configuration, server, new(), SampleConfiguration.Now).Protect(Identity).Length;

        Assert.That(length, Is.LessThan(450));
    }

    [Test]
    [Description("RFC 9700 §4.7.1: data truncated at any length throws OAuthProtocolException")]
    public void Truncated_data_is_rejected()
    {
        byte[] data = SampleAuthorization.Pending().Protect(Identity);
        for (int length = 0; length < data.Length; length++)
        {
            byte[] cut = data[..length];
            Assert.That(
                () => PendingAuthorization.Unprotect(cut, Identity),
                Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("not a pending authorization"),
                $"cut at {length}"
            );
        }
    }

    [Test]
    [Description("RFC 9700 §4.7.1: data with additional bytes at the end is rejected")]
    public void Additional_bytes_are_rejected() =>
        Assert.That(
            () => PendingAuthorization.Unprotect([.. SampleAuthorization.Pending().Protect(Identity), 0], Identity),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("more than")
        );

    [TestCase(0)]
    [TestCase(2)]
    [TestCase(4)]
    [TestCase(255)]
    [Description("Data of another format version is rejected")]
    public void Another_version_is_rejected(byte version)
    {
        byte[] data = SampleAuthorization.Pending().Protect(Identity);
        data[0] = version;

        Assert.That(
            () => PendingAuthorization.Unprotect(data, Identity),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("another version")
        );
    }

    [Test]
    [Description("RFC 9700 §4.7.1: changed data is read or throws OAuthProtocolException, and throws no other exception")]
    public void Changed_data_throws_no_unexpected_exception()
    {
        byte[] data = SampleAuthorization.Pending().Protect(Identity);
        for (int index = 0; index < data.Length; index++)
        {
            foreach (byte value in new byte[] { 0, 1, 0x7F, 0x80, 0xFF })
            {
                byte[] changed = [.. data];
                changed[index] = value;
                try
                {
                    PendingAuthorization.Unprotect(changed, Identity);
                }
                catch (OAuthProtocolException)
                {
                    // The only exception that callers handle.
                }
            }
        }
    }

    [Test]
    [Description("RFC 9700 §4.7.1: a changed cookie throws OAuthProtocolException for every exception type of the protector")]
    public void A_failure_of_the_protector_is_a_protocol_violation()
    {
        byte[] key = RandomNumberGenerator.GetBytes(32);
        byte[] data = SampleAuthorization.Pending().Protect(plain => Seal(key, plain));
        Assert.That(PendingAuthorization.Unprotect(data, sealedData => Open(key, sealedData)).State, Is.EqualTo(SampleAuthorization.State));

        for (int index = 0; index < data.Length; index += 7)
        {
            byte[] changed = [.. data];
            changed[index] ^= 1;
            Assert.That(
                () => PendingAuthorization.Unprotect(changed, sealedData => Open(key, sealedData)),
                Throws.InstanceOf<OAuthProtocolException>().With.InnerException.InstanceOf<CryptographicException>(),
                $"changed at {index}"
            );
        }
        Assert.That(
            () => PendingAuthorization.Unprotect([1, 2, 3], sealedData => Open(key, sealedData)),
            Throws.InstanceOf<OAuthProtocolException>()
        );
        Assert.That(
            () => PendingAuthorization.Unprotect(data, _ => throw new FormatException()),
            Throws.InstanceOf<OAuthProtocolException>()
        );
        Assert.That(
            () => PendingAuthorization.Unprotect(data, _ => throw new TimeoutException()),
            Throws.InstanceOf<TimeoutException>(),
            "an unavailable key ring is not caused by the browser"
        );
    }

    [Test]
    [Description("RFC 6749 §10.12: a response matches only if its state is equal")]
    public void Only_an_equal_state_matches()
    {
        var pending = SampleAuthorization.Pending();

        Assert.That(pending.Matches(SampleAuthorization.Response(("state", SampleAuthorization.State))), Is.True);
        Assert.That(pending.Matches(SampleAuthorization.Response(("state", SampleAuthorization.State[..^1] + "1"))), Is.False);
        Assert.That(pending.Matches(SampleAuthorization.Response(("state", SampleAuthorization.State[..^1]))), Is.False);
        Assert.That(pending.Matches(SampleAuthorization.Response(("state", SampleAuthorization.State + "0"))), Is.False);
        Assert.That(pending.Matches(SampleAuthorization.Response(("state", SampleAuthorization.State.ToUpperInvariant()))), Is.False);
        Assert.That(pending.Matches(SampleAuthorization.Response(("state", ""))), Is.False);
        Assert.That(pending.Matches(SampleAuthorization.Response()), Is.False);
    }

    [Test]
    [Description("RFC 9700 §4.7: the record of used states holds a hash of the state")]
    public void The_fingerprint_is_a_hash_of_the_state()
    {
        Assert.That(SampleAuthorization.Pending().StateFingerprint, Does.Match("^[0-9A-F]{64}$"));
        Assert.That(new[] { Begin().StateFingerprint, Begin().StateFingerprint }, Is.Unique);
    }

    [Test]
    [Description("State, nonce and verifier appear neither in ToString nor in JSON")]
    public void ToString_and_JSON_expose_no_secret()
    {
        var pending = SampleAuthorization.Pending();

        Assert.That(pending.ToString(), Is.EqualTo("Pending authorization at https://server.example.com"));
        Assert.That(
            $"{pending}",
            Does.Not.Contain(pending.State).And.Not.Contain(pending.Nonce).And.Not.Contain(pending.CodeVerifier!.Reveal())
        );
        Assert.That(() => JsonSerializer.Serialize(pending), Throws.InstanceOf<NotSupportedException>());
        Assert.That(() => JsonSerializer.Serialize(new { pending }), Throws.InstanceOf<NotSupportedException>());
        Assert.That(() => JsonSerializer.Deserialize<PendingAuthorization>("{}"), Throws.InstanceOf<NotSupportedException>());
    }

    [Test]
    public void Null_arguments_throw()
    {
        var pending = SampleAuthorization.Pending();

        Assert.That(() => pending.Protect(null!), Throws.ArgumentNullException);
        Assert.That(() => pending.Matches(null!), Throws.ArgumentNullException);
        Assert.That(() => PendingAuthorization.Unprotect(null!, Identity), Throws.ArgumentNullException);
        Assert.That(() => PendingAuthorization.Unprotect([], null!), Throws.ArgumentNullException);
    }

    private static PendingAuthorization Begin() =>
        SampleRequest.Begin(SampleConfiguration.Create(), SampleConfiguration.Server, new(), SampleConfiguration.Now);

    private static PendingAuthorization RoundTrip(PendingAuthorization pending) =>
        PendingAuthorization.Unprotect(pending.Protect(Identity), Identity);

    private static byte[] Seal(byte[] key, byte[] plain)
    {
        byte[] nonce = RandomNumberGenerator.GetBytes(12);
        byte[] cipher = new byte[plain.Length];
        byte[] tag = new byte[16];
        using var aes = new AesGcm(key, 16);
        aes.Encrypt(nonce, plain, cipher, tag);
        return [.. nonce, .. tag, .. cipher];
    }

    private static byte[] Open(byte[] key, byte[] sealedData)
    {
        if (sealedData.Length < 28)
            throw new CryptographicException("Too short.");
        byte[] plain = new byte[sealedData.Length - 28];
        using var aes = new AesGcm(key, 16);
        aes.Decrypt(sealedData.AsSpan(0, 12), sealedData.AsSpan(28), sealedData.AsSpan(12, 16), plain);
        return plain;
    }
}
