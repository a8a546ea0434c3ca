using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tests that stored content is unreadable without the key and valid only in its own row.</summary>
[TestFixture]
public sealed class RowEncryptionTests
{
    private static readonly RowEncryption Protection = With(options => options.EncryptWith("first", Node.Key));

    [Test]
    [Description("RFC 6749 §10.3, §10.4: tokens are confidential in storage")]
    public void Encrypted_content_contains_no_token()
    {
        var grant = Grants.New();
        string content = Encoding.Latin1.GetString(Protection.Protect(grant));
        Assert.That(
            content,
            Does.Not.Contain(grant.RefreshToken!.Reveal()).And.Not.Contain(grant.AccessToken!.Reveal()).And.Contain("first")
        );
    }

    [Test]
    public void Encrypted_content_can_be_decrypted()
    {
        var grant = Grants.New();
        Assert.That(Read(Protection, Protection.Protect(grant), grant).RefreshToken, Is.EqualTo(grant.RefreshToken));
    }

    [Test]
    [Description("Encrypting the same grant twice results in different bytes: a store recognizes its own write by them")]
    public void Content_differs_with_each_encryption()
    {
        var grant = Grants.New();
        byte[] first = Protection.Protect(grant);
        Assert.That(Protection.Protect(grant), Is.Not.EqualTo(first));
    }

    [TestCase("another id", "photos", "user:42", 1)]
    [TestCase("", "photo", "user:42", 1)]
    [TestCase("", "photos", "user:43", 1)]
    [TestCase("", "photos", "service:42", 1)]
    [TestCase("", "photos", "42", 1)]
    [TestCase("", "photos", "user:42", 2)]
    [TestCase("", "photosu", "ser:42", 1)]
    [Description("Threat: a user receives the token of another user. The content of one row is refused in another row")]
    public void Content_is_valid_in_its_own_row_only(string id, string clientName, string owner, long generation)
    {
        var grant = Grants.New();
        GrantRowKey otherRow = new(id.Length > 0 ? id : grant.Id, clientName, owner, generation);
        var delegates = With(options => options.ProtectWith(bytes => bytes, bytes => bytes));
        Assert.That(
            () => Protection.Unprotect(Protection.Protect(grant), otherRow),
            Throws.TypeOf<OAuthException>().With.Message.Contains("cannot be decrypted")
        );
        Assert.That(
            () => delegates.Unprotect(delegates.Protect(grant), otherRow),
            Throws.TypeOf<OAuthException>().With.Message.Contains("cannot be decrypted")
        );
    }

    [TestCase("photo", "https://as.example", 1)]
    [TestCase("photos", "https://as.example/", 1)]
    [TestCase("photos", "https://as.example", 2)]
    [TestCase("photosh", "ttps://as.example", 1)]
    [Description(
        "Threat: a server receives the secrets of another server. Client credentials are valid in their own row only, and not in a grant's"
    )]
    public void Credentials_are_valid_in_their_own_row_only(string clientName, string server, long generation)
    {
        var client = SampleClients.Create("photos", "https://as.example");
        var delegates = With(options => options.ProtectWith(bytes => bytes, bytes => bytes));
        foreach (var encryption in new[] { Protection, delegates })
        {
            byte[] content = encryption.Protect(client);
            Assert.That(encryption.Unprotect(content, DynamicClientRowKey.Of(client)).ClientSecret, Is.EqualTo(client.ClientSecret));
            Assert.That(
                () => encryption.Unprotect(content, new DynamicClientRowKey(clientName, server, generation)),
                Throws.TypeOf<OAuthException>().With.Message.Contains("cannot be decrypted")
            );
        }
        Assert.That(Encoding.Latin1.GetString(Protection.Protect(client)), Does.Not.Contain("a-secret").And.Not.Contains("a-token"));
        Assert.That(
            () => Protection.Unprotect(Protection.Protect(client), new GrantRowKey("", "photos", "https://as.example", 1)),
            Throws.TypeOf<OAuthException>()
        );
    }

    [Test]
    [Description("Content with a changed, missing or additional byte is refused")]
    public void Changed_content_is_refused()
    {
        var grant = Grants.New();
        byte[] content = Protection.Protect(grant);
        for (int i = 0; i < content.Length; i++)
        {
            byte[] changed = [.. content];
            changed[i] ^= 1;
            Assert.That(() => Read(Protection, changed, grant), Throws.TypeOf<OAuthException>(), $"byte {i}");
            Assert.That(() => Read(Protection, content[..i], grant), Throws.TypeOf<OAuthException>(), $"first {i}");
        }
        Assert.That(() => Read(Protection, [.. content, 0], grant), Throws.TypeOf<OAuthException>());
    }

    [Test]
    [Description("Rotation: the new key encrypts and the old key still decrypts; if the old key is missing, the message contains its id")]
    public void Keys_can_be_rotated()
    {
        var grant = Grants.New();
        byte[] old = Protection.Protect(grant);
        var rotated = With(options => options.EncryptWith("second", Node.OtherKey).DecryptWith("first", Node.Key));
        var withoutOldKey = With(options => options.EncryptWith("second", Node.OtherKey));

        Assert.That(Read(rotated, old, grant).Id, Is.EqualTo(grant.Id));
        Assert.That(Read(withoutOldKey, rotated.Protect(grant), grant).Id, Is.EqualTo(grant.Id));
        Assert.That(
            () => Read(withoutOldKey, old, grant),
            Throws.TypeOf<OAuthException>().With.Message.Contains("DecryptWith(\"first\", …)")
        );
    }

    [Test]
    [Description("A different key with the same id does not decrypt the content")]
    public void A_different_key_with_the_same_id_is_refused()
    {
        var grant = Grants.New();
        var withOtherKey = With(options => options.EncryptWith("first", Node.OtherKey));
        Assert.That(
            () => Read(withOtherKey, Protection.Protect(grant), grant),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contains("its key has the same id as another key")
                .And.InnerException.InstanceOf<CryptographicException>()
        );
    }

    [Test]
    [Description("After a change from keys to delegates of the application, earlier content can still be decrypted")]
    public void Keys_can_be_replaced_by_delegates()
    {
        var grant = Grants.New();
        var delegates = With(options => options.ProtectWith(Invert, Invert).DecryptWith("first", Node.Key));

        Assert.That(Read(delegates, Protection.Protect(grant), grant).Id, Is.EqualTo(grant.Id));
        Assert.That(Read(delegates, delegates.Protect(grant), grant).Id, Is.EqualTo(grant.Id));
        Assert.That(
            () => Read(Protection, delegates.Protect(grant), grant),
            Throws.TypeOf<OAuthException>().With.Message.Contains("ProtectWith")
        );
    }

    private static byte[] Invert(byte[] bytes) => [.. bytes.Select(one => (byte)~one)];

    private static Grant Read(RowEncryption encryption, byte[] content, Grant grant) =>
        encryption.Unprotect(content, GrantRowKey.Of(grant));

    private static RowEncryption With(Action<PostgresGrantStoreOptions> configure)
    {
        PostgresGrantStoreOptions options = new();
        configure(options);
        return new(options);
    }
}
