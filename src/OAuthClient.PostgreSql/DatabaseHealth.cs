using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace OAuthClient.PostgreSql;

/// <summary>
/// Remembers which statements failed last, and why, for health checks. An error of a value (<see cref="PostgresErrorKind.Data"/>) is no
/// state of the database: otherwise a user who may choose their id could make a node unhealthy.
/// </summary>
internal sealed class DatabaseHealth(string schema, TimeProvider time, ILogger logger)
{
    // Without another attempt for so long, it is not known whether the statement would fail again.
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Failure> failures = new(StringComparer.Ordinal);

    public void Succeeded(string sql)
    {
        if (failures.IsEmpty)
            return;
        failures.TryRemove(sql, out _);
        Answered();
    }

    public void Failed(string sql, Exception exception)
    {
        var kind = PostgresErrorClassifier.Classify(exception);
        if (kind is PostgresErrorKind.Data or PostgresErrorKind.Configuration)
            Answered();
        if (kind is not (PostgresErrorKind.Configuration or PostgresErrorKind.Outage))
            return;
        bool isReadOnly = exception is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction };
        Failure failure = new(kind, PostgresErrorClassifier.Describe(exception), isReadOnly, time.GetTimestamp());
        bool isKnown = failures.TryGetValue(sql, out var known) && known.Kind == kind;
        failures[sql] = failure;
        if (kind == PostgresErrorKind.Configuration && !isKnown)
            Log.StatementRefused(logger, failure.Reason, PostgresErrorClassifier.ConfigurationAdvice(schema));
    }

    /// <param name="opening">The attempt to open the store, when there was one.</param>
    /// <param name="isListening">Whether the connection for notifications stands; <see langword="null"/> when the node keeps none.</param>
    /// <param name="listeningFault">Why it does not stand.</param>
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
            yield return $"The grant store in PostgreSQL has lost its connection for notifications ({listeningFault?.GetType().Name}): "
                + "access tokens in memory are served for at most a minute without another look, and checks whether a user is signed in "
                + "read the database.";
        }
        var recent = failures.Values.Where(failure => time.GetElapsedTime(failure.At) < Memory).ToList();
        if (recent.Find(failure => failure.Kind == PostgresErrorKind.Configuration) is { } refused)
            yield return $"PostgreSQL refuses the grant store ({refused.Reason}). {PostgresErrorClassifier.ConfigurationAdvice(schema)}";
        if (recent.Find(failure => failure.IsReadOnly) is { } readOnly)
            yield return $"PostgreSQL takes no changes ({readOnly.Reason}): the grant store needs the primary server.";
        if (recent.Find(failure => failure is { Kind: PostgresErrorKind.Outage, IsReadOnly: false }) is { } outage)
        {
            yield return $"The grant store in PostgreSQL cannot be reached ({outage.Reason}). Access tokens in memory are served for at "
                + "most a minute; checks whether a user is signed in, and what needs the database, fail.";
        }
    }

    /// <summary>The server is reachable again. Statements that it refused may still be refused.</summary>
    public void Answered()
    {
        foreach (var failure in failures)
        {
            if (failure.Value is { Kind: PostgresErrorKind.Outage, IsReadOnly: false })
                failures.TryRemove(failure);
        }
    }

    private sealed record Failure(PostgresErrorKind Kind, string Reason, bool IsReadOnly, long At);
}
