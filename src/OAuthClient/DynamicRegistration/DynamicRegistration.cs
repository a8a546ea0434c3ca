namespace OAuthClient;

/// <summary>
/// Creates, reads, updates and deletes the registration of a client that registers itself (RFC 7591, RFC 7592). The library registers the
/// client when it is first needed; this class does so explicitly. It is registered by <c>RegisterDynamically</c>, as a keyed service under
/// the client's name, and also without a key if there is only one client or an unnamed one.
/// </summary>
public sealed class DynamicRegistration
{
    private readonly ClientConfigurationProvider configuration;
    private readonly RegistrationEndpointClient endpoint;
    private readonly RegistrationLifecycle lifecycle;
    private readonly DynamicClientPersistence persistence;
    private readonly SingleFlight<string, DynamicClient?> flights = new();

    internal DynamicRegistration(
        ClientConfigurationProvider configuration,
        RegistrationEndpointClient endpoint,
        RegistrationLifecycle lifecycle,
        DynamicClientPersistence persistence
    )
    {
        (this.configuration, this.endpoint, this.lifecycle, this.persistence) = (configuration, endpoint, lifecycle, persistence);
        configuration.SetRegistrar(GetRegisteredAsync);
    }

    /// <summary>
    /// Registers the client, unless this node or another has registered it (RFC 7591 §3). The library does so itself before the first token
    /// request or authorization.
    /// </summary>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. A cancelled call stops waiting; the registration continues for other callers.
    /// </param>
    /// <returns>The registered client.</returns>
    /// <exception cref="EndpointException">The server refused the request.</exception>
    /// <exception cref="OAuthException">
    /// The server has no registration endpoint, or registered metadata with which this client cannot work.
    /// </exception>
    public async Task<DynamicClient> RegisterAsync(CancellationToken cancellationToken = default) =>
        (await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false)).Registered!;

    /// <summary>
    /// Reads the registration at the server (RFC 7592 §2.1). The client uses the result from then on, including any new credentials.
    /// </summary>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. A cancelled call stops waiting; the operation continues.
    /// </param>
    /// <returns>The client as the server has registered it.</returns>
    /// <exception cref="EndpointException">The server refused the request; with status 401 it no longer knows the client.</exception>
    /// <exception cref="OAuthException">
    /// The client is not registered, or the server issued no registration access token to manage it with.
    /// </exception>
    public async Task<DynamicClient> ReadAsync(CancellationToken cancellationToken = default) =>
        (await ManageAsync(current => lifecycle.ReadAsync(current, CancellationToken.None)!, cancellationToken).ConfigureAwait(false))!;

    /// <summary>
    /// Updates the registration at the server to the current options (RFC 7592 §2.2), for example after a change of the redirect URI.
    /// </summary>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. A cancelled call stops waiting; the operation continues.
    /// </param>
    /// <returns>The client as the server has registered it.</returns>
    /// <exception cref="EndpointException">The server refused the request; with status 401 it no longer knows the client.</exception>
    /// <exception cref="OAuthException">
    /// The client is not registered, or the server issued no registration access token to manage it with.
    /// </exception>
    public async Task<DynamicClient> UpdateAsync(CancellationToken cancellationToken = default) =>
        (await ManageAsync(current => lifecycle.UpdateAsync(current, CancellationToken.None)!, cancellationToken).ConfigureAwait(false))!;

    /// <summary>
    /// Deletes the client at the server (RFC 7592 §2.3) if the server supports it, and removes it from the store. The users' grants end
    /// with it. The client is registered again when it is next needed. A client that the server no longer knows is no error. Other nodes
    /// that share the store detect the deletion within a minute.
    /// </summary>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. A cancelled call stops waiting; the operation continues.
    /// </param>
    /// <returns>A task that completes when the client is deleted.</returns>
    /// <exception cref="EndpointException">The server refused the request; the client remains registered and stored.</exception>
    /// <exception cref="OAuthException">The client is not registered.</exception>
    public Task DeleteAsync(CancellationToken cancellationToken = default) =>
        ManageAsync(
            async current =>
            {
                // A client that cannot be managed is removed from the store only.
                if (current.Registered!.CanBeManaged)
                    await endpoint.DeleteAsync(current.Registered, current, CancellationToken.None).ConfigureAwait(false);
                await persistence.RemoveAsync(current.Registered).ConfigureAwait(false);
                return null;
            },
            cancellationToken,
            allowUnmanageable: true
        );

    // Nearly every call completes synchronously.
    private ValueTask<ClientConfiguration> GetRegisteredAsync(ClientConfiguration current, CancellationToken cancellationToken)
    {
        if (!lifecycle.IsUsable(current))
            return new(PrepareAsync(cancellationToken));
        if (lifecycle.IsPollDue())
            flights.JoinOrStart(configuration.Name, PollStoreAsync, out _);
        return new(current);
    }

    // Returns null, so that a caller of PrepareAsync that joined the poll does not take it for its own result.
    private async Task<DynamicClient?> PollStoreAsync()
    {
        await lifecycle.PollStoreAsync(CancellationToken.None).ConfigureAwait(false);
        return null;
    }

    private async Task<ClientConfiguration> PrepareAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await flights
                .RunExclusiveAsync(
                    configuration.Name,
                    () => lifecycle.PrepareAsync(CancellationToken.None)!,
                    accepts: static client => client is not null,
                    cancellationToken
                )
                .ConfigureAwait(false);
            // A concurrent DeleteAsync may have removed the registration since.
            if (configuration.Current is { Registered: not null } current)
                return current;
        }
    }

    // One operation at a time, because a server may replace the registration access token with each response.
    private Task<DynamicClient?> ManageAsync(
        Func<ClientConfiguration, Task<DynamicClient?>> work,
        CancellationToken cancellationToken,
        bool allowUnmanageable = false
    ) =>
        flights.RunExclusiveAsync(
            configuration.Name,
            async () =>
            {
                var current = configuration.Current;
                var known = await persistence.FindAsync(current, CancellationToken.None).ConfigureAwait(false);
                return known switch
                {
                    null => throw new OAuthException(
                        $"{current.DisplayName} is not registered at {current.ServerId}; call RegisterAsync first."
                    ),
                    { CanBeManaged: false } when !allowUnmanageable => throw new OAuthException(
                        $"{current.ServerId} issued no registration_client_uri and registration_access_token, so the "
                            + "registration cannot be managed (RFC 7592). Change it at the server."
                    ),
                    _ => await work(current.WithRegisteredCredentials(known)).ConfigureAwait(false),
                };
            },
            accepts: null,
            cancellationToken
        );
}
