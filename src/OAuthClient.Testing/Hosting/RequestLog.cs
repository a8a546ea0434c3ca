namespace OAuthClient.Testing;

/// <summary>The requests of one server, in the order they arrived.</summary>
internal sealed class RequestLog
{
    private readonly Lock _gate = new();
    private readonly List<RecordedRequest> _requests = [];
    private TaskCompletionSource _arrival = NewArrival();

    public void Add(RecordedRequest request)
    {
        TaskCompletionSource arrived;
        lock (_gate)
        {
            _requests.Add(request);
            arrived = _arrival;
            _arrival = NewArrival();
        }

        arrived.SetResult();
    }

    public IReadOnlyList<RecordedRequest> All()
    {
        lock (_gate)
            return [.. _requests];
    }

    public IReadOnlyList<RecordedRequest> To(TestEndpoint endpoint)
    {
        lock (_gate)
            return [.. _requests.Where(request => request.Endpoint == endpoint)];
    }

    public void Clear()
    {
        lock (_gate)
            _requests.Clear();
    }

    /// <summary>The request number <paramref name="count"/> (from one) to the endpoint, as soon as it has arrived.</summary>
    public async Task<RecordedRequest> WaitAsync(TestEndpoint endpoint, int count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        while (true)
        {
            Task arrival;
            lock (_gate)
            {
                if (_requests.Where(request => request.Endpoint == endpoint).ElementAtOrDefault(count - 1) is { } found)
                    return found;
                arrival = _arrival.Task;
            }

            await arrival.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewArrival() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
