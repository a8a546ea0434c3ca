using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>The registration as it stands now: a reloaded configuration, such as a rotated client secret, needs no restart.</summary>
internal sealed class ClientConfigurationProvider
{
    // A cache of options that somebody cleared, or a change that turned out wrong, is not announced.
    private const long RefreshInterval = TimeSpan.TicksPerSecond;

    private readonly string name;
    private readonly IOptionsMonitor<OAuthClientOptions> options;
    private readonly RedirectUriConflictDetector shared;
    private Func<ClientConfiguration, CancellationToken, ValueTask<ClientConfiguration>>? registrar;
    private DynamicClient? registered;
    private Snapshot? snapshot;
    private long askedAt = long.MinValue;

    public ClientConfigurationProvider(string name, IOptionsMonitor<OAuthClientOptions> options, RedirectUriConflictDetector shared)
    {
        (this.name, this.options, this.shared) = (name, options, shared);
        options.OnChange((_, _) => Volatile.Write(ref askedAt, long.MinValue));
    }

    public string Name => name;

    /// <exception cref="OptionsValidationException">The options are wrong; the message says what to write.</exception>
    public ClientConfiguration Current => Read().Registration;

    /// <summary>The same for those who ask with every request: what was asked within the last second is taken to stand, unless a change was announced.</summary>
    /// <param name="now">In UTC ticks.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message says what to write.</exception>
    public ClientConfiguration GetCached(long now)
    {
        // Unsigned, so that a clock that was set back does not keep it standing.
        if ((ulong)(now - Volatile.Read(ref askedAt)) < RefreshInterval)
            return Volatile.Read(ref snapshot)!.Registration;
        var configuration = Current;
        Volatile.Write(ref askedAt, now);
        return configuration;
    }

    /// <summary>
    /// The same for whoever speaks to the server in the client's name, or looks for what belongs to it: a client that registers itself
    /// is registered by then.
    /// </summary>
    /// <exception cref="OptionsValidationException">The options are wrong; the message says what to write.</exception>
    /// <exception cref="OAuthException">The client cannot be registered.</exception>
    public ValueTask<ClientConfiguration> GetRegisteredAsync(CancellationToken cancellationToken) =>
        GetRegisteredAsync(Current, cancellationToken);

    /// <summary>The same for those who ask with every request.</summary>
    /// <param name="now">In UTC ticks.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message says what to write.</exception>
    /// <exception cref="OAuthException">The client cannot be registered.</exception>
    public ValueTask<ClientConfiguration> GetRegisteredAsync(long now, CancellationToken cancellationToken) =>
        GetRegisteredAsync(GetCached(now), cancellationToken);

    /// <summary>The same for what must not fail because the client cannot be registered just now: a user who wants to leave.</summary>
    /// <exception cref="OptionsValidationException">The options are wrong; the message says what to write.</exception>
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

    /// <summary>Says who registers a client that has no identifier of its own.</summary>
    public void SetRegistrar(Func<ClientConfiguration, CancellationToken, ValueTask<ClientConfiguration>> who) => registrar = who;

    /// <summary>From now on these are its credentials.</summary>
    public void SetCredentials(DynamicClient? client)
    {
        Volatile.Write(ref registered, client);
        Volatile.Write(ref askedAt, long.MinValue);
    }

    private ValueTask<ClientConfiguration> GetRegisteredAsync(ClientConfiguration current, CancellationToken cancellationToken) =>
        current.DynamicRegistration is null || registrar is null ? new(current) : registrar(current, cancellationToken);

    private Snapshot Read()
    {
        // The options may be made now, and serve all callers.
        var current = BackgroundWork.RunIsolated((options, name), static all => all.options.Get(all.name));
        var client = Volatile.Read(ref registered);
        var known = Volatile.Read(ref snapshot);
        if (known is not null && ReferenceEquals(known.Options, current) && ReferenceEquals(known.Client, client))
            return known;
        // What hangs on the options alone is kept when only the credentials are others.
        var described =
            known is not null && ReferenceEquals(known.Options, current) ? known.Described : new ClientConfiguration(name, current, shared);
        var fresh = new Snapshot(current, client, described, described.WithRegisteredCredentials(client));
        // Of several first readers one wins: what hangs on the registration's identity, such as discovered metadata, is made once.
        return ReferenceEquals(Interlocked.CompareExchange(ref snapshot, fresh, known), known) ? fresh : Read();
    }

    private sealed record Snapshot(
        OAuthClientOptions Options,
        DynamicClient? Client,
        ClientConfiguration Described,
        ClientConfiguration Registration
    );
}
