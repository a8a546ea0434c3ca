using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>
/// Provides the current configuration of one client. A reloaded configuration, such as a rotated client secret, takes effect without a
/// restart.
/// </summary>
internal sealed class ClientConfigurationProvider
{
    // OnChange reports neither a cleared IOptionsMonitorCache nor that changed options are invalid. So a copy is used for one second only.
    private const long RefreshInterval = TimeSpan.TicksPerSecond;

    private readonly string name;
    private readonly IOptionsMonitor<OAuthClientOptions> options;
    private readonly RedirectUriConflictDetector conflicts;
    private Func<ClientConfiguration, CancellationToken, ValueTask<ClientConfiguration>>? registrar;
    private DynamicClient? registered;
    private Snapshot? snapshot;
    private long readAt = long.MinValue;

    public ClientConfigurationProvider(string name, IOptionsMonitor<OAuthClientOptions> options, RedirectUriConflictDetector conflicts)
    {
        (this.name, this.options, this.conflicts) = (name, options, conflicts);
        options.OnChange((_, _) => Volatile.Write(ref readAt, long.MinValue));
    }

    public string Name => name;

    /// <summary>Gets the current configuration.</summary>
    /// <exception cref="OptionsValidationException">The options are invalid.</exception>
    public ClientConfiguration Current => Read().Registration;

    /// <summary>
    /// Gets a configuration that was read within the last second, unless a change was reported since. For callers that need it on each
    /// request.
    /// </summary>
    /// <param name="now">The current time in UTC ticks.</param>
    /// <exception cref="OptionsValidationException">The options are invalid.</exception>
    public ClientConfiguration GetCached(long now)
    {
        // Unsigned, so that the copy also expires when the clock is set back.
        if ((ulong)(now - Volatile.Read(ref readAt)) < RefreshInterval)
            return Volatile.Read(ref snapshot)!.Registration;
        var configuration = Current;
        Volatile.Write(ref readAt, now);
        return configuration;
    }

    /// <summary>
    /// Gets the current configuration with credentials: a client that registers itself is registered first. For callers that send requests
    /// as the client or look up its grants.
    /// </summary>
    /// <exception cref="OptionsValidationException">The options are invalid.</exception>
    /// <exception cref="OAuthException">The client cannot be registered.</exception>
    public ValueTask<ClientConfiguration> GetRegisteredAsync(CancellationToken cancellationToken) =>
        GetRegisteredAsync(Current, cancellationToken);

    /// <summary>Gets the configuration with credentials, from a copy that may be one second old.</summary>
    /// <param name="now">The current time in UTC ticks.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <exception cref="OptionsValidationException">The options are invalid.</exception>
    /// <exception cref="OAuthException">The client cannot be registered.</exception>
    public ValueTask<ClientConfiguration> GetRegisteredAsync(long now, CancellationToken cancellationToken) =>
        GetRegisteredAsync(GetCached(now), cancellationToken);

    /// <summary>
    /// Gets the configuration with credentials if the client can be registered, and without them otherwise. For operations that must not
    /// fail then, such as signing a user out.
    /// </summary>
    /// <exception cref="OptionsValidationException">The options are invalid.</exception>
    public async ValueTask<ClientConfiguration> TryGetRegisteredAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OptionsValidationException && !cancellationToken.IsCancellationRequested)
        {
            return Current;
        }
    }

    /// <summary>Sets the delegate that registers a client without a configured identifier.</summary>
    public void SetRegistrar(Func<ClientConfiguration, CancellationToken, ValueTask<ClientConfiguration>> register) => registrar = register;

    /// <summary>Replaces the registered credentials.</summary>
    public void SetCredentials(DynamicClient? client)
    {
        Volatile.Write(ref registered, client);
        Volatile.Write(ref readAt, long.MinValue);
    }

    /// <summary>Adds the credentials to the configuration that an operation started with.</summary>
    /// <exception cref="OAuthException">The client cannot be registered.</exception>
    public ValueTask<ClientConfiguration> GetRegisteredAsync(ClientConfiguration current, CancellationToken cancellationToken) =>
        current.DynamicRegistration is null || registrar is null ? new(current) : registrar(current, cancellationToken);

    private Snapshot Read()
    {
        // This call may create the options, which all callers share, so it does not run in the caller's execution context.
        var current = BackgroundWork.RunIsolated((options, name), static state => state.options.Get(state.name));
        var client = Volatile.Read(ref registered);
        var known = Volatile.Read(ref snapshot);
        if (known is not null && ReferenceEquals(known.Options, current) && ReferenceEquals(known.Client, client))
            return known;
        // The part that depends on the options alone is kept when only the credentials change.
        var described =
            known is not null && ReferenceEquals(known.Options, current)
                ? known.Described
                : new ClientConfiguration(name, current, conflicts);
        var fresh = new Snapshot(current, client, described, described.WithRegisteredCredentials(client));
        // Of concurrent first readers one wins: caches such as the metadata compare configurations by reference.
        return ReferenceEquals(Interlocked.CompareExchange(ref snapshot, fresh, known), known) ? fresh : Read();
    }

    private sealed record Snapshot(
        OAuthClientOptions Options,
        DynamicClient? Client,
        ClientConfiguration Described,
        ClientConfiguration Registration
    );
}
