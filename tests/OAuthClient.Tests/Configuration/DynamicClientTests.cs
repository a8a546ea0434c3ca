using System.Text;

namespace OAuthClient.Tests;

/// <summary>Tests the serialization of a registered client, which exposes its credentials to the store only.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DynamicClientTests
{
    [Test]
    [Description("A round trip keeps all values, including the credentials")]
    public void A_round_trip_keeps_all_values()
    {
        var before = SampleClients.Create("photos", "https://as.example", generation: 7);
        var after = DynamicClient.Unprotect(before.Protect(Invert), Invert);
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
    [Description("A round trip keeps absent values of a public client that cannot be managed")]
    public void A_round_trip_keeps_absent_values()
    {
        DynamicClient before = new("", "https://as.example", "an-id") { Metadata = System.Text.Json.JsonElement.Parse("{}") };
        var after = DynamicClient.Unprotect(before.Protect(Invert), Invert);
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
    [Description("Data that is not a stored client is rejected")]
    public void Other_data_is_rejected(string data) =>
        Assert.That(() => DynamicClient.Unprotect(Encoding.UTF8.GetBytes(data), bytes => bytes), Throws.TypeOf<OAuthException>());

    private static byte[] Invert(byte[] bytes) => [.. bytes.Select(value => (byte)~value)];
}

[TestFixture]
[Parallelizable(ParallelScope.All)]
public class InMemoryDynamicClientStoreTests
{
    private static IEnumerable<StoreContractCase> ContractCases => DynamicClientStoreContract.Cases(Create);

    [TestCaseSource(nameof(ContractCases))]
    public Task The_store_fulfills_the_contract(StoreContractCase one) => one.RunAsync();

    private static StoreUnderTest<IDynamicClientStore> Create()
    {
        InMemoryDynamicClientStore store = new();
        return new() { OpenAsync = () => new(store) };
    }
}
