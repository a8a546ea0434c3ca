using System.Net;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Decides when a client is registered and when it is registered again. The server treats each new registration as another client, and all
/// users lose their grants, so the store and the existing registration are read first.
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
    // Limits the number of clients at a server that loses its registrations.
    private static readonly TimeSpan ReregistrationCooldown = TimeSpan.FromMinutes(10);

    // The time between two checks of a registration that is in doubt but still usable.
    private static readonly TimeSpan RecheckInterval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PauseAfterError = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseAfterRefusal = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MaximumRenewalWindow = TimeSpan.FromHours(1);

    // The time within which a client that another node registered or deleted is detected.
    private static readonly TimeSpan StorePollInterval = TimeSpan.FromMinutes(1);

    private long nextCheckAt;
    private long storePolledAt;
    private Failure? failure;

    /// <summary>Determines whether there are credentials and no check of them is due.</summary>
    public bool IsUsable(ClientConfiguration current)
    {
        if (current.Registered is not { } client)
            return false;
        var now = time.GetUtcNow();
        return now.UtcTicks < Volatile.Read(ref nextCheckAt) || (!current.IsRefused && !persistence.IsUnsaved && !ExpiresSoon(client, now));
    }

    /// <summary>
    /// Determines whether the store must be polled for a client of another node. Of concurrent callers one receives <see langword="true"/>.
    /// </summary>
    public bool IsPollDue()
    {
        long now = time.GetUtcNow().UtcTicks;
        long before = Volatile.Read(ref storePolledAt);
        // Unsigned, so that the poll is also due when the clock is set back.
        return (ulong)(now - before) >= (ulong)StorePollInterval.Ticks
            && Interlocked.CompareExchange(ref storePolledAt, now, before) == before;
    }

    /// <summary>Reads changes of other nodes from the store while the client is in use.</summary>
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

    /// <summary>
    /// Obtains usable credentials: from the store, by renewing the registration, or by registering the client. Not called concurrently.
    /// </summary>
    public async Task<DynamicClient> PrepareAsync(CancellationToken cancellationToken)
    {
        var current = configuration.Current;
        if (IsUsable(current))
            return current.Registered!;
        if (failure is { } known && known.IsFor(current) && time.GetUtcNow() < known.Until)
            known.Error.Throw();
        try
        {
            var client = await FindAsync(current, cancellationToken).ConfigureAwait(false);
            failure = null;
            return client;
        }
        catch (Exception exception) when (current.Registered is not { } old || IsExpired(old, time.GetUtcNow()))
        {
            var pause = exception is OAuthException ? PauseAfterRefusal : PauseAfterError;
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
            Volatile.Write(ref storePolledAt, time.GetUtcNow().UtcTicks);
            Volatile.Write(ref nextCheckAt, (time.GetUtcNow() + RecheckInterval).UtcTicks);
        }
    }

    /// <summary>Updates the registration at the server to the current options.</summary>
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
            return await RegisterAsync(current, replaced: null, cancellationToken).ConfigureAwait(false);
        // The refused credentials may differ from the stored ones, which another node may have replaced.
        bool isRefused = current.IsRefused && DynamicClientPersistence.IsSame(known, current.Registered);
        bool isUsable = RegistrationResponseReader.FindMismatch(known.Metadata, current) is null;
        if (!isRefused && isUsable && !ExpiresSoon(known, time.GetUtcNow()))
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
        bool mustReplace = isRefused ? now - known.RegisteredAt >= ReregistrationCooldown : !isUsable || IsExpired(known, now);
        if (!mustReplace)
            return known;
        Log.RegisteredAnew(logger, current.Name, ReasonToRegister(known, isRefused, isUsable));
        return await RegisterAsync(current, known, cancellationToken).ConfigureAwait(false);
    }

    private static string ReasonToRegister(DynamicClient known, bool isRefused, bool isUsable) =>
        isRefused && known.CanBeManaged ? "the server no longer has its registration"
        : isRefused ? $"the token endpoint refused it twice, at least {CredentialRefusals.ConfirmationPeriod.TotalMinutes} minutes apart"
        : !isUsable ? "its registration does not fit the options, and the server did not update it"
        : "its secret expired, and the server did not renew it";

    /// <summary>Renews the registration by reading it, and by updating it if necessary.</summary>
    /// <returns>
    /// The client; <see langword="null"/> if the server no longer knows the client or did not renew its secret.
    /// </returns>
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
            if (!isUsable || ExpiresSoon(known, time.GetUtcNow()))
                known = await UpdateAsync(current.WithRegisteredCredentials(known), cancellationToken).ConfigureAwait(false);
            return IsExpired(known, time.GetUtcNow()) ? null : known;
        }
        // A client that the token endpoint refused as well is deleted. A refusal by this endpoint alone may mean that another node has just
        // replaced the registration access token.
        catch (EndpointException refusal)
            when ((isRefused && refusal.StatusCode == HttpStatusCode.Unauthorized) || IsExpired(known, time.GetUtcNow()) || !isUsable)
        {
            return null;
        }
    }

    private async Task<DynamicClient> RegisterAsync(
        ClientConfiguration current,
        DynamicClient? replaced,
        CancellationToken cancellationToken
    )
    {
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        var created = (await endpoint.RegisterAsync(current, server, cancellationToken).ConfigureAwait(false)).AfterGeneration(
            replaced?.Generation ?? 0
        );
        var inUse = await persistence.SaveAsync(created).ConfigureAwait(false);
        if (inUse.ClientId == created.ClientId)
            Log.Registered(logger, current.Name);
        else if (created.CanBeManaged)
            await DiscardAsync(created, current, cancellationToken).ConfigureAwait(false);
        return inUse;
    }

    // Another node saved its client first, so this one is never used.
    private async Task DiscardAsync(DynamicClient unused, ClientConfiguration current, CancellationToken cancellationToken)
    {
        try
        {
            await endpoint.DeleteAsync(unused, current, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // An unused client at the server does no harm.
        }
    }

    private static bool IsExpired(DynamicClient client, DateTimeOffset now) => client.SecretExpiresAt <= now;

    private static bool ExpiresSoon(DynamicClient client, DateTimeOffset now) =>
        client.SecretExpiresAt is { } end
        && end - now <= TimeSpan.FromTicks(Math.Min((end - client.SecretIssuedAt).Ticks / 5, MaximumRenewalWindow.Ticks));

    private sealed record Failure(DynamicRegistrationOptions? Options, ExceptionDispatchInfo Error, DateTimeOffset Until)
    {
        // A changed configuration is tried at once.
        public bool IsFor(ClientConfiguration current) => ReferenceEquals(Options, current.DynamicRegistration);
    }
}
