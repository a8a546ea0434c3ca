namespace OAuthClient;

/// <summary>
/// An immutable snapshot of the options and, for a client that registers itself, of its credentials. An operation uses one snapshot from
/// start to end.
/// </summary>
internal sealed class ClientConfiguration
{
    private readonly Lazy<bool> sharesRedirectUri;
    private readonly Lazy<bool> hasOtherServers;
    private readonly Func<CancellationToken, ValueTask<ClientSecret>>? clientSecretProvider;

    /// <param name="name">The client's name in <c>AddOAuthClient</c>.</param>
    /// <param name="options">The options.</param>
    /// <param name="conflicts">Compares the client with the other clients; <see langword="null"/> if there are none.</param>
    public ClientConfiguration(string name, OAuthClientOptions options, RedirectUriConflictDetector? conflicts = null)
    {
        sharesRedirectUri = new(() => conflicts?.AnyFor(name, options) == true);
        hasOtherServers = new(() => conflicts?.HasOtherServers(name, options) == true);
        Name = name;
        ClientId = options.ClientId;
        ClientSecret = string.IsNullOrEmpty(options.ClientSecret) ? null : new ClientSecret(options.ClientSecret);
        ClientAuthentication = ConfiguredAuthentication = options.ClientAuthentication;
        DynamicRegistration = options.DynamicRegistration;
        ClientAssertion = new(options);
        DPoP = new(options);
        clientSecretProvider = options.ClientSecretProvider;
        HasClientCertificate = options.ClientCertificate is not null;
        Issuer = options.Issuer;
        MetadataAddress = options.MetadataAddress;
        IssuerTemplate = options.IssuerTemplate is { } template ? new IssuerTemplate(template, [.. options.AllowedTenants]) : null;
        RedirectUris = options.AllRedirectUris;
        PostLogoutRedirectUri = options.PostLogoutRedirectUri;
        Scopes = [.. options.Scopes.Distinct()];
        Resources = [.. options.Resources.Select(resource => resource.OriginalString).Distinct()];
        AuthorizationDetails = options.AuthorizationDetails is { } details ? AuthorizationDetails.Parse(details) : null;
        Adaptation = ServerAdaptation.From(options.Adaptation);
        AuthorizationParameters = [.. options.AuthorizationParameters];
        TokenParameters = [.. options.TokenParameters];
        RefreshParameters =
        [
            .. options.TokenParameters.Where(p => !options.RefreshParameters.ContainsKey(p.Key)),
            .. options.RefreshParameters,
        ];
        RevocationParameters = [.. options.RevocationParameters];
        ResponseMode = options.ResponseMode;
        UsesFapi2 = options.Fapi2;
        PushedAuthorization = UsesFapi2 ? PushedAuthorizationUse.Always : options.PushedAuthorization;
        FetchAccount = options.FetchAccount;
        SignedAuthorizationRequests = options.SignedAuthorizationRequests;
        Ed25519 = options.Ed25519;
        Algorithms = new(options);
        TrustedAudiences = [.. options.TrustedAudiences];
        ClockTolerance = options.ClockTolerance;
        DecryptionKeys = [.. options.DecryptionKeys.Select(DecryptionKey.Read)];
        SignedIntrospectionResponses = options.SignedIntrospectionResponses;
        PendingAuthorizationLifetime = options.PendingAuthorizationLifetime;
        SignInLifetime = options.SignInLifetime;
        RevokeSupersededGrants = options.RevokeSupersededGrants;
        DefaultAccessTokenLifetime = options.DefaultAccessTokenLifetime;
        BackChannelDeadline = options.BackChannelDeadline;
        BackChannelAttemptTimeout = options.BackChannelAttemptTimeout ?? options.BackChannelDeadline / 3;
        var defaultLease = BackChannelDeadline * 3 / 2;
        RefreshLease =
            options.RefreshLease ?? (options.RefreshTokenGracePeriod * 3 / 4 is { } limit && limit < defaultLease ? limit : defaultLease);
        RefreshDeadline = RefreshLease * 2 / 3 < BackChannelDeadline ? RefreshLease * 2 / 3 : BackChannelDeadline;
        Cleartext = options.Cleartext;
        ConfiguredMetadata = new()
        {
            Issuer = options.Issuer?.OriginalString,
            IssuerTemplate = IssuerTemplate,
            Endpoints = ServerEndpoint.FindAll(endpoint => endpoint.ConfiguredIn(options)),
        };
        ServerId = ConfiguredMetadata.ServerId;
    }

    public string Name { get; }

    /// <summary>Gets the client identifier; empty while a client that registers itself is not registered.</summary>
    public string ClientId { get; private set; }

