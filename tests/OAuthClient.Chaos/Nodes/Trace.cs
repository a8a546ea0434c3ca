using System.Globalization;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Chaos.Nodes;

/// <summary>Writes the logs of the library and the database driver to one file per node, for the analysis of a broken promise.</summary>
internal sealed class Trace(string file) : ILoggerProvider
{
    private readonly StreamWriter writer = new(file, append: true) { AutoFlush = true };
    private readonly Lock gate = new();

    public ILogger CreateLogger(string categoryName) => new Lines(this, categoryName);

    public void Dispose() => writer.Dispose();

    public void Write(string line)
    {
        lock (gate)
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():mm:ss.fff} {line}"));
    }

    private sealed class Lines(Trace trace, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) =>
            logLevel >= (category.StartsWith("OAuthClient", StringComparison.Ordinal) ? LogLevel.Debug : LogLevel.Warning);

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (IsEnabled(logLevel))
                trace.Write($"{category} {formatter(state, exception)} {exception?.Message}");
        }
    }
}
