using System.Collections.Frozen;
using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>Serializes grants for a store. The bytes hold tokens in plain text; the caller encrypts them at once.</summary>
/// <remarks>
/// <para>
/// To add a member, add an optional property to <see cref="GrantJson"/> or <see cref="AccessTokenJson"/>, a line to <c>ToStored</c>, a line
/// to <c>ToGrant</c>, and a new file of sample bytes to those of the tests. A member is never renamed and never changes its meaning.
/// Members that a build does not know are preserved.
/// </para>
/// <para>
/// <see cref="Version"/> does not change when a member is added. It is increased only when a build that does not know the change would do
/// harm, for example by using a grant that it must not use. A build rejects a higher version and does not change the data in the store.
/// </para>
/// </remarks>
internal static class GrantSerializer
{
    // In version 1 an owner had no kind.
    internal const int Version = 2;

    public static byte[] Serialize(Grant grant) => JsonSerializer.SerializeToUtf8Bytes(ToStored(grant), GrantJsonContext.Default.GrantJson);

    /// <exception cref="OAuthException">The data are not a grant, or a newer version of the library wrote them.</exception>
    public static Grant Deserialize(byte[] data)
    {
        try
        {
            StoredVersion.Validate(JsonSerializer.Deserialize(data, GrantJsonContext.Default.StoredVersion)?.Version, Version, "grant");
            return ToGrant(JsonSerializer.Deserialize(data, GrantJsonContext.Default.GrantJson)!);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or FormatException)
        {
            throw new OAuthException("The data are not a stored grant.", exception);
        }
    }

    /// <summary>Serializes one access token in the form that it has within a grant.</summary>
    public static byte[] Serialize(string key, AccessToken token) =>
        JsonSerializer.SerializeToUtf8Bytes(ToStored(key, token, keyOfGrant: null), GrantJsonContext.Default.AccessTokenJson);

    /// <returns>The token and its key; <see langword="null"/> if the data hold none.</returns>
    /// <exception cref="JsonException">The data are not a stored access token.</exception>
    public static (string Key, AccessToken Token)? DeserializeAccessToken(byte[] data) =>
        JsonSerializer.Deserialize(data, GrantJsonContext.Default.AccessTokenJson) is { } stored
            ? (stored.Key, ToAccessToken(stored, keyOfGrant: null))
            : null;

    private static GrantJson ToStored(Grant grant) =>
        new()
        {
            Version = Version,
            Id = grant.Id,
            ClientName = grant.ClientName,
            Server = grant.Server,
            ClientId = grant.ClientId,
            Scopes = grant.Scopes,
            Resources = grant.Resources,
            CreatedAt = grant.CreatedAt,
            Generation = grant.Generation,
            AccessTokens = [.. grant.Tokens.Select(token => ToStored(token.Key, token.Value, grant.DPoPKey))],
            DPoPKey = ToStored(grant.DPoPKey),
            Owner = grant.Owner.ToString(),
            Subject = grant.Subject,
            RefreshToken = grant.RefreshToken?.Reveal(),
            IdToken = grant.IdToken?.Reveal(),
            SessionId = grant.SessionId,
            SignInExpiresAt = grant.SignInExpiresAt,
            SignInId = grant.SignInId,
            FirstIdTokenIssuedAt = grant.FirstIdTokenIssuedAt,
            RenewalEndsAt = grant.RenewalEndsAt,
            Account = grant.UserInfoAccount is { } account ? ToStored(account) : null,
            AuthorizationParameters = grant.AuthorizationParameters.Count == 0 ? null : grant.AuthorizationParameters,
            RefreshTokenExpiresAt = grant.RefreshTokenExpiresAt,
            AuthorizationDetails = grant.AuthorizationDetails?.ToJson(),
            TokenResponseMembers = ToStored(grant.TokenResponseMembers),
            UntrustedCallbackParameters = ToStored(grant.UntrustedCallbackParameters),
            Unknown = grant.UnknownMembers,
        };

