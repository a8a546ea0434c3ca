namespace OAuthClient.PostgreSql;

/// <summary>The rules of the rows of grants that the stores share.</summary>
internal static class GrantRows
{
    /// <summary>Decrypts rows. A row that cannot be read is reported and skipped, unless no row can be read.</summary>
    /// <typeparam name="TRow">The type of the rows.</typeparam>
    /// <param name="rows">The rows.</param>
    /// <param name="deserialize">Decrypts one row.</param>
    /// <param name="onUnreadable">Receives the message of each row that cannot be read.</param>
    /// <returns>The grants that can be read.</returns>
    /// <exception cref="OAuthException">No row can be read.</exception>
    public static List<Grant> Deserialize<TRow>(List<TRow> rows, Func<TRow, Grant> deserialize, Action<string> onUnreadable)
    {
        List<Grant> found = [];
        OAuthException? failure = null;
        foreach (var row in rows)
        {
            try
            {
                found.Add(deserialize(row));
            }
            catch (OAuthException exception)
            {
                onUnreadable(exception.Message);
                failure = exception;
            }
        }
        return found.Count > 0 || failure is null ? found : throw failure;
    }

    /// <summary>
    /// Gets the time after which a grant cannot be used and is deleted. A grant that ends with its sign-in cannot be used afterwards. A
    /// grant without a refresh token ends with its access token; if the lifetime of that is unknown, the grant is kept.
    /// </summary>
    public static DateTimeOffset? DeadAt(Grant grant) =>
        grant.EndsAt is { } endsAt ? endsAt
        : grant.CanRefresh || grant.AccessToken?.ExpiresAt is not { } expiresAt ? null
        : grant.SignInExpiresAt > expiresAt ? grant.SignInExpiresAt
        : expiresAt;
}
