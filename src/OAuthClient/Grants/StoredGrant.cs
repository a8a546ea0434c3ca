using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>The store format: the one place where tokens are written out, and only to be encrypted at once.</summary>
internal sealed record StoredGrant(
    int Version, string Id, string ClientName, string Server, string ClientId,
    IReadOnlyList<string> Scopes, IReadOnlyList<string> Resources, DateTimeOffset CreatedAt, long Generation,
    IReadOnlyList<StoredAccessToken> AccessTokens,
    string Owner, string? Subject = null, string? RefreshToken = null, string? IdToken = null,
    string? SessionId = null, DateTimeOffset? SignInExpiresAt = null, string? SignInId = null,
    DateTimeOffset? FirstIdTokenIssuedAt = null)
{
    private const int CurrentVersion = 2;

    public static byte[] Write(Grant grant) => JsonSerializer.SerializeToUtf8Bytes(
        new StoredGrant(
            CurrentVersion, grant.Id, grant.ClientName, grant.Server, grant.ClientId, grant.Scopes, grant.Resources, grant.CreatedAt, grant.Generation,
            [.. grant.Tokens.Select(token => StoredAccessToken.Of(token.Key, token.Value))],
            grant.Owner.ToString(), grant.Subject, grant.RefreshToken?.Reveal(), grant.IdToken?.Reveal(), grant.SessionId, grant.SignInExpiresAt,
            grant.SignInId, grant.FirstIdTokenIssuedAt),
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
        try
        {
            return Restored(stored);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            throw new OAuthException("The data are not a stored grant.", exception);
        }
    }

    public override string ToString() => $"Stored grant {Id}";

    private static Grant Restored(StoredGrant stored) =>
        new(
            stored.Id, stored.ClientName, GrantOwner.Parse(stored.Owner), stored.Server, stored.ClientId)
        {
            Subject = stored.Subject,
            SessionId = stored.SessionId,
            SignInId = stored.SignInId,
            SignInExpiresAt = stored.SignInExpiresAt,
            FirstIdTokenIssuedAt = stored.FirstIdTokenIssuedAt,
            Scopes = stored.Scopes,
            Resources = stored.Resources,
            CreatedAt = stored.CreatedAt,
            Generation = stored.Generation,
            RefreshToken = stored.RefreshToken is null ? null : new RefreshToken(stored.RefreshToken),
            IdToken = stored.IdToken is null ? null : new IdToken(stored.IdToken),
            Tokens = stored.AccessTokens.ToFrozenDictionary(
                token => token.Key,
                token => token.Restored(),
                StringComparer.Ordinal),
        };
}

internal sealed record StoredAccessToken(
    string Key, string Value, DateTimeOffset IssuedAt, IReadOnlyList<string> Scopes, IReadOnlyList<string> Resources, DateTimeOffset? ExpiresAt = null,
    bool? ReplacesRejected = null)
{
    public static StoredAccessToken Of(string key, AccessToken token) =>
        new(key, token.Reveal(), token.IssuedAt, token.Scopes, token.Resources, token.ExpiresAt, token.ReplacesRejected ? true : null);

    /// <exception cref="ArgumentException">It is no access token.</exception>
    public AccessToken Restored() => new(Value, IssuedAt, ExpiresAt, Scopes, Resources) { ReplacesRejected = ReplacesRejected is true };

    public override string ToString() => "Stored access token";
}

[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StoredGrant))]
[JsonSerializable(typeof(StoredAccessToken))]
internal sealed partial class StoredGrantJson : JsonSerializerContext;
