namespace OAuthClient.Conventions.Tests;

/// <summary>Finds the cycles of a directed graph.</summary>
internal static class Cycles
{
    /// <summary>Finds the groups of nodes of which each reaches every other (strongly connected components).</summary>
    /// <param name="edges">The edges.</param>
    /// <returns>A line for each group of two nodes or more.</returns>
    public static IEnumerable<string> Find(IEnumerable<(string From, string To)> edges)
    {
        var next = edges.Distinct().ToLookup(edge => edge.From, edge => edge.To, StringComparer.Ordinal);
        var reached = next.ToDictionary(group => group.Key, group => Reach(group.Key, next), StringComparer.Ordinal);
        return reached
            .Keys.Where(node => reached[node].Contains(node))
            .Select(node =>
                string.Join(
                    " <-> ",
                    reached
                        .Keys.Where(other => reached[node].Contains(other) && reached[other].Contains(node))
                        .Order(StringComparer.Ordinal)
                )
            )
            .Distinct(StringComparer.Ordinal);
    }

    private static HashSet<string> Reach(string start, ILookup<string, string> next)
    {
        HashSet<string> reached = new(StringComparer.Ordinal);
        Stack<string> open = new([start]);
        while (open.TryPop(out var node))
        {
            foreach (var other in next[node].Where(reached.Add))
                open.Push(other);
        }
        return reached;
    }
}
