namespace OAuthClient;

/// <summary>Maps a fingerprint to the grants that have it. Callers hold the store's lock.</summary>
internal sealed class GrantFingerprintIndex
{
    private readonly Dictionary<string, List<Location>> locations = new(StringComparer.Ordinal);

    public IReadOnlyList<Location> Find(string fingerprint) => locations.TryGetValue(fingerprint, out var found) ? found : [];

    public void Add(Grant grant)
    {
        foreach (string fingerprint in Of(grant))
        {
            if (!locations.TryGetValue(fingerprint, out var others))
                locations[fingerprint] = others = new(1);
            others.Add(new(grant.ClientName, grant.Owner, grant.Id));
        }
    }

    public void Remove(Grant grant)
    {
        foreach (string fingerprint in Of(grant))
        {
            if (
                locations.TryGetValue(fingerprint, out var others)
                && others.RemoveAll(other => string.Equals(other.GrantId, grant.Id, StringComparison.Ordinal)) > 0
                && others.Count == 0
            )
            {
                locations.Remove(fingerprint);
            }
        }
    }

    private static IEnumerable<string> Of(Grant grant)
    {
        if (grant.SubjectFingerprint is { } subject)
            yield return subject;
        if (grant.SessionFingerprint is { } session)
            yield return session;
    }

    internal readonly record struct Location(string ClientName, GrantOwner Owner, string GrantId);
}
