using System.Text.Json;

namespace OAuthClient.StoreContract;

/// <summary>Creates registered clients without an authorization server.</summary>
internal static class SampleClients
{
    public const string Server = "https://as.example";

    public static DynamicClient Create(string name, string server = Server, string clientId = "an-id", long generation = 1) =>
        new(name, server, clientId)
        {
            Generation = generation,
            RegisteredAt = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
            LastConfirmedAt = new(2030, 1, 2, 0, 0, 0, TimeSpan.Zero),
            SecretIssuedAt = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero),
            SecretExpiresAt = new(2030, 2, 1, 0, 0, 0, TimeSpan.Zero),
            Metadata = JsonElement.Parse("""{"client_name":"Photos"}"""),
            Authentication = ClientAuthenticationMethod.ClientSecretPost,
            ClientSecret = new("a-secret"),
            ManagementUri = new("https://as.example/manage/1"),
            RegistrationAccessToken = new("a-token"),
        };
}
