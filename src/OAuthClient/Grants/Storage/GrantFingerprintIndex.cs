namespace OAuthClient;

/// <summary>Where the grants are that have a fingerprint. Guarded by its store's lock.</summary>
internal sealed class GrantFingerprintIndex
{
    private readonly Dictionary<string, List<Place>> places = new(StringComparer.Ordinal);

    public IReadOnlyList<Place> Find(string fingerprint) => places.TryGetValue(fingerprint, out var found) ? found : [];

    public void Add(Grant grant)
    {
        foreach (string fingerprint in Of(grant))
        {
            if (!places.TryGetValue(fingerprint, out var others))
                places[fingerprint] = others = new(1);
            others.Add(new(grant.ClientName, grant.Owner, grant.Id));
        }
    }

    public void Remove(Grant grant)
    {
        foreach (string fingerprint in Of(grant))
        {
            if (
                places.TryGetValue(fingerprint, out var others)
                && others.RemoveAll(other => string.Equals(other.GrantId, grant.Id, StringComparison.Ordinal)) > 0
                && others.Count == 0
            )
            {
                places.Remove(fingerprint);
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

    internal readonly record struct Place(string ClientName, GrantOwner Owner, string GrantId);
}
