using System.Collections.Concurrent;
using System.Globalization;

namespace OAuthClient.Chaos.Nodes;

/// <summary>Counts by name.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<string, long> counts = new(StringComparer.Ordinal);

    public long this[string name] => counts.GetValueOrDefault(name);

    public IEnumerable<KeyValuePair<string, long>> Starting(string with) =>
        counts.Where(count => count.Key.StartsWith(with, StringComparison.Ordinal)).OrderBy(count => count.Key, StringComparer.Ordinal);

    public void Add(string name, long count = 1) => counts.AddOrUpdate(name, count, (_, known) => known + count);

    public string Write() => string.Join('\t', counts.Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Key}={count.Value}")));

    public void Read(string text)
    {
        foreach (string count in text.Split('\t', StringSplitOptions.RemoveEmptyEntries))
            Add(count[..count.LastIndexOf('=')], long.Parse(count[(count.LastIndexOf('=') + 1)..], CultureInfo.InvariantCulture));
    }
}
