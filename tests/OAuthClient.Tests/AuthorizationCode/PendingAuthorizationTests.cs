using System.Security.Cryptography;
using System.Text.Json;

namespace OAuthClient.Tests;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public class PendingAuthorizationTests
{
    private static readonly Func<byte[], byte[]> Plainly = data => data;

    [Test]
    [Description("RFC 9700 §4.7: what is needed to complete it survives the way through a cookie; where the browser was sent does not")]
    public void It_comes_back_as_it_went()
    {
        var pending = SampleAuthorization.Pending(requiresIssuer: true, requiresPath: true);
        var back = RoundTrip(pending);

        Assert.Multiple(() =>
        {
            Assert.That(back.ClientName, Is.EqualTo(pending.ClientName));
            Assert.That(back.Server, Is.EqualTo(pending.Server));
            Assert.That(back.Issuer, Is.EqualTo(pending.Issuer));
            Assert.That(back.RequiresIssuer, Is.True);
            Assert.That(back.RequiresRedirectPathMatch, Is.True);
            Assert.That(back.RedirectUri, Is.EqualTo(pending.RedirectUri));
            Assert.That(back.State, Is.EqualTo(pending.State));
            Assert.That(back.Nonce, Is.EqualTo(pending.Nonce));
            Assert.That(back.MaxAge, Is.EqualTo(TimeSpan.Zero));
            Assert.That(back.RequiredAcrValues, Is.EqualTo(["phr", "mfa"]));
            Assert.That(back.CodeVerifier, Is.EqualTo(pending.CodeVerifier));
            Assert.That(back.Scopes, Is.EqualTo(pending.Scopes));
            Assert.That(back.Resources, Is.EqualTo(pending.Resources));
            Assert.That(back.ExpiresAt, Is.EqualTo(pending.ExpiresAt));
            Assert.That(back.StateFingerprint, Is.EqualTo(pending.StateFingerprint));
        });
        Assert.That(() => back.AuthorizationUri, Throws.InvalidOperationException.With.Message.Contains("unprotected"));
    }

