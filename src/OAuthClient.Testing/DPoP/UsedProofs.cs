namespace OAuthClient.Testing;

/// <summary>
/// Remembers the identifiers of proofs while their <c>iat</c> is accepted, so that each proof is used once (RFC 9449 §11.1).
/// </summary>
internal sealed class UsedProofs(TimeSpan lifetime)
{
    private const int Maximum = 100_000;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, DateTimeOffset ExpiresAt)> _order = new();

    /// <summary>Adds an identifier. Returns false if it was used before.</summary>
    public bool TryAdd(string id, DateTimeOffset now)
    {
        lock (_lock)
        {
            while (_order.TryPeek(out var oldest) && (oldest.ExpiresAt < now || _order.Count >= Maximum))
                _ids.Remove(_order.Dequeue().Id);
            if (!_ids.Add(id))
                return false;
            _order.Enqueue((id, now + lifetime));
            return true;
        }
    }
}
