using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>The registration as it stands now: a reloaded configuration, such as a rotated client secret, needs no restart.</summary>
internal sealed class CurrentRegistration
{
    // A cache of options that somebody cleared, or a change that turned out wrong, is not announced.
    private const long LongestTrust = TimeSpan.TicksPerSecond;

    private readonly string name;
    private readonly IOptionsMonitor<OAuthClientOptions> options;
    private readonly SharedRedirectUris shared;
    private Snapshot? snapshot;
    private long askedAt = long.MinValue;

    public CurrentRegistration(string name, IOptionsMonitor<OAuthClientOptions> options, SharedRedirectUris shared)
    {
        (this.name, this.options, this.shared) = (name, options, shared);
        options.OnChange((_, _) => Volatile.Write(ref askedAt, long.MinValue));
    }

    public string Name => name;

    /// <exception cref="OptionsValidationException">The options are wrong; the message says what to write.</exception>
    public ClientRegistration Value => Read().Registration;

    /// <summary>The same for those who ask with every request: what was asked within the last second is taken to stand, unless a change was announced.</summary>
    /// <exception cref="OptionsValidationException">The options are wrong; the message says what to write.</exception>
    public ClientRegistration At(DateTimeOffset now)
    {
        // Unsigned, so that a clock that was set back does not keep it standing.
        if ((ulong)(now.UtcTicks - Volatile.Read(ref askedAt)) < LongestTrust)
            return Volatile.Read(ref snapshot)!.Registration;
        var registration = Value;
        Volatile.Write(ref askedAt, now.UtcTicks);
        return registration;
    }

    private Snapshot Read()
    {
        var current = options.Get(name);
        var known = Volatile.Read(ref snapshot);
        if (known is not null && ReferenceEquals(known.Options, current))
            return known;
        var fresh = new Snapshot(current, new ClientRegistration(name, current, shared));
        // Of several first readers one wins: what hangs on the registration's identity, such as discovered metadata, is made once.
        return ReferenceEquals(Interlocked.CompareExchange(ref snapshot, fresh, known), known) ? fresh : Read();
    }

    private sealed record Snapshot(OAuthClientOptions Options, ClientRegistration Registration);
}
