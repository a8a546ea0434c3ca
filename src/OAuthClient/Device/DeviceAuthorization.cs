namespace OAuthClient;

/// <summary>
/// Obtains a grant for a device or program without a browser: the user enters a code in the browser of another device (device authorization
/// grant, RFC 8628). <c>AddOAuthClient</c> registers it together with <see cref="IOAuthClient"/>, under the same name. All members are
/// thread-safe.
/// </summary>
/// <example>
/// A command-line program signs its user in.
/// <code language="csharp"><![CDATA[
/// using Microsoft.Extensions.DependencyInjection;
/// using OAuthClient;
///
/// var services = new ServiceCollection();
/// services.AddOAuthClient(o =>
/// {
///     o.Issuer = new Uri("https://accounts.example.com");
///     o.ClientId = "12345";
///     o.Scopes = ["openid", "offline_access", "photos.read"];
/// });
/// await using var provider = services.BuildServiceProvider();
/// var device = provider.GetRequiredService<DeviceAuthorization>();
///
/// var pending = await device.BeginAsync();
/// Console.WriteLine($"Open {pending.VerificationUri} and enter the code {pending.UserCode}");
/// Grant grant = await device.CompleteAsync(pending);
/// Console.WriteLine($"Connected as {grant.Account?.Name}.");
/// ]]></code>
/// </example>
public sealed class DeviceAuthorization
{
    private readonly ClientConfigurationProvider configuration;
    private readonly ServerMetadataCache metadata;
    private readonly DPoPKeyProvider keys;
    private readonly DeviceAuthorizationEndpointClient endpoint;
    private readonly DeviceCodeRedeemer redeemer;
    private readonly ClientTelemetry telemetry;

    internal DeviceAuthorization(
        ClientConfigurationProvider configuration,
        ServerMetadataCache metadata,
        DPoPKeyProvider keys,
        DeviceAuthorizationEndpointClient endpoint,
        DeviceCodeRedeemer redeemer,
        ClientTelemetry telemetry
    )
    {
        (this.configuration, this.metadata, this.keys) = (configuration, metadata, keys);
        (this.endpoint, this.redeemer, this.telemetry) = (endpoint, redeemer, telemetry);
    }

    /// <summary>Requests a device code, and the user code to show to the user (RFC 8628 §3.1).</summary>
    /// <param name="parameters">The parameters in addition to the options; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The pending device authorization. It belongs to this process and cannot be serialized.</returns>
    /// <exception cref="ArgumentException">A scope, a resource or a parameter is malformed, or a parameter is reserved.</exception>
    /// <exception cref="EndpointException">The server refused the request.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The response lacks a member, or states an address that is neither https nor http on a loopback address.
    /// </exception>
    /// <exception cref="OAuthException">The server has no device authorization endpoint.</exception>
    public async Task<PendingDeviceAuthorization> BeginAsync(
        DeviceAuthorizationParameters? parameters = null,
        CancellationToken cancellationToken = default
    )
    {
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        // The user would authorize in vain if the tokens could not be requested or validated.
        server.FindValid(ServerEndpoint.Token);
        parameters ??= DeviceAuthorizationParameters.None;
        if ((parameters.Scopes ?? current.Scopes).Contains(ScopeList.OpenId))
            IdTokenValidator.ValidateKeyAddress(server, current);
        var key = keys.FindForNewGrant(current);
        if (key is not null)
            server.EnsureAcceptsProofsOf(keys.SignerOf(key).Algorithm);
        return await endpoint.BeginAsync(parameters, key, current, server, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until the user has responded, validates the ID Token and stores the grant (RFC 8628 §3.4, §3.5). Concurrent and later calls
    /// for the same device authorization share the polls and return the same grant.
    /// </summary>
    /// <remarks>
    /// It polls the token endpoint at the interval that the server states, and less often if the server requests it or does not respond.
    /// </remarks>
    /// <param name="pending">The result of <see cref="BeginAsync"/> of this client.</param>
    /// <param name="owner">
    /// The owner of the grant; <see langword="null"/> for the user whom the ID Token names, which needs the scope <c>openid</c>.
    /// </param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. A cancelled call stops waiting, and no further poll begins. If the poll in progress
    /// returns the tokens, the grant is stored nevertheless.
    /// </param>
    /// <returns>The stored grant.</returns>
    /// <exception cref="ArgumentException">
    /// The device authorization belongs to another client, or is completed for another owner. The owner is the client itself. Or it is
    /// <see langword="null"/>, and the scope <c>openid</c> was not requested.
    /// </exception>
    /// <exception cref="AuthorizationResponseException">
    /// The user refused (<see cref="AuthorizationResponseException.IsAccessDenied"/>).
    /// </exception>
    /// <exception cref="ReauthorizationRequiredException">
    /// The device code has expired or was used. Begin a new device authorization.
    /// </exception>
    /// <exception cref="TokenEndpointException">The server refused the request for another reason.</exception>
    /// <exception cref="OAuthProtocolException">The token response or the ID Token is not valid.</exception>
    public async Task<Grant> CompleteAsync(
        PendingDeviceAuthorization pending,
        GrantOwner? owner = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(pending);
        owner?.EnsureResourceOwner();
        if (pending.Configuration.Name != configuration.Name)
            throw new ArgumentException(
                $"The device authorization belongs to {pending.Configuration.DisplayName}; complete it with the DeviceAuthorization of "
                    + "that client.",
                nameof(pending)
            );
        if (owner is null && !pending.RequestsIdToken)
            throw new ArgumentException(
                "Only an ID Token states which user approved; add the scope openid, or pass the owner of the grant.",
                nameof(owner)
            );
        pending.Bind(owner);
        using var operation = telemetry.CompleteDeviceAuthorization();
        try
        {
            return await redeemer.RedeemAsync(pending, owner, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            operation?.Fail(exception);
            throw;
        }
    }

    /// <summary>Waits for the polls in progress, whose tokens must be stored.</summary>
    internal Task DrainAsync(CancellationToken cancellationToken) => redeemer.DrainAsync(cancellationToken);
}