    private static Grant ToGrant(GrantJson stored)
    {
        var key = ToKey(stored.DPoPKey);
        return new(stored.Id, stored.ClientName, GrantOwner.Parse(stored.Owner), stored.Server, stored.ClientId)
        {
            Subject = stored.Subject,
            SessionId = stored.SessionId,
            SignInId = stored.SignInId,
            SignInExpiresAt = stored.SignInExpiresAt,
            FirstIdTokenIssuedAt = stored.FirstIdTokenIssuedAt,
            RenewalEndsAt = stored.RenewalEndsAt,
            AuthorizationParameters = stored.AuthorizationParameters ?? [],
            RefreshTokenExpiresAt = stored.RefreshTokenExpiresAt,
            AuthorizationDetails = ToDetails(stored.AuthorizationDetails),
            TokenResponseMembers = ToMembers(stored.TokenResponseMembers),
            UntrustedCallbackParameters = ToMembers(stored.UntrustedCallbackParameters),
            Scopes = stored.Scopes,
            Resources = stored.Resources,
            CreatedAt = stored.CreatedAt,
            Generation = stored.Generation,
            RefreshToken = stored.RefreshToken is null ? null : new RefreshToken(stored.RefreshToken),
            IdToken = stored.IdToken is null ? null : new IdToken(stored.IdToken),
            Tokens = stored.AccessTokens.ToFrozenDictionary(token => token.Key, token => ToAccessToken(token, key)),
            DPoPKey = key,
            UserInfoAccount = stored.Account is { } account ? ToAccount(account) : null,
            UnknownMembers = UnknownMembers.Validate(stored.Unknown),
        };
    }

    private static GrantAccountJson ToStored(GrantAccount account) =>
        new()
        {
            Id = account.Id,
            Name = account.Name,
            Email = account.Email,
            Picture = account.Picture?.OriginalString,
        };

    private static GrantAccount ToAccount(GrantAccountJson stored) =>
        new(stored.Id)
        {
            Name = stored.Name,
            Email = stored.Email,
            Picture = stored.Picture is null ? null : new Uri(stored.Picture),
        };

    // As text, because the JSON of a server may break the rules of this format, for example by a member that occurs twice.
    private static Dictionary<string, string>? ToStored(IReadOnlyDictionary<string, AdditionalMember> members) =>
        members.Count == 0 ? null : members.ToDictionary(member => member.Key, member => member.Value.RevealJson().GetRawText());

    private static IReadOnlyDictionary<string, AdditionalMember> ToMembers(Dictionary<string, string>? stored) =>
        stored is null
            ? ReadOnlyDictionary<string, AdditionalMember>.Empty
            : stored.ToFrozenDictionary(member => member.Key, member => new AdditionalMember(AdditionalMember.Parse(member.Value)));

    // The key of the grant is not repeated in its tokens.
    private static AccessTokenJson ToStored(string key, AccessToken token, DPoPKey? keyOfGrant) =>
        new()
        {
            Key = key,
            Value = token.Reveal(),
            IssuedAt = token.IssuedAt,
            Scopes = token.Scopes,
            Resources = token.Resources,
            ExpiresAt = token.ExpiresAt,
            ReplacesRejected = token.ReplacesRejected ? true : null,
            UnexplainedReplacedAt = token.UnexplainedRejection?.ReplacedAt,
            UnexplainedCount = token.UnexplainedRejection?.Count,
            IsBoundToKeyOfGrant = token.Key?.IsSameAs(keyOfGrant) == true ? true : null,
            DPoPKey = token.Key?.IsSameAs(keyOfGrant) == true ? null : ToStored(token.Key),
            AuthorizationDetails = token.AuthorizationDetails?.ToJson(),
            Unknown = token.UnknownMembers,
        };

