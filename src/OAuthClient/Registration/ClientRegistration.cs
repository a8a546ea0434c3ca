namespace OAuthClient;

/// <summary>The options as they stood at one moment: what a dance began with, it ends with.</summary>
internal sealed class ClientRegistration
{
    public const string DefaultIdTokenSigningAlgorithm = "RS256";

    public ClientRegistration(string name, OAuthClientOptions options)
    {
        Name = name;
        ClientId = options.ClientId;
        ClientSecret = string.IsNullOrEmpty(options.ClientSecret) ? null : new ClientSecret(options.ClientSecret);
        ClientAuthentication = options.ClientAuthentication;
        Issuer = options.Issuer;
        RedirectUri = options.RedirectUri;
        Scopes = [.. options.Scopes.Distinct(StringComparer.Ordinal)];
        Resources = [.. options.Resources.Select(resource => resource.OriginalString).Distinct(StringComparer.Ordinal)];
        ResponseMode = options.ResponseMode;
        IdTokenSigningAlgorithms = options.IdTokenSigningAlgorithms.Count > 0
            ? [.. options.IdTokenSigningAlgorithms]
            : [DefaultIdTokenSigningAlgorithm];
        PendingAuthorizationLifetime = options.PendingAuthorizationLifetime;
        AccessTokenLifetimeWhenUnstated = options.AccessTokenLifetimeWhenUnstated;
        BackChannelDeadline = options.BackChannelDeadline;
        BackChannelAttemptTimeout = options.BackChannelAttemptTimeout ?? options.BackChannelDeadline / 3;
        var longest = BackChannelDeadline * 3 / 2;
        RefreshLease = options.RefreshLease ?? (options.RefreshTokenGracePeriod * 3 / 4 is { } inTime && inTime < longest ? inTime : longest);
        RefreshDeadline = RefreshLease * 2 / 3 < BackChannelDeadline ? RefreshLease * 2 / 3 : BackChannelDeadline;
        AllowHttpOnLoopback = options.DangerouslyAllowHttpOnLoopback;
        SpelledOut = new()
        {
            Issuer = options.Issuer?.OriginalString,
            AuthorizationEndpoint = options.AuthorizationEndpoint,
            TokenEndpoint = options.TokenEndpoint,
            RevocationEndpoint = options.RevocationEndpoint,
            UserInfoEndpoint = options.UserInfoEndpoint,
            JwksUri = options.JwksUri,
        };
    }

    public string Name { get; }
    public string ClientId { get; }
    public ClientSecret? ClientSecret { get; }
    public ClientAuthenticationMethod? ClientAuthentication { get; }
    public Uri? Issuer { get; }
    public Uri? RedirectUri { get; }
    public IReadOnlyList<string> Scopes { get; }
    public IReadOnlyList<string> Resources { get; }
    public string? ResponseMode { get; }
    public IReadOnlyList<string> IdTokenSigningAlgorithms { get; }
    public TimeSpan PendingAuthorizationLifetime { get; }
    public TimeSpan AccessTokenLifetimeWhenUnstated { get; }
    public TimeSpan BackChannelDeadline { get; }
    public TimeSpan BackChannelAttemptTimeout { get; }
    public TimeSpan RefreshLease { get; }

    /// <summary>For how long one presentation of a refresh token may take: less than the lease, or another node would present it too.</summary>
    public TimeSpan RefreshDeadline { get; }

    public bool AllowHttpOnLoopback { get; }

    /// <summary>The endpoints that the developer wrote down.</summary>
    public AuthorizationServerMetadata SpelledOut { get; }

    public bool UsesDiscovery => Issuer is not null && SpelledOut.TokenEndpoint is null;

    /// <summary>How messages call this client.</summary>
    public string DisplayName => Name.Length == 0 ? "the OAuth client" : $"the OAuth client '{Name}'";
}
