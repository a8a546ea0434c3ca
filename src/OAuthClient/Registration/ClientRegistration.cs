using System.Diagnostics;

namespace OAuthClient;

/// <summary>The options as they stood at one moment: what a dance began with, it ends with.</summary>
internal sealed class ClientRegistration
{
    public const string DefaultIdTokenSigningAlgorithm = "RS256";

    private readonly Lazy<bool> sharesRedirectUri;
    private readonly Lazy<bool> hasOtherServers;

    /// <param name="name">The name it is registered by.</param>
    /// <param name="options">As they stand now.</param>
    /// <param name="shared">What there is beside it; nothing when <see langword="null"/>.</param>
    public ClientRegistration(string name, OAuthClientOptions options, SharedRedirectUris? shared = null)
    {
        sharesRedirectUri = new(() => shared?.AnyFor(name, options) == true);
        hasOtherServers = new(() => shared?.HasOtherServers(name, options) == true);
        Name = name;
        ClientId = options.ClientId;
        ClientSecret = string.IsNullOrEmpty(options.ClientSecret) ? null : new ClientSecret(options.ClientSecret);
        ClientAuthentication = options.ClientAuthentication;
        Issuer = options.Issuer;
        RedirectUri = options.RedirectUri;
        PostLogoutRedirectUri = options.PostLogoutRedirectUri;
        Scopes = [.. options.Scopes.Distinct(StringComparer.Ordinal)];
        Resources = [.. options.Resources.Select(resource => resource.OriginalString).Distinct(StringComparer.Ordinal)];
        EncodedRedirectUri = RedirectUri is null ? null : Uri.EscapeDataString(RedirectUri.OriginalString);
        EncodedScopes = Scopes.Count == 0 ? null : Uri.EscapeDataString(ScopeText.Join(Scopes));
        ResponseMode = options.ResponseMode;
        IdTokenSigningAlgorithms = options.IdTokenSigningAlgorithms.Count > 0
            ? [.. options.IdTokenSigningAlgorithms]
            : [DefaultIdTokenSigningAlgorithm];
        DecryptionKeys = [.. options.DecryptionKeys.Select(DecryptionKey.Read)];
        PendingAuthorizationLifetime = options.PendingAuthorizationLifetime;
        SignInLifetime = options.SignInLifetime;
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
            EndSessionEndpoint = options.EndSessionEndpoint,
        };
    }

    public string Name { get; }
    public string ClientId { get; }
    public ClientSecret? ClientSecret { get; }
    public ClientAuthenticationMethod? ClientAuthentication { get; }

    /// <summary>Id and secret as an Authorization header has them, once somebody has written them so.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    public string? BasicCredentials { get; set; }

    public Uri? Issuer { get; }
    public Uri? RedirectUri { get; }
    public Uri? PostLogoutRedirectUri { get; }
    public IReadOnlyList<string> Scopes { get; }
    public IReadOnlyList<string> Resources { get; }

    /// <summary><see cref="RedirectUri"/> as it stands in each authorization request.</summary>
    public string? EncodedRedirectUri { get; }

    /// <summary><see cref="Scopes"/> as they stand in most authorization requests.</summary>
    public string? EncodedScopes { get; }

    public string? ResponseMode { get; }
    public IReadOnlyList<string> IdTokenSigningAlgorithms { get; }
    public IReadOnlyList<DecryptionKey> DecryptionKeys { get; }
    public TimeSpan PendingAuthorizationLifetime { get; }
    public TimeSpan SignInLifetime { get; }
    public TimeSpan AccessTokenLifetimeWhenUnstated { get; }
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
    public AuthorizationServerMetadata SpelledOut { get; }

    public bool UsesDiscovery => Issuer is not null && SpelledOut.TokenEndpoint is null;

    /// <summary>How messages call this client.</summary>
    public string DisplayName => Name.Length == 0 ? "the OAuth client" : $"the OAuth client '{Name}'";
}