    private static AccessToken ToAccessToken(AccessTokenJson stored, DPoPKey? keyOfGrant) =>
        new(stored.Value, stored.IssuedAt, stored.ExpiresAt, stored.Scopes, stored.Resources)
        {
            ReplacesRejected = stored.ReplacesRejected is true,
            UnexplainedRejection = stored is { UnexplainedReplacedAt: { } replacedAt, UnexplainedCount: { } count and > 0 }
                ? new(replacedAt, count)
                : null,
            AuthorizationDetails = ToDetails(stored.AuthorizationDetails),
            Key = stored.IsBoundToKeyOfGrant is true
                ? keyOfGrant ?? throw new FormatException("A stored token is bound to a key that is not stored.")
                : ToKey(stored.DPoPKey),
            UnknownMembers = UnknownMembers.Validate(stored.Unknown),
        };

    private static DPoPKeyJson? ToStored(DPoPKey? key) =>
        key is null ? null : new() { Thumbprint = key.Thumbprint, PrivateJwk = key.PrivateJwk?.Reveal() };

    private static DPoPKey? ToKey(DPoPKeyJson? stored) =>
        stored is null ? null : new(stored.Thumbprint, stored.PrivateJwk is null ? null : new PrivateKey(stored.PrivateJwk));

    private static AuthorizationDetails? ToDetails(string? stored) => stored is null ? null : AuthorizationDetails.TryParse(stored);
}

/// <summary>The JSON of a stored grant.</summary>
internal sealed class GrantJson
{
    public required int Version { get; init; }
    public required string Id { get; init; }
    public required string ClientName { get; init; }
    public required string Server { get; init; }
    public required string ClientId { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    public required IReadOnlyList<string> Resources { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required long Generation { get; init; }
    public required IReadOnlyList<AccessTokenJson> AccessTokens { get; init; }
    public required string Owner { get; init; }
    public string? Subject { get; init; }
    public string? RefreshToken { get; init; }
    public string? IdToken { get; init; }
    public string? SessionId { get; init; }
    public DateTimeOffset? SignInExpiresAt { get; init; }
    public string? SignInId { get; init; }
    public DateTimeOffset? FirstIdTokenIssuedAt { get; init; }
    public DateTimeOffset? RenewalEndsAt { get; init; }
    public GrantAccountJson? Account { get; init; }
    public IReadOnlyList<string>? AuthorizationParameters { get; init; }
    public DateTimeOffset? RefreshTokenExpiresAt { get; init; }
    public string? AuthorizationDetails { get; init; }
    public Dictionary<string, string>? TokenResponseMembers { get; init; }
    public Dictionary<string, string>? UntrustedCallbackParameters { get; init; }
    public DPoPKeyJson? DPoPKey { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    public override string ToString() => $"Stored grant {Id}";
}

/// <summary>The JSON of an access token within a stored grant.</summary>
internal sealed class AccessTokenJson
{
    public required string Key { get; init; }
    public required string Value { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public required IReadOnlyList<string> Scopes { get; init; }
    public required IReadOnlyList<string> Resources { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
    public bool? ReplacesRejected { get; init; }
    public DateTimeOffset? UnexplainedReplacedAt { get; init; }
    public int? UnexplainedCount { get; init; }
    public bool? IsBoundToKeyOfGrant { get; init; }
    public DPoPKeyJson? DPoPKey { get; init; }
    public string? AuthorizationDetails { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    public override string ToString() => "Stored access token";
}

/// <summary>The JSON of a key that tokens are bound to.</summary>
internal sealed class DPoPKeyJson
{
    public required string Thumbprint { get; init; }
    public string? PrivateJwk { get; init; }

    public override string ToString() => "Stored key";
}

/// <summary>The JSON of the user's account within a stored grant.</summary>
internal sealed class GrantAccountJson
{
    public required string Id { get; init; }
    public string? Name { get; init; }
    public string? Email { get; init; }
    public string? Picture { get; init; }

    public override string ToString() => "Stored account";
}

[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false
)]
[JsonSerializable(typeof(StoredVersion))]
[JsonSerializable(typeof(GrantJson))]
[JsonSerializable(typeof(AccessTokenJson))]
internal sealed partial class GrantJsonContext : JsonSerializerContext;
