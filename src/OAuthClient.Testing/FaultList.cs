namespace OAuthClient.Testing;

/// <summary>
/// Represents the faults of a test server. At most one fault applies to a request: the first matching fault in the order in which they were
/// added.
/// </summary>
public sealed class FaultList
{
    private readonly Lock _lock = new();
    private readonly List<AddedFault> _entries = [];

    internal FaultList() { }

    /// <summary>Gets the number of faults that are still active.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>
    /// Adds a fault to an endpoint. Several faults on one endpoint apply one after another: the second applies after the first is used up.
    /// </summary>
    /// <param name="endpoint">The endpoint to which the fault applies.</param>
    /// <param name="fault">The fault.</param>
    /// <param name="times">
    /// The number of requests to which the fault applies, at least one; <see langword="null"/> to apply it until it is removed.
    /// </param>
    /// <param name="when">
    /// A predicate that selects requests; <see langword="null"/> to select all. Other requests do not count toward <paramref
    /// name="times"/>.
    /// </param>
    /// <returns><paramref name="fault"/>, for a later call of <see cref="Remove"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is less than one.</exception>
    public Fault Add(TestEndpoint endpoint, Fault fault, int? times = null, Func<RecordedRequest, bool>? when = null)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (times is { } count)
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(times));
        lock (_lock)
            _entries.Add(new AddedFault(endpoint, fault, when) { RemainingUses = times });
        return fault;
    }

    /// <summary>Removes a fault from every endpoint to which it was added.</summary>
    /// <param name="fault">The fault to remove.</param>
    /// <returns><see langword="true"/> if the fault was still active; otherwise, <see langword="false"/>.</returns>
    public bool Remove(Fault fault)
    {
        lock (_lock)
            return _entries.RemoveAll(entry => ReferenceEquals(entry.Fault, fault)) > 0;
    }

    /// <summary>Removes all faults. Requests to which a fault already applies are not affected.</summary>
    public void Clear()
    {
        lock (_lock)
            _entries.Clear();
    }

    internal Fault? Take(RecordedRequest request)
    {
        lock (_lock)
        {
            AddedFault? entry = _entries.Find(entry => entry.Endpoint == request.Endpoint && (entry.When is null || entry.When(request)));
            if (entry?.RemainingUses is not null && --entry.RemainingUses == 0)
                _entries.Remove(entry);
            return entry?.Fault;
        }
    }

    /// <summary>A fault with its endpoint, predicate and remaining number of uses.</summary>
    private sealed class AddedFault(TestEndpoint endpoint, Fault fault, Func<RecordedRequest, bool>? when)
    {
        public TestEndpoint Endpoint { get; } = endpoint;

        public Fault Fault { get; } = fault;

        public Func<RecordedRequest, bool>? When { get; } = when;

        public int? RemainingUses { get; set; }
    }
}
