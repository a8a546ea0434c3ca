namespace OAuthClient;

/// <summary>
/// How a server is doing, as one client has seen it. Not shared between clients: a proxy, a certificate or a rate limit of the one is
/// no reason to stop the other.
/// </summary>
internal sealed class ServerAvailability(Uri endpoint, TimeProvider time)
{
    private BackChannelResilience? backChannelResilience;

    /// <summary>Scheme, host and port.</summary>
    public string Origin { get; } = endpoint.GetLeftPart(UriPartial.Authority);

    /// <summary>Who decides about further attempts, once somebody had to.</summary>
    public BackChannelResilience? Resilience => Volatile.Read(ref backChannelResilience);

    /// <summary>Gets the pause that holds for every request to the server. Only requests that affect others set it.</summary>
    public RetryAfterPause Pause { get; } = new(time);

    /// <summary>From now on what is sent to this server goes that way; of several that were made at once, the first counts.</summary>
    public BackChannelResilience SetResilience(BackChannelResilience made) =>
        Interlocked.CompareExchange(ref backChannelResilience, made, null) ?? made;
}
