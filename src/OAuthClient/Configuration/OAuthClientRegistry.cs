using System.Globalization;

namespace OAuthClient;

/// <summary>The names of all registrations of one service collection: some rules hold between them.</summary>
internal sealed class OAuthClientRegistry
{
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Names => names;

    public bool Add(string name) => names.Add(name);

    /// <summary>The client that is meant when none is named: the unnamed one, or the only one.</summary>
    /// <param name="instead">What to write when that is not clear, with {0} in place of a name.</param>
    /// <exception cref="InvalidOperationException">There are several, and all have names.</exception>
    public string ResolveDefault(string instead) =>
        names.Contains("") ? ""
        : names.Count == 1 ? names.Single()
        : throw new InvalidOperationException(
            $"There are several OAuth clients ({string.Join(", ", names.Order(StringComparer.Ordinal))}), so say which one is meant: "
                + string.Format(CultureInfo.InvariantCulture, instead, names.Order(StringComparer.Ordinal).First())
                + "."
        );
}
