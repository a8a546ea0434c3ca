using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Records the latest failure of each statement for health checks. An error of a value (<see cref="PostgresErrorKind.Data"/>) is not
/// recorded; otherwise a user who can choose an id could make a node unhealthy.
/// </summary>
internal sealed class DatabaseHealth(string schema, TimeProvider time, ILogger logger)
{
    // After this time without another attempt, it is unknown whether the statement would fail again.
    private static readonly TimeSpan Retention = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Failure> failures = new();

    public void Succeeded(string sql)
    {
        if (failures.IsEmpty)
            return;
        failures.TryRemove(sql, out _);
        MarkReachable();
    }

    public void Failed(string sql, Exception exception)
    {
        var kind = PostgresErrorClassifier.Classify(exception);
        if (kind is PostgresErrorKind.Data or PostgresErrorKind.Configuration)
            MarkReachable();
        if (kind is not (PostgresErrorKind.Configuration or PostgresErrorKind.Outage))
            return;
        bool isReadOnly = exception is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction };
        Failure failure = new(kind, PostgresErrorClassifier.Describe(exception), isReadOnly, time.GetTimestamp());
        bool isKnown = failures.TryGetValue(sql, out var known) && known.Kind == kind;
        failures[sql] = failure;
        if (kind == PostgresErrorKind.Configuration && !isKnown)
            Log.StatementRefused(logger, failure.Reason, PostgresErrorClassifier.ConfigurationAdvice(schema));
    }

    /// <param name="opening">The attempt to open the store; <see langword="null"/> if there was none.</param>
    /// <param name="isListening">Whether the notification connection is open; <see langword="null"/> if the node uses none.</param>
    /// <param name="listeningFault">The exception that closed the notification connection.</param>
    /// <returns>A sentence for each problem, without secrets.</returns>
    public IEnumerable<string> GetProblems(Task? opening, bool? isListening, Exception? listeningFault)
    {
        if (opening is { IsFaulted: true, Exception.InnerException: { } fault })
        {
            string reason = fault is OAuthException ? fault.Message : PostgresErrorClassifier.Describe(fault);
            yield return $"The grant store in PostgreSQL cannot be opened ({reason}).";
        }
        if (opening is { IsCompletedSuccessfully: true } && isListening is false)
        {
            yield return $"The grant store in PostgreSQL lost its notification connection ({listeningFault?.GetType().Name}). "
                + "Cached access tokens are served for at most one minute, and checks whether a user is signed in read the database.";
        }
        var recent = failures.Values.Where(failure => time.GetElapsedTime(failure.At) < Retention).ToList();
        if (recent.Find(failure => failure.Kind == PostgresErrorKind.Configuration) is { } refused)
            yield return $"PostgreSQL refuses the grant store ({refused.Reason}). {PostgresErrorClassifier.ConfigurationAdvice(schema)}";
        if (recent.Find(failure => failure.IsReadOnly) is { } readOnly)
            yield return $"PostgreSQL is read-only ({readOnly.Reason}). Connect the grant store to the primary server.";
        if (recent.Find(failure => failure is { Kind: PostgresErrorKind.Outage, IsReadOnly: false }) is { } outage)
        {
            yield return $"The grant store in PostgreSQL cannot be reached ({outage.Reason}). Cached access tokens are served for at most "
                + "one minute; checks whether a user is signed in, and all other operations that need the database, fail.";
        }
    }

    /// <summary>Records that the server is reachable. Statements that it refused stay recorded.</summary>
    public void MarkReachable()
    {
        foreach (var failure in failures)
        {
            if (failure.Value is { Kind: PostgresErrorKind.Outage, IsReadOnly: false })
                failures.TryRemove(failure);
        }
    }

    private sealed record Failure(PostgresErrorKind Kind, string Reason, bool IsReadOnly, long At);
}
