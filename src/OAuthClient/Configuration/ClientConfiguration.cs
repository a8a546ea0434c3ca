using System.Diagnostics;

namespace OAuthClient;

/// <summary>The options as they stood at one moment: what a dance began with, it ends with.</summary>
internal sealed class ClientConfiguration
{
    public const string DefaultIdTokenSigningAlgorithm = "RS256";

    private readonly Lazy<bool> sharesRedirectUri;
    private readonly Lazy<bool> hasOtherServers;

    /// <param name="name">The name it is registered by.</param>
    /// <param name="options">As they stand now.</param>
    /// <param name="shared">What there is beside it; nothing when <see langword="null"/>.</param>
    public ClientConfiguration(string name, OAuthClientOptions options, RedirectUriConflictDetector? shared = null)
    {
        sharesRedirectUri = new(() => shared?.AnyFor(name, options) == true);
        hasOtherServers = new(() => shared?.HasOtherServers(name, options) == true);
        Name = name;
        ClientId = options.ClientId;
        ClientSecret = string.IsNullOrEmpty(options.ClientSecret) ? null : new ClientSecret(options.ClientSecret);
        ClientAuthentication = ConfiguredAuthentication = options.ClientAuthentication;
        DynamicRegistration = options.DynamicRegistration;
        HasClientCertificate = options.ClientCertificate is not null;
        Issuer = options.Issuer;
        IssuerTemplate = options.IssuerTemplate is { } template ? new IssuerTemplate(template, [.. options.AllowedTenants]) : null;
        RedirectUri = options.RedirectUri;
        PostLogoutRedirectUri = options.PostLogoutRedirectUri;
        Scopes = [.. options.Scopes.Distinct(StringComparer.Ordinal)];
        Resources = [.. options.Resources.Select(resource => resource.OriginalString).Distinct(StringComparer.Ordinal)];
        EncodedRedirectUri = RedirectUri is null ? null : Uri.EscapeDataString(RedirectUri.OriginalString);
        EncodedScopes = Scopes.Count == 0 ? null : Uri.EscapeDataString(ScopeList.Join(Scopes));
        RequestsIdToken = ScopeList.Contains(Scopes, ScopeList.OpenId);
        ResponseMode = options.ResponseMode;
        IdTokenSigningAlgorithms =
            options.IdTokenSigningAlgorithms.Count > 0 ? [.. options.IdTokenSigningAlgorithms] : [DefaultIdTokenSigningAlgorithm];
        DecryptionKeys = [.. options.DecryptionKeys.Select(DecryptionKey.Read)];
        SignedIntrospectionResponses = options.SignedIntrospectionResponses;
        PendingAuthorizationLifetime = options.PendingAuthorizationLifetime;
        SignInLifetime = options.SignInLifetime;
        RevokeSupersededGrants = options.RevokeSupersededGrants;
        DefaultAccessTokenLifetime = options.DefaultAccessTokenLifetime;
        BackChannelDeadline = options.BackChannelDeadline;
        BackChannelAttemptTimeout = options.BackChannelAttemptTimeout ?? options.BackChannelDeadline / 3;
        var longest = BackChannelDeadline * 3 / 2;
        RefreshLease =
            options.RefreshLease ?? (options.RefreshTokenGracePeriod * 3 / 4 is { } inTime && inTime < longest ? inTime : longest);
        RefreshDeadline = RefreshLease * 2 / 3 < BackChannelDeadline ? RefreshLease * 2 / 3 : BackChannelDeadline;
        AllowHttpOnLoopback = options.DangerouslyAllowHttpOnLoopback;
        ConfiguredMetadata = new()
        {
            Issuer = options.Issuer?.OriginalString,
            IssuerTemplate = IssuerTemplate,
            AuthorizationEndpoint = options.AuthorizationEndpoint,
            TokenEndpoint = options.TokenEndpoint,
            RevocationEndpoint = options.RevocationEndpoint,
            IntrospectionEndpoint = options.IntrospectionEndpoint,
            RegistrationEndpoint = options.RegistrationEndpoint,
            UserInfoEndpoint = options.UserInfoEndpoint,
            JwksUri = options.JwksUri,
            EndSessionEndpoint = options.EndSessionEndpoint,
        };
    }

    public string Name { get; }

    /// <summary>Empty as long as a client that registers itself is not registered: then nothing belongs to it.</summary>
    public string ClientId { get; private set; }

    public ClientSecret? ClientSecret { get; private set; }
    public ClientAuthenticationMethod? ClientAuthentication { get; private set; }

    /// <summary>What the options say, whatever the server registered.</summary>
    public ClientAuthenticationMethod? ConfiguredAuthentication { get; }

    /// <summary>What a client that registers itself says of itself; <see langword="null"/> for one that the server knows already.</summary>
    public DynamicRegistrationOptions? DynamicRegistration { get; }

    /// <summary>Where its credentials come from, once it is registered.</summary>
    public DynamicClient? Registered { get; private set; }

