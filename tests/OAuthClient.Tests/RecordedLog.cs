using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>Records log entries of every level and category.</summary>
internal sealed class RecordedLog : ILoggerProvider
{
    private readonly Lock gate = new();
    private readonly List<Entry> entries = [];

    public IReadOnlyList<Entry> Entries
    {
        get
        {
            lock (gate)
                return [.. entries];
        }
    }

    /// <summary>Returns the entries that the library logged with an event ID.</summary>
    public IReadOnlyList<Entry> Events(int id) => [.. Entries.Where(entry => entry.Category == "OAuthClient" && entry.Id == id)];

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose() { }

    internal sealed record Entry(string Category, int Id, LogLevel Level, string Message);

    private sealed class Logger(RecordedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            lock (log.gate)
                log.entries.Add(new(category, eventId.Id, logLevel, formatter(state, exception) + exception));
        }
    }
}
