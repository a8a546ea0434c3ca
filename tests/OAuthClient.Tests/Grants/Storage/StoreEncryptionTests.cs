using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Tests;

/// <summary>Tests that stored content is unreadable without the key and valid only in its own row.</summary>
[TestFixture]
public sealed class StoreEncryptionTests
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string OtherKey = "HxwdHhsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

    private static readonly StoreEncryption Protection = With(options => options.EncryptWith("first", Key));

    [Test]
    [Description("RFC 6749 §10.3, §10.4: tokens are confidential in storage")]
    public void Encrypted_content_contains_no_token()
    {
        var grant = SampleGrants.Create("g1", "42");
        string content = Encoding.Latin1.GetString(Protection.Protect(grant));
        Assert.That(
            content,
            Does.Not.Contain(grant.RefreshToken!.Reveal()).And.Not.Contain(grant.AccessToken!.Reveal()).And.Contain("first")
        );
    }

    [Test]
    public void Encrypted_content_can_be_decrypted()
    {
        var grant = SampleGrants.Create("g1", "42");
        Assert.That(Read(Protection, Protection.Protect(grant), grant).RefreshToken, Is.EqualTo(grant.RefreshToken));
    }

    [Test]
    [Description("Content that an earlier version encrypted can be decrypted; the identities of rows have the same bytes")]
    public void Content_of_an_earlier_version_can_be_decrypted()
    {
        byte[] content = Convert.FromBase64String(
            "AQVmaXJzdFtC6u+c98tYfyjGVMQUr/TKib6c2cG5wDvODXiVTSdODuy3jtgi9lEMnIaKSXiXmmC6/BZguq2Yv4J94KPD9H+ixlp3"
                + "qc+hBZxcdqU1hq9j9oZa9PjTsH5kQXVsJpWR9Y4SBlvfUtfgRN1P8cFRcsj7HZtZG/y4vmn9EQDN7+KUH0zqqrOTpeDSCmGfmeqV"
                + "g1aMvQOtpwDWDP2cp+z8X/hk15eQpSfQJUhCVlWSpujOSKLr83OdFlTOfMQ0YC7OUQ4EtMUKQGs6hFNIK/IreFB1+7xstPoEd51N"
                + "fXDbBvHdgYJnOfRH+7K8Xo/cJNzHefMbOlK8xQf2TGK4eyaFsL67bDpeKD8P0wsaQIeDLkn+4MwlKQs0F8cNYkcLaamuLwL9ybi6"
                + "gUnkzTkaR7rdIOMZj9cOcZwOF4Pjbrf8yIySE78J2+d/oUz+7Wm2ICgFLiuiAdKA36UJlnhdquRjeI0BXXJIbpRQ22NN"
        );
        Assert.That(Protection.UnprotectGrant(content, "g1", "photos", "user:42", 7).RefreshToken!.Reveal(), Is.EqualTo("rt-g1"));
        Assert.That(
            Convert.ToBase64String(RowIdentity.OfClient("photos", "https://as.example", 3)),
            Is.EqualTo("//////////8AAAAAAAAAAwAAAAAAAAAGcGhvdG9zaHR0cHM6Ly9hcy5leGFtcGxl")
        );
    }

    [Test]
    [Description("Encrypting the same grant twice results in different bytes: a store recognizes its own write by them")]
    public void Content_differs_with_each_encryption()
    {
        var grant = SampleGrants.Create("g1", "42");
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
        var grant = SampleGrants.Create("g1", "42");
        Grant FromOtherRow(StoreEncryption encryption) =>
            encryption.UnprotectGrant(encryption.Protect(grant), id.Length > 0 ? id : grant.Id, clientName, owner, generation);
        var delegates = With(options => options.ProtectWith(bytes => bytes, bytes => bytes));
        Assert.That(() => FromOtherRow(Protection), Throws.TypeOf<OAuthException>().With.Message.Contains("cannot be decrypted"));
        Assert.That(() => FromOtherRow(delegates), Throws.TypeOf<OAuthException>().With.Message.Contains("cannot be decrypted"));
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
            Assert.That(
                encryption.UnprotectClient(content, client.ClientName, client.Server, client.Generation).ClientSecret,
                Is.EqualTo(client.ClientSecret)
            );
            Assert.That(
                () => encryption.UnprotectClient(content, clientName, server, generation),
                Throws.TypeOf<OAuthException>().With.Message.Contains("cannot be decrypted")
            );
        }
        Assert.That(Encoding.Latin1.GetString(Protection.Protect(client)), Does.Not.Contain("a-secret").And.Not.Contains("a-token"));
        Assert.That(
            () => Protection.UnprotectGrant(Protection.Protect(client), "", "photos", "https://as.example", 1),
            Throws.TypeOf<OAuthException>()
        );
    }

    [Test]
    [Description("Content with a changed, missing or additional byte is refused")]
    public void Changed_content_is_refused()
    {
        var grant = SampleGrants.Create("g1", "42");
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
        var grant = SampleGrants.Create("g1", "42");
        byte[] old = Protection.Protect(grant);
        var rotated = With(options => options.EncryptWith("second", OtherKey).DecryptWith("first", Key));
        var withoutOldKey = With(options => options.EncryptWith("second", OtherKey));

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
        var grant = SampleGrants.Create("g1", "42");
        var withOtherKey = With(options => options.EncryptWith("first", OtherKey));
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
        var grant = SampleGrants.Create("g1", "42");
        var delegates = With(options => options.ProtectWith(Invert, Invert).DecryptWith("first", Key));

        Assert.That(Read(delegates, Protection.Protect(grant), grant).Id, Is.EqualTo(grant.Id));
        Assert.That(Read(delegates, delegates.Protect(grant), grant).Id, Is.EqualTo(grant.Id));
        Assert.That(
            () => Read(Protection, delegates.Protect(grant), grant),
            Throws.TypeOf<OAuthException>().With.Message.Contains("ProtectWith")
        );
    }

    private static byte[] Invert(byte[] bytes) => [.. bytes.Select(one => (byte)~one)];

    private static Grant Read(StoreEncryption encryption, byte[] content, Grant grant) =>
        encryption.UnprotectGrant(content, grant.Id, grant.ClientName, grant.Owner.ToString(), grant.Generation);

    private static StoreEncryption With(Action<StoreEncryption> configure)
    {
        StoreEncryption encryption = new();
        configure(encryption);
        return encryption;
    }
}