    /// <summary>Gets the secret; <see langword="null"/> if there is none, or the application provides it for each request.</summary>
    public ClientSecret? ClientSecret { get; private set; }

    /// <summary>Gets a value indicating whether the client has a secret, or the application provides one.</summary>
    public bool HasClientSecret => ClientSecret is not null || clientSecretProvider is not null;

    /// <summary>Gets a value indicating whether the client is confidential: its requests authenticate it (RFC 6749 §2.1).</summary>
    public bool IsConfidential =>
        ClientType.IsConfidential(ClientAuthentication, hasCredentials: HasClientSecret || HasClientCertificate || ClientAssertion.CanSign);

    /// <summary>Gets the assertions by which the client authenticates.</summary>
    public ClientAssertionSettings ClientAssertion { get; }

    /// <summary>Gets the keys that tokens are bound to.</summary>
    public DPoPSettings DPoP { get; }

    public ClientAuthenticationMethod? ClientAuthentication { get; private set; }

    /// <summary>Gets the authentication method of the options, which the registered one may differ from.</summary>
    public ClientAuthenticationMethod? ConfiguredAuthentication { get; }

    /// <summary>
    /// Gets the metadata of a client that registers itself; <see langword="null"/> for a client with a configured identifier.
    /// </summary>
    public DynamicRegistrationOptions? DynamicRegistration { get; }

    /// <summary>Gets the registration that the credentials come from; <see langword="null"/> before the client is registered.</summary>
    public DynamicClient? Registered { get; private set; }

    /// <summary>Gets the refusals of these credentials by the token endpoint.</summary>
    public CredentialRefusals Refusals { get; private set; } = new();

    /// <summary>
    /// Gets whether the registration is in doubt because the token endpoint refused its credentials: once, where the registration can be
    /// read (RFC 7592), which decides; otherwise when a second refusal confirmed the first.
    /// </summary>
    public bool IsRefused => Registered is { } client && (client.CanBeManaged ? Refusals.Any : Refusals.IsConfirmed);

    /// <summary>
    /// Gets whether the back channel presents a certificate. Requests then go to the server's <c>mtls_endpoint_aliases</c> (RFC 8705 §5).
    /// </summary>
    public bool HasClientCertificate { get; }

    public Uri? Issuer { get; }

    /// <summary>Gets the address of the metadata; <see langword="null"/> for the well-known addresses of the issuer.</summary>
    public Uri? MetadataAddress { get; }

    /// <summary>Gets the template of the tenants' issuers; <see langword="null"/> for a server with one issuer.</summary>
    public IssuerTemplate? IssuerTemplate { get; }

    /// <summary>Gets the redirect URIs, the default one first; empty for a client that uses client credentials only.</summary>
    public IReadOnlyList<Uri> RedirectUris { get; }

    public Uri? PostLogoutRedirectUri { get; }
    public IReadOnlyList<string> Scopes { get; }
    public IReadOnlyList<string> Resources { get; }

    /// <summary>Gets the authorization details that are requested unless a call states others (RFC 9396).</summary>
    public AuthorizationDetails? AuthorizationDetails { get; }

    /// <summary>Gets how the server deviates from the specifications.</summary>
    public ServerAdaptation Adaptation { get; }

    public IReadOnlyList<KeyValuePair<string, string>> AuthorizationParameters { get; }
    public IReadOnlyList<KeyValuePair<string, string>> TokenParameters { get; }

    /// <summary>Gets the further parameters of refresh requests, those of all token requests included.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> RefreshParameters { get; }

    public IReadOnlyList<KeyValuePair<string, string>> RevocationParameters { get; }
    public string? ResponseMode { get; }

    /// <summary>Gets a value indicating whether authorization responses must be JWTs (JWT Secured Authorization Response Mode).</summary>
    public bool ExpectsSignedResponse => ResponseMode is "jwt" or "query.jwt" or "form_post.jwt";

    /// <summary>Gets a value indicating whether the client conforms to the FAPI 2.0 Security Profile.</summary>
    public bool UsesFapi2 { get; }

    public PushedAuthorizationUse PushedAuthorization { get; }
    public bool FetchAccount { get; }
    public bool SignedAuthorizationRequests { get; }

    /// <summary>Gets the registered implementation of Ed25519; <see langword="null"/> without one.</summary>
    public IEd25519? Ed25519 { get; }

    /// <summary>Gets the algorithms that may sign the server's JWTs.</summary>
    public AcceptedAlgorithms Algorithms { get; private set; }

    /// <summary>Gets the audiences that may stand beside this client in a token.</summary>
    public IReadOnlyList<string> TrustedAudiences { get; }

