namespace OAuthClient;

/// <summary>
/// The circuit and the pause of one server for one client. It is not shared between clients, because a proxy, a certificate or a rate limit
/// of one client does not affect another.
/// </summary>
internal sealed class ServerAvailability(string origin, TimeProvider time)
{
    private BackChannelResilience? resilience;

    /// <summary>Gets the scheme, host and port.</summary>
    public string Origin { get; } = origin;

    /// <summary>Gets the retries and the circuit; <see langword="null"/> until the first failure.</summary>
    public BackChannelResilience? Resilience => Volatile.Read(ref resilience);

    /// <summary>Gets the pause for all requests to the server. Only requests that may affect others set it.</summary>
    public RetryAfterPause Pause { get; } = new(time);

    /// <summary>Sets <see cref="Resilience"/> if it is not set yet.</summary>
    /// <param name="created">The new object.</param>
    /// <returns>The object that is set.</returns>
    public BackChannelResilience SetResilience(BackChannelResilience created) =>
        Interlocked.CompareExchange(ref resilience, created, null) ?? created;
}
