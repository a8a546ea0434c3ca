namespace OAuthClient.PostgreSql;

/// <summary>A stored grant, not yet decrypted.</summary>
internal sealed record GrantRow(GrantRowKey Place, byte[] Content);
