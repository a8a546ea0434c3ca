namespace OAuthClient;

/// <summary>
/// The circuit and the pause of one server for one client. It is not shared between clients, because a proxy, a certificate or a rate limit
/// of one client does not affect another.
/// </summary>
/// <param name="Pause">The pause for all requests to the server. Only requests that may affect others set it.</param>
/// <param name="Resilience">The retries and the circuit, which are created at the first failure.</param>
internal sealed record ServerAvailability(RetryAfterPause Pause, Lazy<BackChannelResilience> Resilience);
