namespace OAuthClient;

/// <summary>Maps a fingerprint to the grants that have it. Callers hold the store's lock.</summary>
internal sealed class GrantFingerprintIndex
{
    private readonly Dictionary<string, Location[]> locations = new();

    public IReadOnlyList<Location> Find(string fingerprint) => locations.TryGetValue(fingerprint, out var found) ? found : [];

    public void Add(Grant grant)
    {
        Add(grant.SubjectFingerprint, grant);
        Add(grant.SessionFingerprint, grant);
    }

    public void Remove(Grant grant)
    {
        Remove(grant.SubjectFingerprint, grant);
        Remove(grant.SessionFingerprint, grant);
    }

    private void Add(string? fingerprint, Grant grant)
    {
        if (fingerprint is not null)
            locations[fingerprint] = [.. locations.GetValueOrDefault(fingerprint, []), new(grant.ClientName, grant.Owner, grant.Id)];
    }

    private void Remove(string? fingerprint, Grant grant)
    {
        if (fingerprint is null || !locations.TryGetValue(fingerprint, out var all))
            return;
        var others = Array.FindAll(all, other => other.GrantId != grant.Id);
        if (others.Length > 0)
            locations[fingerprint] = others;
        else
            locations.Remove(fingerprint);
    }

    internal readonly record struct Location(string ClientName, GrantOwner Owner, string GrantId);
}
