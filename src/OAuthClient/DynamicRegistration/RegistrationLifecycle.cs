using System.Net;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Decides when a client registers itself, and when again: each new registration is another client to the server, and costs all users
/// their grants. So whoever can be asked is asked first.
/// </summary>
internal sealed class RegistrationLifecycle(
    ClientConfigurationProvider configuration,
    ServerMetadataCache metadata,
    RegistrationEndpointClient endpoint,
    DynamicClientPersistence persistence,
    TimeProvider time,
    ILogger logger
)
{
    // A server that forgets what it has just registered would be filled with clients.
    private static readonly TimeSpan ReregistrationCooldown = TimeSpan.FromMinutes(10);

    // Between two looks at what is not as it should be, while it is good enough to go on with.
    private static readonly TimeSpan RecheckInterval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaximumRenewalWindow = TimeSpan.FromHours(1);

    // Within which another node's new client, or that it deleted this one, is heard of.
    private static readonly TimeSpan StorePollInterval = TimeSpan.FromMinutes(1);

    private long looksAgainAt;
    private long lookedAt;
    private Failure? failure;

    /// <summary>Whether there are credentials, and nothing is known against them.</summary>
    public bool IsUsable(ClientConfiguration current)
    {
        if (current.Registered is not { } client)
            return false;
        var now = time.GetUtcNow();
        return now.UtcTicks < Volatile.Read(ref looksAgainAt) || (!current.IsRefused && !persistence.IsUnsaved && !EndsSoon(client, now));
    }

    /// <summary>Whether the store has not been asked for a minute, and nobody else was told so: it may know another client by now.</summary>
    public bool IsPollDue()
    {
        long now = time.GetUtcNow().UtcTicks;
        long before = Volatile.Read(ref lookedAt);
        // Unsigned, so that a clock that was set back does not put it off.
        return (ulong)(now - before) >= (ulong)StorePollInterval.Ticks && Interlocked.CompareExchange(ref lookedAt, now, before) == before;
    }

    /// <summary>Asks the store, while the client is in use, what other nodes made of it.</summary>
    public async Task PollStoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            await persistence.FindAsync(configuration.Current, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Log.RegistrationNotCompared(logger, configuration.Name, exception.GetType().Name);
        }
    }

    /// <summary>Has credentials that may be used: found, renewed or new ones. One at a time.</summary>
    public async Task<DynamicClient> PrepareAsync(CancellationToken cancellationToken)
    {
        var current = configuration.Current;
        if (IsUsable(current))
            return current.Registered!;
        if (failure is { } known && known.IsFor(current) && time.GetUtcNow() < known.Until)
            known.Fault.Throw();
        try
        {
            var client = await FindAsync(current, cancellationToken).ConfigureAwait(false);
            failure = null;
            return client;
        }
        catch (Exception exception) when (current.Registered is not { } old || IsOver(old, time.GetUtcNow()))
        {
            var pause = exception is OAuthException ? PauseAfterRefusal : PauseAfterFault;
            failure = new(current.DynamicRegistration, ExceptionDispatchInfo.Capture(exception), time.GetUtcNow() + pause);
            throw;
        }
        catch (Exception exception)
        {
            Log.RegistrationNotRenewed(logger, current.Name, exception.GetType().Name);
            return current.Registered!;
        }
        finally
        {
            Volatile.Write(ref lookedAt, time.GetUtcNow().UtcTicks);
            Volatile.Write(ref looksAgainAt, (time.GetUtcNow() + RecheckInterval).UtcTicks);
        }
    }

    /// <summary>What the options say now, said to the server.</summary>
    public async Task<DynamicClient> UpdateAsync(ClientConfiguration current, CancellationToken cancellationToken)
    {
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        return await persistence
            .SaveAsync(await endpoint.UpdateAsync(current.Registered!, current, server, cancellationToken).ConfigureAwait(false))
            .ConfigureAwait(false);
    }

    public async Task<DynamicClient> ReadAsync(ClientConfiguration current, CancellationToken cancellationToken) =>
        await persistence
            .SaveAsync(await endpoint.ReadAsync(current.Registered!, current, cancellationToken).ConfigureAwait(false))
            .ConfigureAwait(false);

    private async Task<DynamicClient> FindAsync(ClientConfiguration current, CancellationToken cancellationToken)
    {
        if (await persistence.FindAsync(current, cancellationToken).ConfigureAwait(false) is not { } known)
            return await RegisterAsync(current, inPlaceOf: null, cancellationToken).ConfigureAwait(false);
        // What was refused may be no more what is known: another node has been here.
        bool isRefused = current.IsRefused && DynamicClientPersistence.IsSame(known, current.Registered);
        bool isUsable = RegistrationResponseReader.FindMismatch(known.Metadata, current) is null;
        if (!isRefused && isUsable && !EndsSoon(known, time.GetUtcNow()))
            return known;
        if (
            known.CanBeManaged
            && await RenewAsync(current.WithRegisteredCredentials(known), isUsable, isRefused, cancellationToken).ConfigureAwait(false)
                is { } renewed
        )
        {
            if (isRefused)
                Log.RefusedClientKept(logger, current.Name);
            return renewed;
        }
        var now = time.GetUtcNow();
        bool isWorthless = isRefused ? now - known.RegisteredAt >= ReregistrationCooldown : !isUsable || IsOver(known, now);
        if (!isWorthless)
            return known;
        Log.RegisteredAnew(logger, current.Name, ReasonToRegister(known, isRefused, isUsable));
        return await RegisterAsync(current, known, cancellationToken).ConfigureAwait(false);
    }

    private static string ReasonToRegister(DynamicClient known, bool isRefused, bool isUsable) =>
        isRefused && known.CanBeManaged ? "the server no longer has its registration"
        : isRefused ? $"the token endpoint refused it twice, at least {CredentialRefusals.ConfirmationPeriod.TotalMinutes} minutes apart"
        : !isUsable ? "its registration does not fit the options, and the server did not update it"
        : "its secret expired, and the server did not renew it";

    /// <returns><see langword="null"/> when the server is no help: it does not know the client, or leaves its secret to end.</returns>
    private async Task<DynamicClient?> RenewAsync(
        ClientConfiguration current,
        bool isUsable,
        bool isRefused,
        CancellationToken cancellationToken
    )
    {
        var known = current.Registered!;
        try
        {
            if (isUsable)
                known = await ReadAsync(current, cancellationToken).ConfigureAwait(false);
            if (!isUsable || EndsSoon(known, time.GetUtcNow()))
                known = await UpdateAsync(current.WithRegisteredCredentials(known), cancellationToken).ConfigureAwait(false);
            return IsOver(known, time.GetUtcNow()) ? null : known;
        }
        // Refused at the token endpoint and here, it is gone; here alone, another node may just have changed the token.
        catch (EndpointException refusal)
            when ((isRefused && refusal.StatusCode == HttpStatusCode.Unauthorized) || IsOver(known, time.GetUtcNow()) || !isUsable)
        {
            return null;
        }
    }

    private async Task<DynamicClient> RegisterAsync(
        ClientConfiguration current,
        DynamicClient? inPlaceOf,
        CancellationToken cancellationToken
    )
    {
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        var made = (await endpoint.RegisterAsync(current, server, cancellationToken).ConfigureAwait(false)).AfterGeneration(
            inPlaceOf?.Generation ?? 0
        );
        var counts = await persistence.SaveAsync(made).ConfigureAwait(false);
        if (string.Equals(counts.ClientId, made.ClientId, StringComparison.Ordinal))
            Log.Registered(logger, current.Name);
        else if (made.CanBeManaged)
            await DiscardAsync(made, cancellationToken).ConfigureAwait(false);
        return counts;
    }

    // Another node was quicker, and nobody will ever use this one.
    private async Task DiscardAsync(DynamicClient needless, CancellationToken cancellationToken)
    {
        try
        {
            await endpoint.DeleteAsync(needless, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It does no harm there.
        }
    }

    private static bool IsOver(DynamicClient client, DateTimeOffset now) => client.SecretExpiresAt <= now;

    private static bool EndsSoon(DynamicClient client, DateTimeOffset now) =>
        client.SecretExpiresAt is { } end
        && end - now <= TimeSpan.FromTicks(Math.Min((end - client.SecretIssuedAt).Ticks / 5, MaximumRenewalWindow.Ticks));

    private sealed record Failure(DynamicRegistrationOptions? Options, ExceptionDispatchInfo Fault, DateTimeOffset Until)
    {
        // What was mended in the configuration is tried at once.
        public bool IsFor(ClientConfiguration current) => ReferenceEquals(Options, current.DynamicRegistration);
    }
}
