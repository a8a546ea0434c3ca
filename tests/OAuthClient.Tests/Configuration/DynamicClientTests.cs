using System.Text;

namespace OAuthClient.Tests;

/// <summary>A registered client travels to a store and back whole, and shows its credentials to nobody else.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DynamicClientTests
{
    [Test]
    [Description("All of it comes back, credentials included")]
    public void There_and_back()
    {
        var before = DynamicClientStoreContract.Client("photos", "https://as.example", generation: 7);
        var after = DynamicClient.Unprotect(before.Protect(Flip), Flip);
        Assert.Multiple(() =>
        {
            Assert.That(
                (after.ClientName, after.Server, after.ClientId, after.Generation),
                Is.EqualTo(("photos", "https://as.example", "an-id", 7L))
            );
            Assert.That(
                (after.RegisteredAt, after.LastConfirmedAt, after.SecretIssuedAt, after.SecretExpiresAt),
                Is.EqualTo((before.RegisteredAt, before.LastConfirmedAt, before.SecretIssuedAt, before.SecretExpiresAt))
            );
            Assert.That(after.Metadata.GetRawText(), Is.EqualTo(before.Metadata.GetRawText()));
            Assert.That(after.Authentication, Is.EqualTo(ClientAuthenticationMethod.ClientSecretPost));
            Assert.That(after.ClientSecret, Is.EqualTo(before.ClientSecret));
            Assert.That(after.RegistrationAccessToken, Is.EqualTo(before.RegistrationAccessToken));
            Assert.That(after.ManagementUri, Is.EqualTo(before.ManagementUri));
            Assert.That(after.ToString(), Is.EqualTo("DynamicClient an-id, generation 7"));
        });
    }

    [Test]
    [Description("A public client that cannot be managed has none of it")]
    public void Little_there_and_back()
    {
        DynamicClient before = new("", "https://as.example", "an-id") { Metadata = System.Text.Json.JsonElement.Parse("{}") };
        var after = DynamicClient.Unprotect(before.Protect(Flip), Flip);
        Assert.That(after.CanBeManaged, Is.False);
        Assert.That(
            new object?[] { after.ClientSecret, after.SecretExpiresAt, after.ManagementUri, after.RegistrationAccessToken },
            Is.All.Null
        );
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("{\"Version\":2}")]
    [Description("What is no stored client is refused")]
    public void Other_data(string data) =>
        Assert.That(() => DynamicClient.Unprotect(Encoding.UTF8.GetBytes(data), bytes => bytes), Throws.TypeOf<OAuthException>());

    private static byte[] Flip(byte[] bytes) => [.. bytes.Select(one => (byte)~one)];
}

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.All)]
public class InMemoryDynamicClientStoreTests : DynamicClientStoreContract
{
    protected override ValueTask<IDynamicClientStore> CreateAsync() => new(new InMemoryDynamicClientStore());
}
