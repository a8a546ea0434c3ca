using Microsoft.Extensions.Logging;

namespace OAuthClient.Sqlite;

/// <summary>Converts grants to encrypted rows and back.</summary>
internal sealed class GrantRowSerializer(StoreEncryption encryption, ILogger logger)
{
    /// <summary>Decrypts rows. A row that cannot be read is logged and skipped, unless no row can be read.</summary>
    /// <exception cref="OAuthException">No row can be read.</exception>
    public List<Grant> Deserialize(List<GrantRow> rows)
    {
        List<Grant> found = [];
        OAuthException? failure = null;
        foreach (var row in rows)
        {
            try
            {
                found.Add(Deserialize(row));
            }
            catch (OAuthException exception)
            {
                Log.GrantUnreadable(logger, exception.Message);
                failure = exception;
            }
        }
        return found.Count > 0 || failure is null ? found : throw failure;
    }

    public Grant Deserialize(GrantRow row) => encryption.UnprotectGrant(row.Content, row.Id, row.ClientName, row.Owner, row.Generation);

    public GrantRow Serialize(Grant grant) =>
        new(grant.Id, grant.ClientName, grant.Owner.ToString(), grant.Generation, encryption.Protect(grant));

    /// <summary>
    /// Gets the time after which a grant cannot be used and is deleted, in milliseconds since 1970. A grant that ends with its sign-in
    /// cannot be used afterwards. A grant without a refresh token ends with its access token; if the lifetime of that is unknown, the grant
    /// is kept.
    /// </summary>
    public static long? DeadAt(Grant grant) =>
        (
            grant.EndsAt is { } endsAt ? endsAt
            : grant.CanRefresh || grant.AccessToken?.ExpiresAt is not { } expiresAt ? (DateTimeOffset?)null
            : grant.SignInExpiresAt > expiresAt ? grant.SignInExpiresAt
            : expiresAt
        )?.ToUnixTimeMilliseconds();
}
