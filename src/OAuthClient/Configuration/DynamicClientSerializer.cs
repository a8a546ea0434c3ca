using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Serializes dynamically registered clients for a store. The data contain credentials in plain text, and the caller encrypts them at once.
/// </summary>
/// <remarks>
/// To add a member: one optional property in <see cref="DynamicClientJson"/>, its line in <c>ToStored</c> and its line in
/// <c>ToClient</c>; then a new file of sample data beside those of the tests. Members that a build does not know are kept.
/// <see cref="Version"/> rises only when a build that does not know the change would do harm.
/// </remarks>
internal static class DynamicClientSerializer
{
    internal const int Version = 1;

    public static byte[] Serialize(DynamicClient client) =>
        JsonSerializer.SerializeToUtf8Bytes(ToStored(client), DynamicClientJsonContext.Default.DynamicClientJson);

    /// <exception cref="OAuthException">The data are not a client, or a newer version of the library wrote them.</exception>
    public static DynamicClient Deserialize(byte[] data)
    {
        try
        {
            var stored = JsonSerializer.Deserialize(data, DynamicClientJsonContext.Default.StoredVersion);
            StoredVersion.Validate(stored?.Version, Version, "client");
            return ToClient(JsonSerializer.Deserialize(data, DynamicClientJsonContext.Default.DynamicClientJson)!);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or FormatException)
        {
            throw new OAuthException("The data are not a stored client.", exception);
        }
    }

    private static DynamicClientJson ToStored(DynamicClient client) =>
        new()
        {
            Version = Version,
            ClientName = client.ClientName,
            Server = client.Server,
            ClientId = client.ClientId,
            Generation = client.Generation,
            RegisteredAt = client.RegisteredAt,
            LastConfirmedAt = client.LastConfirmedAt,
            SecretIssuedAt = client.SecretIssuedAt,
            Authentication = Name(client.Authentication),
            Metadata = client.Metadata,
            Secret = client.ClientSecret?.Reveal(),
            SecretExpiresAt = client.SecretExpiresAt,
            ManagementUri = client.ManagementUri?.OriginalString,
            RegistrationAccessToken = client.RegistrationAccessToken?.Reveal(),
            Unknown = client.UnknownMembers,
        };

    private static DynamicClient ToClient(DynamicClientJson stored) =>
        new(stored.ClientName, stored.Server, stored.ClientId)
        {
            Generation = stored.Generation,
            RegisteredAt = stored.RegisteredAt,
            LastConfirmedAt = stored.LastConfirmedAt,
            SecretIssuedAt = stored.SecretIssuedAt,
            SecretExpiresAt = stored.SecretExpiresAt,
            Metadata = stored.Metadata.Clone(),
            Authentication = Method(stored.Authentication),
            ClientSecret = stored.Secret is null ? null : new(stored.Secret),
            ManagementUri = stored.ManagementUri is null ? null : new(stored.ManagementUri),
            RegistrationAccessToken = stored.RegistrationAccessToken is null ? null : new(stored.RegistrationAccessToken),
            UnknownMembers = UnknownMembers.Validate(stored.Unknown),
        };

    // The format has names of its own for these methods; the name of another method is that of its member.
    private static string Name(ClientAuthenticationMethod method) =>
        method switch
        {
            ClientAuthenticationMethod.ClientSecretBasic => "Basic",
            ClientAuthenticationMethod.ClientSecretPost => "Body",
            ClientAuthenticationMethod.TlsClientAuth => "Certificate",
            _ when Enum.IsDefined(method) => method.ToString(),
            _ => throw new InvalidOperationException($"There is no {nameof(ClientAuthenticationMethod)} {method}."),
        };

    private static ClientAuthenticationMethod Method(string name) =>
        Enum.GetValues<ClientAuthenticationMethod>()
            .Where(method => Name(method) == name)
            .Cast<ClientAuthenticationMethod?>()
            .FirstOrDefault()
        ?? throw new FormatException(
            "The client uses a method of authentication that this package version does not support; update the package on this node."
        );
}

/// <summary>The JSON of a stored client. Its member names do not change with those of <see cref="DynamicClient"/>.</summary>
internal sealed class DynamicClientJson
{
    public required int Version { get; init; }
    public required string ClientName { get; init; }
    public required string Server { get; init; }
    public required string ClientId { get; init; }
    public required long Generation { get; init; }
    public required DateTimeOffset RegisteredAt { get; init; }

    [JsonPropertyName("HeardAt")]
    public required DateTimeOffset LastConfirmedAt { get; init; }

    [JsonPropertyName("SecretSince")]
    public required DateTimeOffset SecretIssuedAt { get; init; }
    public required string Authentication { get; init; }
    public required JsonElement Metadata { get; init; }
    public string? Secret { get; init; }
    public DateTimeOffset? SecretExpiresAt { get; init; }
    public string? ManagementUri { get; init; }
    public string? RegistrationAccessToken { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    public override string ToString() => $"Stored client {ClientId}";
}

[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false
)]
[JsonSerializable(typeof(StoredVersion))]
[JsonSerializable(typeof(DynamicClientJson))]
internal sealed partial class DynamicClientJsonContext : JsonSerializerContext;
