using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>The store format of a registered client: its credentials are written out here, and only to be encrypted at once.</summary>
internal sealed record StoredDynamicClient(
    int Version, string ClientName, string Server, string ClientId, long Generation, DateTimeOffset RegisteredAt, DateTimeOffset HeardAt,
    DateTimeOffset SecretSince, string Authentication, JsonElement Metadata,
    string? Secret = null, DateTimeOffset? SecretExpiresAt = null, string? ManagementUri = null, string? RegistrationAccessToken = null)
{
    private const int CurrentVersion = 1;

    public static byte[] Write(DynamicClient client) => JsonSerializer.SerializeToUtf8Bytes(
        new StoredDynamicClient(
            CurrentVersion, client.ClientName, client.Server, client.ClientId, client.Generation, client.RegisteredAt, client.HeardAt,
            client.SecretSince, client.Authentication.ToString(), client.Metadata, client.ClientSecret?.Reveal(), client.SecretExpiresAt,
            client.ManagementUri?.OriginalString, client.RegistrationAccessToken?.Reveal()),
        StoredDynamicClientJson.Default.StoredDynamicClient);

    public static DynamicClient Read(byte[] data)
    {
        StoredDynamicClient? stored;
        try
        {
            stored = JsonSerializer.Deserialize(data, StoredDynamicClientJson.Default.StoredDynamicClient);
        }
        catch (JsonException exception)
        {
            throw new OAuthException("The data are not a stored client.", exception);
        }
        if (stored is not { Version: CurrentVersion })
            throw new OAuthException("The client was stored by another version of the library.");
        try
        {
            return stored.Restored();
        }
        catch (Exception exception) when (exception is ArgumentException or UriFormatException)
        {
            throw new OAuthException("The data are not a stored client.", exception);
        }
    }

    public override string ToString() => $"Stored client {ClientId}";

    private DynamicClient Restored() => new(ClientName, Server, ClientId)
    {
        Generation = Generation,
        RegisteredAt = RegisteredAt,
        HeardAt = HeardAt,
        SecretSince = SecretSince,
        SecretExpiresAt = SecretExpiresAt,
        Metadata = Metadata.Clone(),
        Authentication = Enum.Parse<ClientAuthenticationMethod>(Authentication),
        ClientSecret = Secret is null ? null : new(Secret),
        ManagementUri = ManagementUri is null ? null : new(ManagementUri),
        RegistrationAccessToken = RegistrationAccessToken is null ? null : new(RegistrationAccessToken),
    };
}

[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StoredDynamicClient))]
internal sealed partial class StoredDynamicClientJson : JsonSerializerContext;
