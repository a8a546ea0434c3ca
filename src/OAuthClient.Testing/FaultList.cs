namespace OAuthClient.Testing;

/// <summary>The faults put on a test server's endpoints. Each request meets at most one: the first, in the order added, that is for it.</summary>
public sealed class FaultList
{
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];

    internal FaultList() { }

    /// <summary>How many faults still wait for a request.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Puts a fault on an endpoint. Several on one endpoint follow each other: the second begins when the first has been used up.</summary>
    /// <param name="endpoint">The endpoint that misbehaves.</param>
    /// <param name="fault">How it misbehaves.</param>
    /// <param name="times">For how many requests, at least one; <see langword="null"/> until it is removed.</param>
    /// <param name="when">Which requests; <see langword="null"/> for all. Others neither meet the fault nor use it up.</param>
    /// <returns>The same fault, for <see cref="Remove"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="times"/> is less than one.</exception>
    public Fault Add(TestEndpoint endpoint, Fault fault, int? times = null, Func<RecordedRequest, bool>? when = null)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (times is { } count)
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(times));
        lock (_gate)
            _entries.Add(new Entry(endpoint, fault, when) { Left = times });
        return fault;
    }

    /// <summary>Removes a fault from every endpoint it was put on.</summary>
    /// <param name="fault">The fault.</param>
    /// <returns>Whether it was there, not used up.</returns>
    public bool Remove(Fault fault)
    {
        lock (_gate)
            return _entries.RemoveAll(entry => ReferenceEquals(entry.Fault, fault)) > 0;
    }

    /// <summary>Removes all faults: the server behaves again. Requests that already met one are not helped.</summary>
    public void Clear()
    {
        lock (_gate)
            _entries.Clear();
    }

    internal Fault? Take(RecordedRequest request)
    {
        lock (_gate)
        {
            Entry? entry = _entries.Find(entry => entry.Endpoint == request.Endpoint && (entry.When is null || entry.When(request)));
            if (entry?.Left is not null && --entry.Left == 0)
                _entries.Remove(entry);
            return entry?.Fault;
        }
    }

    private sealed class Entry(TestEndpoint endpoint, Fault fault, Func<RecordedRequest, bool>? when)
    {
        public TestEndpoint Endpoint { get; } = endpoint;

        public Fault Fault { get; } = fault;

        public Func<RecordedRequest, bool>? When { get; } = when;

        public int? Left { get; set; }
    }
}
