using Microsoft.Extensions.Logging;

namespace OAuthClient.PostgreSql;

/// <summary>Converts grants to encrypted rows and back.</summary>
internal sealed class GrantRowSerializer(StoreEncryption encryption, ILogger logger)
{
    /// <summary>Decrypts rows. A row that cannot be read is logged and skipped, unless no row can be read.</summary>
    /// <exception cref="OAuthException">No row can be read.</exception>
    public List<Grant> Deserialize(List<GrantRow> rows) =>
        GrantRows.Deserialize(rows, Deserialize, reason => Log.GrantUnreadable(logger, reason));

    public Grant Deserialize(GrantRow row) =>
        encryption.UnprotectGrant(row.Content, row.Key.Id, row.Key.ClientName, row.Key.Owner, row.Key.Generation);

    public GrantRow Serialize(Grant grant) => new(GrantRowKey.Of(grant), encryption.Protect(grant));
}
