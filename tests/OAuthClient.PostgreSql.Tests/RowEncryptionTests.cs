using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.PostgreSql.Tests;

/// <summary>Tokens at rest: unreadable without the key, and of use in their own row only.</summary>
[TestFixture]
public sealed class RowEncryptionTests
{
    private static readonly RowEncryption Protection = With(options => options.EncryptWith("first", Node.Key));

    [Test]
    [Description("RFC 6749 §10.3, §10.4: tokens are confidential in storage")]
    public void Nothing_of_a_token_is_to_be_seen()
    {
        var grant = Grants.New();
        string written = Encoding.Latin1.GetString(Protection.Protect(grant));
        Assert.That(
            written,
            Does.Not.Contain(grant.RefreshToken!.Reveal()).And.Not.Contain(grant.AccessToken!.Reveal()).And.Contain("first")
        );
    }

    [Test]
    public void What_was_encrypted_is_decrypted()
    {
        var grant = Grants.New();
        Assert.That(Read(Protection, Protection.Protect(grant), grant).RefreshToken, Is.EqualTo(grant.RefreshToken));
    }

    [Test]
    [Description("The same grant is never written as the same bytes: a store recognises its own write by them")]
    public void No_two_writes_are_the_same()
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
    [Description("Threat: one user's token to another. A row's content, put into another row, is refused")]
    public void Content_is_of_use_in_its_own_row_only(string id, string clientName, string owner, long generation)
    {
        var grant = Grants.New();
        GrantRowKey elsewhere = new(id.Length > 0 ? id : grant.Id, clientName, owner, generation);
        var own = With(options => options.ProtectWith(bytes => bytes, bytes => bytes));
        Assert.That(
            () => Protection.Unprotect(Protection.Protect(grant), elsewhere),
            Throws.TypeOf<OAuthException>().With.Message.Contains("cannot be decrypted")
        );
        Assert.That(
            () => own.Unprotect(own.Protect(grant), elsewhere),
            Throws.TypeOf<OAuthException>().With.Message.Contains("cannot be decrypted")
        );
    }

    [TestCase("photo", "https://as.example", 1)]
    [TestCase("photos", "https://as.example/", 1)]
    [TestCase("photos", "https://as.example", 2)]
    [TestCase("photosh", "ttps://as.example", 1)]
    [Description(
        "Threat: secrets of one server to another. What a client is registered with is of use in its own row only, and in no grant's"
    )]
    public void Credentials_are_of_use_in_their_own_row_only(string clientName, string server, long generation)
    {
        var client = OAuthClient.Tests.DynamicClientStoreContract.Client("photos", "https://as.example");
        var own = With(options => options.ProtectWith(bytes => bytes, bytes => bytes));
        foreach (var encryption in new[] { Protection, own })
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
    [Description("Every byte counts: changed, cut off or added to, the content is refused")]
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
    [Description("Rotation: a new key encrypts, the old one still decrypts; without it the message names it")]
    public void Keys_rotate()
    {
        var grant = Grants.New();
        byte[] old = Protection.Protect(grant);
        var rotated = With(options => options.EncryptWith("second", Node.OtherKey).DecryptWith("first", Node.Key));
        var forgetful = With(options => options.EncryptWith("second", Node.OtherKey));

        Assert.That(Read(rotated, old, grant).Id, Is.EqualTo(grant.Id));
        Assert.That(Read(forgetful, rotated.Protect(grant), grant).Id, Is.EqualTo(grant.Id));
        Assert.That(() => Read(forgetful, old, grant), Throws.TypeOf<OAuthException>().With.Message.Contains("DecryptWith(\"first\", …)"));
    }

    [Test]
    [Description("Another key under the same name is no key")]
    public void A_name_is_no_key()
    {
        var grant = Grants.New();
        var mistaken = With(options => options.EncryptWith("first", Node.OtherKey));
        Assert.That(
            () => Read(mistaken, Protection.Protect(grant), grant),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contains("its key has the same id as another key")
                .And.InnerException.InstanceOf<CryptographicException>()
        );
    }

    [Test]
    [Description("From keys to functions of the application and back, with what was written before")]
    public void The_way_of_encrypting_may_change()
    {
        var grant = Grants.New();
        var theirs = With(options => options.ProtectWith(Turned, Turned).DecryptWith("first", Node.Key));

        Assert.That(Read(theirs, Protection.Protect(grant), grant).Id, Is.EqualTo(grant.Id));
        Assert.That(Read(theirs, theirs.Protect(grant), grant).Id, Is.EqualTo(grant.Id));
        Assert.That(
            () => Read(Protection, theirs.Protect(grant), grant),
            Throws.TypeOf<OAuthException>().With.Message.Contains("ProtectWith")
        );
    }

    private static byte[] Turned(byte[] bytes) => [.. bytes.Select(one => (byte)~one)];

    private static Grant Read(RowEncryption encryption, byte[] content, Grant grant) =>
        encryption.Unprotect(content, GrantRowKey.Of(grant));

    private static RowEncryption With(Action<PostgresGrantStoreOptions> configure)
    {
        PostgresGrantStoreOptions options = new();
        configure(options);
        return new(options);
    }
}
