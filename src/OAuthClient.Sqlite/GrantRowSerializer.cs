using Microsoft.Extensions.Logging;
using OAuthClient.PostgreSql;

namespace OAuthClient.Sqlite;

/// <summary>Converts grants to encrypted rows and back.</summary>
internal sealed class GrantRowSerializer(StoreEncryption encryption, ILogger logger)
{
    /// <summary>Decrypts rows. A row that cannot be read is logged and skipped, unless no row can be read.</summary>
    /// <exception cref="OAuthException">No row can be read.</exception>
    public List<Grant> Deserialize(List<GrantRow> rows) =>
        GrantRows.Deserialize(rows, Deserialize, reason => Log.GrantUnreadable(logger, reason));

    public Grant Deserialize(GrantRow row) => encryption.UnprotectGrant(row.Content, row.Id, row.ClientName, row.Owner, row.Generation);

    public GrantRow Serialize(Grant grant) =>
        new(grant.Id, grant.ClientName, grant.Owner.ToString(), grant.Generation, encryption.Protect(grant));
}
