using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace OAuthClient.PostgreSql;

/// <summary>Creates and validates the tables. The store runs the same script that the application can print.</summary>
internal sealed partial class StoreSchema(PostgresCommandExecutor executor, string schema, bool create, ILogger logger)
{
    public const int Version = 4;

    /// <summary>
    /// The table of grants. Its name changed with version 4, in which owners have a kind. Rows of earlier versions are not read.
    /// </summary>
    public const string GrantsTable = "grants_v4";

    private const string EarlierGrantsTable = "grants";

    public const string NameRule =
        "Schema must consist of up to 48 lower-case letters, digits and underscores, and not begin with a digit, for example "
        + "\"oauthclient\".";

    /// <summary>Returns the script that creates the tables. It is idempotent, and several nodes can run it concurrently.</summary>
    public static string Script(string schema) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"""
            DO $oauthclient$
            BEGIN
              PERFORM pg_advisory_xact_lock(hashtextextended('oauthclient {schema}', 0));
              IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = '{schema}') THEN
                CREATE SCHEMA "{schema}";
              END IF;
              IF to_regclass('"{schema}".schema_version') IS NULL THEN
                CREATE TABLE "{schema}".schema_version (
                  version int PRIMARY KEY,
                  applied_at timestamptz NOT NULL DEFAULT now(),
                  -- The key of the hashes of owners in notifications, which any role can receive.
                  hint_key uuid NOT NULL DEFAULT gen_random_uuid());
              END IF;

              -- The table "grants" of versions 1 to 3 is not changed. Its rows name owners without their kind.
              IF NOT EXISTS (SELECT FROM "{schema}".schema_version WHERE version >= 4) THEN
                CREATE TABLE "{schema}".{GrantsTable} (
                  id text COLLATE "C" PRIMARY KEY,
                  position bigint GENERATED ALWAYS AS IDENTITY,
                  client_name text COLLATE "C" NOT NULL,
                  -- The owner with its kind, in the format of GrantOwner.ToString(), for example user:42.
                  owner text COLLATE "C" NOT NULL,
                  -- A keyed hash of client_name and owner, for notifications.
                  hint text COLLATE "C" NOT NULL,
                  generation bigint NOT NULL,
                  -- The grant with its tokens, encrypted.
                  content bytea NOT NULL,
                  created_at timestamptz NOT NULL DEFAULT now(),
                  updated_at timestamptz NOT NULL DEFAULT now(),
                  -- The time from which the grant cannot be used; null if unknown, for example with a refresh token.
                  dead_at timestamptz,
                  -- Hashes of the subject and the session at the server, by which a logout token finds the grant.
                  subject_fingerprint bytea,
                  session_fingerprint bytea,
                  -- The lease; not held if lease_length is null. The fence only increases.
                  fence bigint NOT NULL DEFAULT 0,
                  lease_length interval,
                  leased_at timestamptz,
                  lease_ticket bigint,
                  -- The node that holds the lease, identified by its advisory lock; null if it holds no lock.
                  lease_holder bigint,
                  -- The start time of the server when the lease was acquired. Locks end with the server.
                  lease_server timestamptz,
                  -- The status of this generation's refresh token: 0 unused, 1 unknown, 2 rejected.
                  presentation smallint NOT NULL DEFAULT 0
                ) WITH (fillfactor = 80);
                CREATE INDEX {GrantsTable}_of_owner ON "{schema}".{GrantsTable} (client_name, owner);
                CREATE INDEX {GrantsTable}_dead ON "{schema}".{GrantsTable} (dead_at) WHERE dead_at IS NOT NULL;
                CREATE INDEX {GrantsTable}_of_subject ON "{schema}".{GrantsTable} (subject_fingerprint)
                  WHERE subject_fingerprint IS NOT NULL;
                CREATE INDEX {GrantsTable}_of_session ON "{schema}".{GrantsTable} (session_fingerprint)
                  WHERE session_fingerprint IS NOT NULL;
                -- These two tables contain no owner, and are shared with earlier versions.
                CREATE TABLE IF NOT EXISTS "{schema}".used_states (
                  fingerprint bytea PRIMARY KEY,
                  ticket bigint NOT NULL,
                  expires_at timestamptz NOT NULL);
                CREATE INDEX IF NOT EXISTS used_states_expired ON "{schema}".used_states (expires_at);
                CREATE TABLE IF NOT EXISTS "{schema}".clients (
                  client_name text COLLATE "C" NOT NULL,
                  server text COLLATE "C" NOT NULL,
                  client_id text COLLATE "C" NOT NULL,
                  generation bigint NOT NULL,
                  -- The registration with its credentials, encrypted.
                  content bytea NOT NULL,
                  created_at timestamptz NOT NULL DEFAULT now(),
                  updated_at timestamptz NOT NULL DEFAULT now(),
                  PRIMARY KEY (client_name, server));
                INSERT INTO "{schema}".schema_version (version) VALUES (4);
              END IF;
            END
            $oauthclient$
            """
        );

    public static bool IsName(string? schema) => schema is not null && Name().IsMatch(schema);

    /// <summary>Creates the tables if required, and checks their version.</summary>
    /// <returns>The key of the hashes in notifications.</returns>
    /// <exception cref="OAuthException">
    /// The tables are missing or have another version, and <see cref="PostgresGrantStoreOptions.CreateSchema"/> is <see langword="false"/>
    /// or cannot update them.
    /// </exception>
    public async Task<Guid> EnsureAsync(CancellationToken cancellationToken)
    {
        var found = await FindAsync(cancellationToken).ConfigureAwait(false);
        if (found is null or { Version: < Version } && create)
        {
            await executor.ExecuteAsync(Script(schema), static _ => { }, mayRepeat: true, cancellationToken).ConfigureAwait(false);
            found = await FindAsync(cancellationToken).ConfigureAwait(false);
        }
        if (found is { Version: Version } && await ExistsAsync(EarlierGrantsTable, cancellationToken).ConfigureAwait(false))
            Log.EarlierGrants(logger, schema, EarlierGrantsTable);
        return found switch
        {
            null => throw new OAuthException(
                $"The tables of the grant store are missing in the schema \"{schema}\". Run the script of "
                    + $"PostgresGrantStoreOptions.SchemaScript(\"{schema}\"), or set CreateSchema."
            ),
            { Version: < Version } => throw new OAuthException(
                $"The tables of the grant store in the schema \"{schema}\" have an older version. Run the script of "
                    + $"PostgresGrantStoreOptions.SchemaScript(\"{schema}\"), or set CreateSchema, which creates new tables beside them. "
                    + "Grants of the older version are neither used nor deleted, because their owners have no kind. These owners must "
                    + "authorize again."
            ),
            { Version: > Version } => throw new OAuthException(
                $"The tables of the grant store in the schema \"{schema}\" have the version "
                    + $"{found.Value.Version.ToString(CultureInfo.InvariantCulture)} of a newer OAuthClient.PostgreSql; this package "
                    + $"supports version {Version.ToString(CultureInfo.InvariantCulture)}. Update the package on this node."
            ),
            { } current => current.HintKey,
        };
    }

    private async Task<(int Version, Guid HintKey)?> FindAsync(CancellationToken cancellationToken)
    {
        // Reading a missing table would be recorded as a failed statement.
        if (!await ExistsAsync("schema_version", cancellationToken).ConfigureAwait(false))
            return null;
        return await executor
            .ReadOneAsync(
                $"""
                SELECT version, (SELECT hint_key FROM "{schema}".schema_version ORDER BY version LIMIT 1)
                  FROM "{schema}".schema_version ORDER BY version DESC LIMIT 1
                """,
                static _ => { },
                static row => ((int Version, Guid HintKey)?)(row.GetInt32(0), row.GetGuid(1)),
                mayRepeat: true,
                cancellationToken
            )
            .ConfigureAwait(false);
    }

    private Task<bool> ExistsAsync(string table, CancellationToken cancellationToken) =>
        executor.ReadOneAsync(
            "SELECT to_regclass($1) IS NOT NULL",
            parameters => parameters.Texts($"\"{schema}\".{table}"),
            static row => row.GetBoolean(0),
            mayRepeat: true,
            cancellationToken
        );

    [GeneratedRegex(@"^[a-z_][a-z0-9_]{0,47}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
