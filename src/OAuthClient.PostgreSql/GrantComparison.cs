using System.Globalization;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Compares the ids and generations of cached grants with the stored ones, many owners in one statement. No content is read or decrypted.
/// </summary>
internal sealed class GrantComparison(PostgresCommandExecutor executor, string schema)
{
    private readonly string compare = $"""
        SELECT cached.hint FROM unnest($1, $2, $3, $4) AS cached (hint, client_name, owner, generations)
        WHERE generations IS DISTINCT FROM (
          SELECT string_agg(id || ' ' || generation, ',' ORDER BY position DESC) FROM "{schema}".{StoreSchema.GrantsTable} AS stored
          WHERE stored.client_name = cached.client_name AND stored.owner = cached.owner)
        """;

    /// <param name="cached">The cached grants of each owner, newest first, by the owner's hint.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The hints of the owners whose stored grants differ.</returns>
    public Task<List<string>> FindOutdatedAsync(
        IReadOnlyDictionary<string, IReadOnlyList<Grant>> cached,
        CancellationToken cancellationToken
    ) =>
        executor.ReadAllAsync(
            compare,
            parameters =>
                parameters
                    .TextArray(cached.Keys)
                    .TextArray(cached.Values.Select(grants => grants[0].ClientName))
                    .TextArray(cached.Values.Select(grants => GrantRowKey.OwnerIn(grants[0].Owner)))
                    .TextArray(cached.Values.Select(Generations)),
            static row => row.GetString(0),
            cancellationToken
        );

    private static string Generations(IReadOnlyList<Grant> grants) =>
        string.Join(',', grants.Select(grant => string.Create(CultureInfo.InvariantCulture, $"{grant.Id} {grant.Generation}")));
}
