namespace OAuthClient.PostgreSql;

/// <summary>Represents a stored grant that is not decrypted.</summary>
internal sealed record GrantRow(GrantRowKey Key, byte[] Content);