    [Test]
    [Description("RFC 9207 §2.4: an issuer that is not known stays unknown, and no nonce stays no nonce")]
    public void Absent_values_come_back_absent()
    {
        var back = RoundTrip(
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

        Assert.That(back.Issuer, Is.Null);
        Assert.That(back.Nonce, Is.Null);
        Assert.That(back.MaxAge, Is.Null);
        Assert.That(back.RequiredAcrValues, Is.Empty);
        Assert.That(back.RequiresIssuer, Is.False);
        Assert.That(back.RequiresRedirectPathMatch, Is.False);
        Assert.That(back.ClientName, Is.Empty);
        Assert.That(back.Scopes, Is.Empty);
        Assert.That(back.Resources, Is.Empty);
    }

    [Test]
    [Description("RFC 9700 §4.7.1: protected by what the caller gives, and by nothing else on the way")]
    public void What_the_caller_protects_is_what_travels()
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
    [Description("A browser's cookie jar is small: a typical one stays below 450 bytes before protection")]
    public void It_is_small()
    {
        var configuration = SampleConfiguration.Create(o =>
        {
            o.Issuer = new("https://accounts.example.com");
            o.Scopes = ["openid", "profile", "email", "offline_access"];
            o.Resources = [new("https://api.example.com/")];
        });
        var server = SampleConfiguration.Server with { Issuer = "https://accounts.example.com" };
        int length = SampleRequest.Begin(configuration, server, new(), SampleConfiguration.Now).Protect(Plainly).Length;

        Assert.That(length, Is.LessThan(450));
    }

    [Test]
    [Description("RFC 9700 §4.7.1: whatever was cut off, the answer is a typed exception and not a half-read authorization")]
    public void Truncated_at_any_length_it_is_refused()
    {
        byte[] data = SampleAuthorization.Pending().Protect(Plainly);
        for (int length = 0; length < data.Length; length++)
        {
            byte[] cut = data[..length];
            Assert.That(
                () => PendingAuthorization.Unprotect(cut, Plainly),
                Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("not a pending authorization"),
                $"cut at {length}"
            );
        }
    }

    [Test]
    [Description("RFC 9700 §4.7.1: nothing may stand behind it either")]
    public void With_something_behind_it_is_refused() =>
        Assert.That(
            () => PendingAuthorization.Unprotect([.. SampleAuthorization.Pending().Protect(Plainly), 0], Plainly),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("more than")
        );

    [TestCase(0)]
    [TestCase(2)]
    [TestCase(4)]
    [TestCase(255)]
    [Description("A format of another version is not guessed at")]
    public void Another_version_is_refused_by_name(byte version)
    {
        byte[] data = SampleAuthorization.Pending().Protect(Plainly);
        data[0] = version;

        Assert.That(
            () => PendingAuthorization.Unprotect(data, Plainly),
            Throws.InstanceOf<OAuthProtocolException>().With.Message.Contains("another version")
        );
    }

    [Test]
    [Description(
        "RFC 9700 §4.7.1: any byte changed to anything gives a typed exception or a readable authorization, never another exception"
    )]
    public void Changed_bytes_never_crash()
    {
        byte[] data = SampleAuthorization.Pending().Protect(Plainly);
        for (int at = 0; at < data.Length; at++)
        {
            foreach (byte value in new byte[] { 0, 1, 0x7F, 0x80, 0xFF })
            {
                byte[] changed = [.. data];
                changed[at] = value;
                try
                {
                    PendingAuthorization.Unprotect(changed, Plainly);
                }
                catch (OAuthProtocolException)
                {
                    // The one exception that callers know.
                }
            }
        }
    }

    [Test]
    [Description("RFC 9700 §4.7.1: a cookie that somebody changed is a typed exception whichever way the protector complains")]
    public void What_the_protector_refuses_is_a_protocol_violation()
    {
        byte[] key = RandomNumberGenerator.GetBytes(32);
        byte[] data = SampleAuthorization.Pending().Protect(plain => Seal(key, plain));
        Assert.That(PendingAuthorization.Unprotect(data, sealedData => Open(key, sealedData)).State, Is.EqualTo(SampleAuthorization.State));

        for (int at = 0; at < data.Length; at += 7)
        {
            byte[] changed = [.. data];
            changed[at] ^= 1;
            Assert.That(
                () => PendingAuthorization.Unprotect(changed, sealedData => Open(key, sealedData)),
                Throws.InstanceOf<OAuthProtocolException>().With.InnerException.InstanceOf<CryptographicException>(),
                $"changed at {at}"
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
            "the key ring cannot be reached: no fault of the browser"
        );
    }

    [Test]
    [Description("RFC 6749 §10.12: only the exact state answers it")]
    public void Only_its_own_state_answers_it()
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
    [Description("RFC 9700 §4.7: the record of used states does not hold the state")]
    public void The_fingerprint_is_a_hash_of_the_state()
    {
        Assert.That(SampleAuthorization.Pending().StateFingerprint, Does.Match("^[0-9A-F]{64}$"));
        Assert.That(new[] { Begin().StateFingerprint, Begin().StateFingerprint }, Is.Unique);
    }

    [Test]
    [Description("State, nonce and verifier are in nobody's log: not by ToString, not by a JSON logger")]
    public void It_prints_no_secret()
    {
        var pending = SampleAuthorization.Pending();

        Assert.That(pending.ToString(), Is.EqualTo("Pending authorization at https://server.example.com"));
        Assert.That(
            $"{pending}",
            Does.Not.Contain(pending.State).And.Not.Contain(pending.Nonce).And.Not.Contain(pending.CodeVerifier.Reveal())
        );
        Assert.That(() => JsonSerializer.Serialize(pending), Throws.InstanceOf<NotSupportedException>());
        Assert.That(() => JsonSerializer.Serialize(new { pending }), Throws.InstanceOf<NotSupportedException>());
        Assert.That(() => JsonSerializer.Deserialize<PendingAuthorization>("{}"), Throws.InstanceOf<NotSupportedException>());
    }

    [Test]
    public void Null_arguments_are_named()
    {
        var pending = SampleAuthorization.Pending();

        Assert.That(() => pending.Protect(null!), Throws.ArgumentNullException);
        Assert.That(() => pending.Matches(null!), Throws.ArgumentNullException);
        Assert.That(() => PendingAuthorization.Unprotect(null!, Plainly), Throws.ArgumentNullException);
        Assert.That(() => PendingAuthorization.Unprotect([], null!), Throws.ArgumentNullException);
    }

    private static PendingAuthorization Begin() =>
        SampleRequest.Begin(SampleConfiguration.Create(), SampleConfiguration.Server, new(), SampleConfiguration.Now);

    private static PendingAuthorization RoundTrip(PendingAuthorization pending) =>
        PendingAuthorization.Unprotect(pending.Protect(Plainly), Plainly);

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
