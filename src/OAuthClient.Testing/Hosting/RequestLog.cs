namespace OAuthClient.Testing;

/// <summary>The requests to one server in order of arrival.</summary>
internal sealed class RequestLog
{
    private readonly Lock _lock = new();
    private readonly List<RecordedRequest> _requests = [];
    private TaskCompletionSource _arrival = NewArrival();

    public void Add(RecordedRequest request)
    {
        TaskCompletionSource arrived;
        lock (_lock)
        {
            _requests.Add(request);
            arrived = _arrival;
            _arrival = NewArrival();
        }

        arrived.SetResult();
    }

    public IReadOnlyList<RecordedRequest> All()
    {
        lock (_lock)
            return [.. _requests];
    }

    public IReadOnlyList<RecordedRequest> To(TestEndpoint endpoint)
    {
        lock (_lock)
            return [.. _requests.Where(request => request.Endpoint == endpoint)];
    }

    public void Clear()
    {
        lock (_lock)
            _requests.Clear();
    }

    /// <summary>Waits for the request with the number <paramref name="count"/>, counted from one, to an endpoint.</summary>
    public async Task<RecordedRequest> WaitAsync(TestEndpoint endpoint, int count, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        while (true)
        {
            Task arrival;
            lock (_lock)
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
