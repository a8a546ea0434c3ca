using System.Globalization;
using System.Text.Json.Nodes;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Compares the ids and generations of cached grants with the stored ones, many owners in one statement. No content is read or decrypted.
/// The parameter is JSON, because a data source of the application may not support arrays.
/// </summary>
internal sealed class GrantComparison(PostgresCommandExecutor executor, string schema)
{
    private readonly string compare = $"""
        SELECT cached.hint FROM json_to_recordset($1::json) AS cached (hint text, client_name text, owner text, generations text)
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
            parameters => parameters.Texts(new JsonArray([.. cached.Select(entry => Row(entry.Key, entry.Value))]).ToJsonString()),
            static row => row.GetString(0),
            cancellationToken
        );

    private static JsonObject Row(string hint, IReadOnlyList<Grant> grants) =>
        new()
        {
            ["hint"] = hint,
            ["client_name"] = grants[0].ClientName,
            ["owner"] = GrantRowKey.OwnerIn(grants[0].Owner),
            ["generations"] = string.Join(
                ',',
                grants.Select(grant => string.Create(CultureInfo.InvariantCulture, $"{grant.Id} {grant.Generation}"))
            ),
        };
}