    /// <summary>Gets the refusals of these credentials by the token endpoint.</summary>
    public CredentialRefusals Refusals { get; private set; } = new();

    /// <summary>
    /// Gets whether the registration is in doubt because the token endpoint refused its credentials: once, where the registration can be
    /// read (RFC 7592), which decides; otherwise when a second refusal confirmed the first.
    /// </summary>
    public bool IsRefused => Registered is { } client && (client.CanBeManaged ? Refusals.Any : Refusals.IsConfirmed);

    /// <summary>Whether the back channel shows a certificate: then it goes to the addresses where one is asked for (RFC 8705 §5).</summary>
    public bool HasClientCertificate { get; }

    /// <summary>Whether the certificate is what proves who the client is, and no secret.</summary>
    public bool AuthenticatesByCertificate =>
        HasClientCertificate && ClientSecret is null && ClientAuthentication is null or ClientAuthenticationMethod.TlsClientAuth;

    /// <summary>Whether it can prove who it is at all (RFC 6749 §2.1).</summary>
    public bool IsConfidential => ClientSecret is not null || AuthenticatesByCertificate;

    /// <summary>Id and secret as an Authorization header has them, once somebody has written them so.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? BasicCredentials { get; set; }

    public Uri? Issuer { get; }

    /// <summary>Whose issuers the server's tokens have, when it has many tenants.</summary>
    public IssuerTemplate? IssuerTemplate { get; }

    public Uri? RedirectUri { get; }
    public Uri? PostLogoutRedirectUri { get; }
    public IReadOnlyList<string> Scopes { get; }
    public IReadOnlyList<string> Resources { get; }

    /// <summary><see cref="RedirectUri"/> as it stands in each authorization request.</summary>
    public string? EncodedRedirectUri { get; }

    /// <summary><see cref="Scopes"/> as they stand in most authorization requests.</summary>
    public string? EncodedScopes { get; }

    /// <summary>Whether most authorizations are to bring an ID Token.</summary>
    public bool RequestsIdToken { get; }

    public string? ResponseMode { get; }
    public IReadOnlyList<string> IdTokenSigningAlgorithms { get; }
    public IReadOnlyList<DecryptionKey> DecryptionKeys { get; }
    public bool SignedIntrospectionResponses { get; }
    public TimeSpan PendingAuthorizationLifetime { get; }
    public TimeSpan SignInLifetime { get; }
    public bool RevokeSupersededGrants { get; }
    public TimeSpan DefaultAccessTokenLifetime { get; }
    public TimeSpan BackChannelDeadline { get; }
    public TimeSpan BackChannelAttemptTimeout { get; }
    public TimeSpan RefreshLease { get; }

    /// <summary>For how long one presentation of a refresh token may take: less than the lease, or another node would present it too.</summary>
    public TimeSpan RefreshDeadline { get; }

    public bool AllowHttpOnLoopback { get; }

    /// <summary>Whether another server's answers arrive at the same redirect URI.</summary>
    public bool SharesRedirectUri => sharesRedirectUri.Value;

    /// <summary>Whether a callback could be another server's: then where it arrived may be all that tells them apart.</summary>
    public bool HasOtherServers => hasOtherServers.Value;

    /// <summary>The endpoints that the developer wrote down.</summary>
    public AuthorizationServerMetadata ConfiguredMetadata { get; }

    public bool UsesDiscovery => Issuer is not null && ConfiguredMetadata.TokenEndpoint is null;

    /// <summary>The same with the credentials that the server gave, if it was this server.</summary>
    public ClientConfiguration WithRegisteredCredentials(DynamicClient? registered)
    {
        if (DynamicRegistration is null || !string.Equals(registered?.Server, ConfiguredMetadata.ServerId, StringComparison.Ordinal))
            return this;
        var copy = (ClientConfiguration)MemberwiseClone();
        (copy.ClientId, copy.ClientSecret, copy.ClientAuthentication) = (
            registered!.ClientId,
            registered.ClientSecret,
            registered.Authentication
        );
        (copy.Registered, copy.Refusals, copy.BasicCredentials) = (registered, new(), null);
        return copy;
    }

    /// <summary>How messages call this client.</summary>
    public string DisplayName => Name.Length == 0 ? "the OAuth client" : $"the OAuth client '{Name}'";

    /// <summary>Creates the exception that asks the application for a new authorization of this client.</summary>
    /// <param name="reason">The reason, as part of a sentence.</param>
    /// <param name="inner">The cause; <see langword="null"/> without one.</param>
    /// <param name="isForRejectedToken">Whether an API rejected the access token.</param>
    /// <returns>The exception.</returns>
    public ReauthorizationRequiredException CreateReauthorizationRequired(
        string reason,
        Exception? inner = null,
        bool isForRejectedToken = false
    ) =>
        new(Name, $"The user must authorize {DisplayName}: {reason}. Begin an authorization.", inner)
        {
            IsForRejectedToken = isForRejectedToken,
        };
}
