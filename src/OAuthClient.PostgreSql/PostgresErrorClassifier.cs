using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>Specifies the kinds of errors of statements and connections.</summary>
internal enum PostgresErrorKind
{
    /// <summary>An error of neither the database nor the network, for example a row that cannot be decrypted.</summary>
    Other,

    /// <summary>The database refused a value. Only the call with this value fails.</summary>
    Data,

    /// <summary>
    /// The database refused the statement or the login: tables, rights or settings do not meet the requirements of the store.
    /// </summary>
    Configuration,

    /// <summary>The database could not be reached, or could not execute statements.</summary>
    Outage,
}

/// <summary>
/// Classifies errors by their SQLSTATE (PostgreSQL documentation, appendix A). Every decision about an error of the database uses this
/// class. Only during an outage may cached grants be served.
/// </summary>
internal static class PostgresErrorClassifier
{
    public static PostgresErrorKind Classify(Exception exception) =>
        exception switch
        {
            PostgresException postgres => Classify(postgres.SqlState),
            OAuthException { InnerException: PostgresException refused } => Classify(refused.SqlState),
            // Npgsql encodes text before sending it.
            EncoderFallbackException => PostgresErrorKind.Data,
            OAuthException { InnerException: EncoderFallbackException } => PostgresErrorKind.Data,
            NpgsqlException or TimeoutException or SocketException or IOException => PostgresErrorKind.Outage,
            _ => PostgresErrorKind.Other,
        };

    public static bool IsOutage(Exception exception) => Classify(exception) == PostgresErrorKind.Outage;

    /// <summary>Determines whether the connection was lost, so that the statement may be repeated on another connection.</summary>
    /// <param name="exception">The exception of the statement.</param>
    public static bool IsConnectionLost(Exception exception) =>
        exception switch
        {
            PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown } => true,
            // A timeout is not repeated, because the caller has already waited for it.
            NpgsqlException { IsTransient: true } transient => transient.InnerException is not TimeoutException,
            _ => false,
        };

    /// <summary>Returns the SQLSTATE, or the type of the exception if there is none. The result contains no value of a statement.</summary>
    /// <param name="exception">The exception of the statement.</param>
    public static string Describe(Exception exception) =>
        exception switch
        {
            PostgresException postgres => $"SQLSTATE {postgres.SqlState}",
            OAuthException { InnerException: PostgresException refused } => $"SQLSTATE {refused.SqlState}",
            _ => exception.GetType().Name,
        };

    /// <summary>Creates the exception for an error that the developer or the operator can correct.</summary>
    /// <param name="exception">The exception of the statement.</param>
    /// <param name="schema">The schema of the tables.</param>
    /// <returns>The exception; <see langword="null"/> for any other kind of error, which is rethrown unchanged.</returns>
    public static OAuthException? Translate(Exception exception, string schema) =>
        Classify(exception) switch
        {
            PostgresErrorKind.Data => new(
                $"PostgreSQL refused a value of the grant store ({Describe(exception)}). The owner's id or the client's name contains a "
                    + "character that the encoding of the database cannot store, is too long for an index, or violates a constraint. Use "
                    + "shorter ids in ASCII, or a database with ENCODING 'UTF8'. Only the call with this value failed.",
                exception
            ),
            PostgresErrorKind.Configuration => new(
                $"PostgreSQL refused the grant store ({Describe(exception)}). {ConfigurationAdvice(schema)}",
                exception
            ),
            _ => null,
        };

    /// <summary>Returns advice for operators about an error of the kind <see cref="PostgresErrorKind.Configuration"/>.</summary>
    /// <param name="schema">The schema of the tables.</param>
    public static string ConfigurationAdvice(string schema) =>
        $"Check the connection string and its role: the role needs USAGE on the schema \"{schema}\", and SELECT, INSERT, UPDATE and DELETE "
        + $"on its tables, which PostgresGrantStoreOptions.SchemaScript(\"{schema}\") creates.";

    private static PostgresErrorKind Classify(string sqlState) =>
        sqlState switch
        {
            // The server is a standby, or was made read-only.
            PostgresErrorCodes.ReadOnlySqlTransaction => PostgresErrorKind.Outage,
            _ => sqlState.AsSpan(0, Math.Min(2, sqlState.Length)) switch
            {
                // Data exception, integrity constraint violation, WITH CHECK OPTION violation, program limit exceeded.
                "22" or "23" or "44" or "54" => PostgresErrorKind.Data,
                // Feature not supported, invalid statement name, invalid authorization, invalid catalog or schema name, syntax error or
                // access rule violation.
                "0A" or "26" or "28" or "3D" or "3F" or "42" => PostgresErrorKind.Configuration,
                // Connection, rollback (a standby that cancels a query), resources, object state, intervention, system error, internal
                // error.
                "08" or "40" or "53" or "55" or "57" or "58" or "XX" => PostgresErrorKind.Outage,
                _ => PostgresErrorKind.Other,
            },
        };
}
