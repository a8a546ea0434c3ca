namespace OAuthClient;

/// <summary>Maps a fingerprint to the grants that have it. Callers hold the store's lock.</summary>
internal sealed class GrantFingerprintIndex
{
    private readonly Dictionary<string, List<Location>> locations = new();

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
        if (fingerprint is null)
            return;
        if (!locations.TryGetValue(fingerprint, out var others))
            locations[fingerprint] = others = new(1);
        others.Add(new(grant.ClientName, grant.Owner, grant.Id));
    }

    private void Remove(string? fingerprint, Grant grant)
    {
        if (fingerprint is null || !locations.TryGetValue(fingerprint, out var others))
            return;
        others.RemoveAll(other => other.GrantId == grant.Id);
        if (others.Count == 0)
            locations.Remove(fingerprint);
    }

    internal readonly record struct Location(string ClientName, GrantOwner Owner, string GrantId);
}
