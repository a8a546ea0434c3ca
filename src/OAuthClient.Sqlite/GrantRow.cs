namespace OAuthClient.Sqlite;

/// <summary>Represents a stored grant that is not decrypted.</summary>
/// <param name="Id">The grant's id.</param>
/// <param name="ClientName">The client's name.</param>
/// <param name="Owner">The text form of the owner, which contains the kind of owner.</param>
/// <param name="Generation">The generation.</param>
/// <param name="Content">The encrypted grant.</param>
internal sealed record GrantRow(string Id, string ClientName, string Owner, long Generation, byte[] Content);
