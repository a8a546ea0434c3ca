using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>The store format: the one place where tokens are written out, and only to be encrypted at once.</summary>
internal sealed record StoredGrant(
    int Version, string Id, string ClientName, string? Owner, string Server, string ClientId, string? Subject,
    IReadOnlyList<string> Scopes, IReadOnlyList<string> Resources, DateTimeOffset CreatedAt, long Generation,
    string? RefreshToken, string? IdToken, IReadOnlyList<StoredAccessToken> AccessTokens)
{
    private const int CurrentVersion = 1;

    public static byte[] Write(Grant grant) => JsonSerializer.SerializeToUtf8Bytes(
        new StoredGrant(
            CurrentVersion, grant.Id, grant.ClientName, grant.Owner.Id, grant.Server, grant.ClientId, grant.Subject,
            grant.Scopes, grant.Resources, grant.CreatedAt, grant.Generation,
            grant.RefreshToken?.Reveal(), grant.IdToken?.Reveal(),
            [.. grant.Tokens.Select(token => new StoredAccessToken(
                token.Key, token.Value.Reveal(), token.Value.IssuedAt, token.Value.ExpiresAt, token.Value.Scopes, token.Value.Resources,
                token.Value.ReplacesRejected))]),
        StoredGrantJson.Default.StoredGrant);

    public static Grant Read(byte[] data)
    {
        StoredGrant? stored;
        try
        {
            stored = JsonSerializer.Deserialize(data, StoredGrantJson.Default.StoredGrant);
        }
        catch (JsonException exception)
        {
            throw new OAuthException("The data are not a stored grant.", exception);
        }
        if (stored is null || stored.Version != CurrentVersion)
            throw new OAuthException("The grant was stored by another version of the library.");
        return new Grant(
            stored.Id, stored.ClientName, stored.Owner is null ? GrantOwner.Client : GrantOwner.ResourceOwner(stored.Owner), stored.Server, stored.ClientId)
        {
            Subject = stored.Subject,
            Scopes = stored.Scopes,
            Resources = stored.Resources,
            CreatedAt = stored.CreatedAt,
            Generation = stored.Generation,
            RefreshToken = stored.RefreshToken is null ? null : new RefreshToken(stored.RefreshToken),
            IdToken = stored.IdToken is null ? null : new IdToken(stored.IdToken),
            Tokens = stored.AccessTokens.ToFrozenDictionary(
                token => token.Key,
                token => new AccessToken(token.Value, token.IssuedAt, token.ExpiresAt, token.Scopes, token.Resources) { ReplacesRejected = token.ReplacesRejected },
                StringComparer.Ordinal),
        };
    }

    public override string ToString() => $"Stored grant {Id}";
}

internal sealed record StoredAccessToken(
    string Key, string Value, DateTimeOffset IssuedAt, DateTimeOffset? ExpiresAt, IReadOnlyList<string> Scopes, IReadOnlyList<string> Resources,
    bool ReplacesRejected)
{
    public override string ToString() => "Stored access token";
}

[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(StoredGrant))]
internal sealed partial class StoredGrantJson : JsonSerializerContext;