    /// <summary>Gets the accepted difference of the clocks.</summary>
    public TimeSpan ClockTolerance { get; }
    public IReadOnlyList<DecryptionKey> DecryptionKeys { get; }
    public bool SignedIntrospectionResponses { get; }
    public TimeSpan PendingAuthorizationLifetime { get; }
    public TimeSpan SignInLifetime { get; }
    public bool RevokeSupersededGrants { get; }
    public TimeSpan DefaultAccessTokenLifetime { get; }
    public TimeSpan BackChannelDeadline { get; }
    public TimeSpan BackChannelAttemptTimeout { get; }
    public TimeSpan RefreshLease { get; }

    /// <summary>
    /// Gets the deadline of a refresh request. It is shorter than the lease, so that no other node presents the same refresh token.
    /// </summary>
    public TimeSpan RefreshDeadline { get; }

    /// <summary>Gets the addresses of the server that are used by plain <c>http</c>.</summary>
    public CleartextPolicy Cleartext { get; }

    /// <summary>Gets whether callbacks of another server arrive at the same redirect URI.</summary>
    public bool SharesRedirectUri => sharesRedirectUri.Value;

    /// <summary>Gets whether there is a client at another server, so that the two servers' callbacks must be told apart.</summary>
    public bool HasOtherServers => hasOtherServers.Value;

    /// <summary>Gets the endpoints that the options set.</summary>
    public AuthorizationServerMetadata ConfiguredMetadata { get; }

    /// <summary>Gets the identifier of the server, computed once because each API call compares it.</summary>
    public string ServerId { get; }

    public bool UsesDiscovery =>
        Issuer is not null && (MetadataAddress is not null || ConfiguredMetadata.Find(ServerEndpoint.Token) is null);

    /// <summary>Returns a copy with the registered credentials, or this instance if they belong to another server.</summary>
    public ClientConfiguration WithRegisteredCredentials(DynamicClient? registered)
    {
        if (DynamicRegistration is null || registered?.Server != ServerId)
            return this;
        var copy = (ClientConfiguration)MemberwiseClone();
        (copy.ClientId, copy.ClientSecret, copy.ClientAuthentication) = (
            registered!.ClientId,
            registered.ClientSecret,
            registered.Authentication
        );
        (copy.Registered, copy.Refusals) = (registered, new());
        copy.Algorithms = Algorithms.RegisteredAs(registered.Metadata);
        return copy;
    }

    /// <summary>Gets the secret for one attempt of a request.</summary>
    public ValueTask<ClientSecret> GetClientSecretAsync(CancellationToken cancellationToken) =>
        ClientSecret is { } secret ? new(secret) : clientSecretProvider!(cancellationToken);

    /// <summary>Reads a clock for the validation of the times in a JWT.</summary>
    public ClockReading Read(TimeProvider clock) => new(clock.GetUtcNow(), ClockTolerance);

    /// <summary>Gets the name of the client for messages.</summary>
    public string DisplayName => ClientDisplayName.Of(Name);

    /// <summary>Creates the exception that asks the application for a new authorization of this client.</summary>
    /// <param name="reason">The reason, as part of a sentence.</param>
    /// <param name="inner">The cause; <see langword="null"/> without one.</param>
    /// <param name="isForRejectedToken">Whether an API rejected the access token.</param>
    /// <param name="scopes">The scopes that the authorization must request; <see langword="null"/> if they are not known.</param>
    /// <param name="details">The authorization details that it must request; <see langword="null"/> if they are not known.</param>
    /// <returns>The exception.</returns>
    public ReauthorizationRequiredException CreateReauthorizationRequired(
        string reason,
        Exception? inner = null,
        bool isForRejectedToken = false,
        IReadOnlyList<string>? scopes = null,
        AuthorizationDetails? details = null
    ) =>
        new(Name, $"The user must authorize {DisplayName}: {reason}. Begin an authorization.", inner)
        {
            IsForRejectedToken = isForRejectedToken,
            Scopes = scopes ?? [],
            AuthorizationDetails = details,
        };

    /// <summary>Creates the exception for a server that must interact with the user before it issues an access token.</summary>
    /// <param name="scopes">The scopes of the requested access token.</param>
    /// <param name="refusal">The error response, which may state what the authorization must request.</param>
    /// <returns>The exception.</returns>
    public ReauthorizationRequiredException CreateInteractionRequired(IReadOnlyList<string> scopes, TokenEndpointException refusal) =>
        new(
            Name,
            $"The user must authorize {DisplayName}: the server must interact with the user before it issues this access token "
                + $"({refusal.Error}). Begin an authorization, with the Claims, Scopes and AcrValues of this exception.",
            refusal
        )
        {
            Claims = refusal.Required?.Claims,
            AcrValues = refusal.Required?.AcrValues ?? [],
            Scopes = refusal.Required is { Scopes.Count: > 0 } required ? required.Scopes : scopes,
        };
}
