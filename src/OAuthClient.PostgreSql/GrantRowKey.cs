namespace OAuthClient.PostgreSql;

/// <summary>Identifies a grant's row and generation.</summary>
/// <param name="Id">The grant's id.</param>
/// <param name="ClientName">The client's name.</param>
/// <param name="Owner">The text form of the owner, which contains the kind of owner.</param>
/// <param name="Generation">The generation.</param>
internal readonly record struct GrantRowKey(string Id, string ClientName, string Owner, long Generation)
{
    public static GrantRowKey Of(Grant grant) => new(grant.Id, grant.ClientName, OwnerIn(grant.Owner), grant.Generation);

    // The owner is not hashed: the application's own tables name its users as well, and support must find a row. A hash without a key hides
    // no ids such as 42, and its key could not be rotated.
    public static string OwnerIn(GrantOwner owner) => owner.ToString();
}
