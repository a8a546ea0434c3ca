namespace OAuthClient;

/// <summary>
/// The registration of a client that registers itself (<c>RegisterDynamically</c>): made by itself when it is first needed, and here by
/// hand; read, updated and deleted (RFC 7591, RFC 7592). A keyed service of the client's name, without a key where there is only one client.
/// </summary>
public sealed class DynamicRegistration
{
    private readonly ClientConfigurationProvider configuration;
    private readonly RegistrationEndpointClient endpoint;
    private readonly RegistrationLifecycle lifecycle;
    private readonly DynamicClientPersistence persistence;
    private readonly SingleFlight<string, DynamicClient?> flights = new(StringComparer.Ordinal);

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

    /// <summary>Registers the client, unless it is registered already, by this node or another. Without being asked it happens when the first token or authorization is wanted.</summary>
    /// <param name="cancellationToken">Stops waiting; the registration goes on for the others.</param>
    /// <exception cref="EndpointException">The server refused.</exception>
    /// <exception cref="OAuthException">The server has no registration endpoint, or registered what this client cannot be.</exception>
    public async Task<DynamicClient> RegisterAsync(CancellationToken cancellationToken = default) =>
        (await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false)).Registered!;

    /// <summary>Asks the server what it has registered (RFC 7592 §2.1). What it says counts from now on, new credentials included.</summary>
    /// <param name="cancellationToken">Stops waiting; what is under way goes on.</param>
    /// <exception cref="EndpointException">The server refused; with 401 the client is gone there.</exception>
    /// <exception cref="OAuthException">The client is not registered, or the server gave no way to manage it.</exception>
    public async Task<DynamicClient> ReadAsync(CancellationToken cancellationToken = default) =>
        (
            await ManageAsync(
                    async current => await lifecycle.ReadAsync(current, CancellationToken.None).ConfigureAwait(false),
                    cancellationToken
                )
                .ConfigureAwait(false)
        )!;

    /// <summary>Has the server register what the options say now (RFC 7592 §2.2), for example another redirect URI.</summary>
    /// <param name="cancellationToken">Stops waiting; what is under way goes on.</param>
    /// <exception cref="EndpointException">The server refused; with 401 the client is gone there.</exception>
    /// <exception cref="OAuthException">The client is not registered, or the server gave no way to manage it.</exception>
    public async Task<DynamicClient> UpdateAsync(CancellationToken cancellationToken = default) =>
        (
            await ManageAsync(
                    async current => await lifecycle.UpdateAsync(current, CancellationToken.None).ConfigureAwait(false),
                    cancellationToken
                )
                .ConfigureAwait(false)
        )!;

    /// <summary>
    /// Deletes the client at the server (RFC 7592 §2.3), where the server has that, and forgets it here in any case; users' grants end
    /// with it. It is registered anew when it is needed again. That it was gone there before is no error. Other nodes that share the
    /// store hear of it within a minute.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; what is under way goes on.</param>
    /// <exception cref="EndpointException">The server refused; nothing is forgotten then.</exception>
    /// <exception cref="OAuthException">The client is not registered.</exception>
    public Task DeleteAsync(CancellationToken cancellationToken = default) =>
        ManageAsync(
            async current =>
            {
                // Where it cannot be deleted, to forget it is all that can be done, and the way out when the server has lost it.
                if (current.Registered!.CanBeManaged)
                    await endpoint.DeleteAsync(current.Registered, CancellationToken.None).ConfigureAwait(false);
                await persistence.RemoveAsync(current.Registered).ConfigureAwait(false);
                return null;
            },
            cancellationToken,
            mayBeForgotten: true
        );

    // The way of nearly every call: it does not wait.
    private ValueTask<ClientConfiguration> GetRegisteredAsync(ClientConfiguration current, CancellationToken cancellationToken)
    {
        if (!lifecycle.IsUsable(current))
            return new(PrepareAsync(cancellationToken));
        if (lifecycle.IsPollDue())
            flights.JoinOrStart(configuration.Name, PollStoreAsync, out _);
        return new(current);
    }

    // Whoever waits for this has not got what was wanted: a look prepares nothing.
    private async Task<DynamicClient?> PollStoreAsync()
    {
        await lifecycle.PollStoreAsync(CancellationToken.None).ConfigureAwait(false);
        return null;
    }

    private async Task<ClientConfiguration> PrepareAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await RunExclusiveAsync(
                    async () => await lifecycle.PrepareAsync(CancellationToken.None).ConfigureAwait(false),
                    mayBeAnothers: true,
                    cancellationToken
                )
                .ConfigureAwait(false);
            // Whoever manages the registration may have deleted it since.
            if (configuration.Current is { Registered: not null } current)
                return current;
        }
    }

    private Task<DynamicClient?> ManageAsync(
        Func<ClientConfiguration, Task<DynamicClient?>> work,
        CancellationToken cancellationToken,
        bool mayBeForgotten = false
    ) =>
        RunExclusiveAsync(
            async () =>
            {
                var known = await persistence.FindAsync(configuration.Current, CancellationToken.None).ConfigureAwait(false);
                var current = configuration.Current;
                return known switch
                {
                    null => throw new OAuthException(
                        $"{current.DisplayName} is not registered at {current.ConfiguredMetadata.ServerId}; call RegisterAsync first."
                    ),
                    { CanBeManaged: false } when !mayBeForgotten => throw new OAuthException(
                        $"{current.ConfiguredMetadata.ServerId} gave no registration_client_uri and registration_access_token, so the registration cannot be managed (RFC 7592)."
                    ),
                    _ => await work(current.WithRegisteredCredentials(known)).ConfigureAwait(false),
                };
            },
            mayBeAnothers: false,
            cancellationToken
        );

    // One thing at a time: a server may replace the registration access token with every answer. To prepare is the same whoever does it.
    private async Task<DynamicClient?> RunExclusiveAsync(
        Func<Task<DynamicClient?>> work,
        bool mayBeAnothers,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            bool ours = flights.JoinOrStart(configuration.Name, work, out var flight);
            try
            {
                var client = await flight.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (ours || (mayBeAnothers && client is not null))
                    return client;
            }
            catch (Exception) when (!ours && !cancellationToken.IsCancellationRequested)
            {
                // What another wanted failed; its caller hears of it.
            }
        }
    }
}
