using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace OAuthClient.PostgreSql;

/// <summary>The tables: what they are called, and how they come to be. The script that is printed is the script that is run.</summary>
internal sealed partial class StoreSchema(PostgresCommandExecutor executor, string schema, bool create, ILogger logger)
{
    public const int Version = 4;

    /// <summary>
    /// The table of grants. Its name changed with version 4, in which owners have a kind: rows of earlier versions are not read.
    /// </summary>
    public const string GrantsTable = "grants_v4";

    private const string EarlierGrantsTable = "grants";

    public const string NameRule =
        "Schema must be a name of up to 48 lower-case letters, digits and underscores that does not begin with a digit, for example \"oauthclient\".";

    /// <summary>Idempotent, and safe when several run it at once: the one that comes second finds it done.</summary>
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
                  -- The key of the hashes of owners that go into notifications: any role may hear those, and learns nothing.
                  hint_key uuid NOT NULL DEFAULT gen_random_uuid());
              END IF;

              -- The table "grants" of versions 1 to 3 is left as it is: its rows name owners without their kind.
              IF NOT EXISTS (SELECT FROM "{schema}".schema_version WHERE version >= 4) THEN
                CREATE TABLE "{schema}".{GrantsTable} (
                  id text COLLATE "C" PRIMARY KEY,
                  position bigint GENERATED ALWAYS AS IDENTITY,
                  client_name text COLLATE "C" NOT NULL,
                  -- The owner with its kind, as GrantOwner.ToString() writes it, for example user:42.
                  owner text COLLATE "C" NOT NULL,
                  -- A keyed hash of these two, for notifications.
                  hint text COLLATE "C" NOT NULL,
                  generation bigint NOT NULL,
                  -- The grant with its tokens, encrypted.
                  content bytea NOT NULL,
                  created_at timestamptz NOT NULL DEFAULT now(),
                  updated_at timestamptz NOT NULL DEFAULT now(),
                  -- When nothing in it is of use any more; null when that is not known, as with any refresh token.
                  dead_at timestamptz,
                  -- Hashes of the user and the session at the server, by which its word that they signed out finds the grant.
                  subject_fingerprint bytea,
                  session_fingerprint bytea,
                  -- The lease: none when lease_length is null. The fence only grows.
                  fence bigint NOT NULL DEFAULT 0,
                  lease_length interval,
                  leased_at timestamptz,
                  lease_ticket bigint,
                  -- The node that holds it, by its advisory lock; null when that tells nothing.
                  lease_holder bigint,
                  -- Which start of the server gave it: locks do not outlive it.
                  lease_server timestamptz,
                  -- What is known of this generation's refresh token: 0 not presented, 1 unknown, 2 refused.
                  presentation smallint NOT NULL DEFAULT 0
                ) WITH (fillfactor = 80);
                CREATE INDEX {GrantsTable}_of_owner ON "{schema}".{GrantsTable} (client_name, owner);
                CREATE INDEX {GrantsTable}_dead ON "{schema}".{GrantsTable} (dead_at) WHERE dead_at IS NOT NULL;
                CREATE INDEX {GrantsTable}_of_subject ON "{schema}".{GrantsTable} (subject_fingerprint) WHERE subject_fingerprint IS NOT NULL;
                CREATE INDEX {GrantsTable}_of_session ON "{schema}".{GrantsTable} (session_fingerprint) WHERE session_fingerprint IS NOT NULL;
                -- These two name no owner, and are shared with earlier versions.
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

    /// <returns>The key of the notifications' hints.</returns>
    /// <exception cref="OAuthException">The tables are missing or of another version, and may not be, or cannot be, changed.</exception>
    public async Task<Guid> RequireAsync(CancellationToken cancellationToken)
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
                $"The tables of the grant store are not in the schema \"{schema}\": run PostgresGrantStoreOptions.SchemaScript(\"{schema}\") there, or set CreateSchema."
            ),
            { Version: < Version } => throw new OAuthException(
                $"The tables of the grant store in \"{schema}\" are of an older version: run "
                    + $"PostgresGrantStoreOptions.SchemaScript(\"{schema}\") there, or set CreateSchema. It creates new tables beside them. "
                    + "Grants of the older version are neither used nor deleted, because they name their owners without a kind: their owners "
                    + "authorize again."
            ),
            { Version: > Version } => throw new OAuthException(
                $"The tables of the grant store in \"{schema}\" are of version {found.Value.Version.ToString(CultureInfo.InvariantCulture)}, which a newer OAuthClient.PostgreSql made; this one knows {Version.ToString(CultureInfo.InvariantCulture)}. Update the package on this node."
            ),
            { } current => current.HintKey,
        };
    }

    private async Task<(int Version, Guid HintKey)?> FindAsync(CancellationToken cancellationToken)
    {
        // Asked for by name, a missing table is no error of a statement.
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
