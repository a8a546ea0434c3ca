namespace OAuthClient;

/// <summary>The names of all registrations of one service collection: some rules hold between them.</summary>
internal sealed class RegisteredClients
{
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Names => names;

    public bool Add(string name) => names.Add(name);
}
