using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>Validates the options of a client when the host starts. Each message states what to change.</summary>
internal sealed class OAuthClientOptionsValidator(OAuthClientRegistry clients, RedirectUriConflictDetector conflicts)
    : IValidateOptions<OAuthClientOptions>
{
    public ValidateOptionsResult Validate(string? name, OAuthClientOptions options)
    {
        name ??= Options.DefaultName;
        if (!clients.Names.Contains(name))
            return ValidateOptionsResult.Fail($"There is no OAuth client '{name}': register it with AddOAuthClient(\"{name}\", …).");
        string subject = name.Length == 0 ? "OAuth client" : $"OAuth client '{name}'";
        List<string> failures = [];
        FindNulls(failures, options);
        if (failures.Count == 0)
            FindFailures(failures, name, options);
        return failures.Count > 0
            ? ValidateOptionsResult.Fail(failures.Select(sentence => $"{subject}: {sentence}"))
            : ValidateOptionsResult.Success;
    }

    // A null in a configuration file reaches the lists, which the other checks enumerate.
    private static void FindNulls(List<string> failures, OAuthClientOptions o)
    {
        if (o.Scopes is null)
            failures.Add("Scopes is null; leave it out, or set an empty list.");
        if (o.Resources is null)
            failures.Add("Resources is null; leave it out, or set an empty list.");
        if (o.IdTokenSigningAlgorithms is null)
            failures.Add("IdTokenSigningAlgorithms is null; leave it out for RS256, or name the algorithms.");
        if (o.DecryptionKeys is null)
            failures.Add("DecryptionKeys is null; leave it out, or set an empty list.");
        if (o.AllowedTenants is null)
            failures.Add("AllowedTenants is null; leave it out, or set an empty list.");
    }

    private void FindFailures(List<string> failures, string name, OAuthClientOptions o)
    {
        FindClientFailures(failures, o);
        if (o.DynamicRegistration is { } dynamic)
            DynamicRegistrationOptionsValidator.Find(failures, o, dynamic);
        FindEndpointFailures(failures, o);
        FindTenantFailures(failures, o);
        FindRequestFailures(failures, o);
        FindDurationFailures(failures, o);
        conflicts.Find(failures, name, o);
    }

    private static void FindClientFailures(List<string> failures, OAuthClientOptions o)
    {
        if (o.DynamicRegistration is null && string.IsNullOrWhiteSpace(o.ClientId))
            failures.Add("set ClientId to the identifier that the server issued to this client.");
        if (o.ClientSecret is not null && string.IsNullOrWhiteSpace(o.ClientSecret))
            failures.Add("ClientSecret is empty; set the secret, or leave it null for a public client.");
        if (
            o.ClientAuthentication is ClientAuthenticationMethod.ClientSecretBasic or ClientAuthenticationMethod.ClientSecretPost
            && o.ClientSecret is null
            && o.DynamicRegistration is null
        )
            failures.Add(
                $"ClientAuthentication is {o.ClientAuthentication}, which needs a ClientSecret; set it, or choose None for a public client."
            );
        if (o.ClientAuthentication is ClientAuthenticationMethod.None && o.ClientSecret is not null)
            failures.Add("ClientAuthentication is None but there is a ClientSecret, which would never be sent; remove one of the two.");
        if (o.ClientAuthentication is { } method && !Enum.IsDefined(method))
            failures.Add($"ClientAuthentication must be one of {string.Join(", ", Enum.GetNames<ClientAuthenticationMethod>())}.");
        if (o.ClientAuthentication is ClientAuthenticationMethod.TlsClientAuth && o.ClientCertificate is null)
            failures.Add(
                "ClientAuthentication is TlsClientAuth, but there is no certificate; set it with AddOAuthClient(…).UseClientCertificate(…)."
            );
        if (o.ClientAuthentication is ClientAuthenticationMethod.TlsClientAuth && o.ClientSecret is not null)
            failures.Add(
                "ClientAuthentication is TlsClientAuth but there is a ClientSecret, which would never be sent; remove one of the two."
            );
    }

    private static void FindEndpointFailures(List<string> failures, OAuthClientOptions o)
    {
        if (o.Issuer is null && o.TokenEndpoint is null)
            failures.Add(
                "set Issuer to the server's address, so that its endpoints are discovered, or set TokenEndpoint and AuthorizationEndpoint."
            );
        foreach (var (name, uri) in ServerEndpoint.All.Select(e => (e.OptionName, e.ConfiguredIn(o))).Prepend((nameof(o.Issuer), o.Issuer)))
        {
            if (uri is null)
                continue;
            if (!EndpointSecurity.IsSafe(uri, o.DangerouslyAllowHttpOnLoopback))
            {
                failures.Add(
                    !uri.IsAbsoluteUri ? $"{name} must be an absolute address such as https://accounts.example.com."
                    : uri.Scheme == Uri.UriSchemeHttp && EndpointSecurity.IsLoopback(uri)
                        ? $"{name} uses http; use https, or set DangerouslyAllowHttpOnLoopback for a server on this machine."
                    : $"{name} must use https."
                );
            }
            else if (!ServerEndpoint.IsSafe(uri, o.DangerouslyAllowHttpOnLoopback))
            {
                failures.Add($"{name} must have neither a fragment nor a user name.");
            }
        }
        if (o is { RevokeSupersededGrants: true, TokenEndpoint: not null, RevocationEndpoint: null })
            failures.Add("RevokeSupersededGrants needs RevocationEndpoint, because no endpoint is discovered when TokenEndpoint is set.");
        if (o.Issuer is { IsAbsoluteUri: true } issuer && issuer.AbsolutePath.Contains("/.well-known/", StringComparison.Ordinal))
            failures.Add(
                "Issuer is the address of the metadata; set it to the issuer member of the metadata, which is usually the part before "
                    + "/.well-known/."
            );
        if (o.Issuer is { IsAbsoluteUri: true, Query.Length: > 0 })
            failures.Add("Issuer must have no query (RFC 8414 §2).");
    }

    private static void FindTenantFailures(List<string> failures, OAuthClientOptions o)
    {
        if (o.Issuer is { } issuer && issuer.OriginalString.AsSpan().ContainsAny('{', '}'))
            failures.Add(
                "Issuer holds a brace; set it to the address that all tenants share, and IssuerTemplate to the metadata's issuer member."
            );
        if (o.IssuerTemplate is { } template)
            FindTemplateFailures(failures, o, template);
        else if (o.AllowedTenants.Count > 0)
            failures.Add("AllowedTenants has no effect without IssuerTemplate; set IssuerTemplate, or remove the tenants.");
        foreach (string tenant in o.AllowedTenants)
        {
            if (!IssuerTemplate.IsTenant(tenant))
                failures.Add($"AllowedTenants holds '{tenant}', which is no tenant: use letters, digits, '-', '_' and '.' only.");
        }
    }

    private static void FindTemplateFailures(List<string> failures, OAuthClientOptions o, string template)
    {
        string[] parts = template.Split(IssuerTemplate.Placeholder);
        // The tenant is a path segment of its own, so that it is neither a host nor part of another tenant's name.
        if (
            parts.Length != 2
            || !parts[0].EndsWith('/')
            || (parts[1].Length > 0 && !parts[1].StartsWith('/'))
            || !Uri.TryCreate(string.Join("tenant", parts), UriKind.Absolute, out var example)
            || !EndpointSecurity.IsSafe(example, o.DangerouslyAllowHttpOnLoopback)
            || !example.AbsolutePath.Contains("/tenant", StringComparison.Ordinal)
            || example.Query.Length + example.Fragment.Length + example.UserInfo.Length > 0
        )
        {
            failures.Add(
                "IssuerTemplate must be an https address with {tenantid} as one segment of its path, exactly as the metadata's issuer "
                    + "member has it, such as https://login.example.com/{tenantid}/v2.0."
            );
        }
        if (o.Issuer is null)
            failures.Add("IssuerTemplate needs Issuer, the address that all tenants share and from which the metadata are discovered.");
    }

    private static void FindRequestFailures(List<string> failures, OAuthClientOptions o)
    {
        if (o.RedirectUri is { } redirect)
            FindRedirectFailures(failures, nameof(o.RedirectUri), redirect);
        if (o.PostLogoutRedirectUri is { } postLogout)
            FindRedirectFailures(failures, nameof(o.PostLogoutRedirectUri), postLogout);
        if (o.Scopes.FirstOrDefault(scope => scope is null || !ScopeList.IsToken(scope)) is { } bad)
            failures.Add(
                $"the scope '{bad}' holds a space or another character that is invalid in a scope; set each scope as an item of its own."
            );
        if (o.Scopes.Contains(null!))
            failures.Add("Scopes holds a null.");
        foreach (var resource in o.Resources)
        {
            if (resource is null || !resource.IsAbsoluteUri || resource.OriginalString.Contains('#', StringComparison.Ordinal))
                failures.Add($"the resource '{resource}' must be an absolute URI without a fragment (RFC 8707 §2).");
        }
        if (o.ResponseMode is not (null or "query" or "form_post"))
            failures.Add("ResponseMode must be query or form_post; no other response mode is supported.");
        foreach (string? algorithm in o.IdTokenSigningAlgorithms)
            FindAlgorithmFailures(failures, o, algorithm);
        for (int i = 0; i < o.DecryptionKeys.Count; i++)
            FindKeyFailures(failures, i, o.DecryptionKeys[i]);
        bool secretIsKey =
            o.IdTokenSigningAlgorithms.Count > 0
            && o.IdTokenSigningAlgorithms.All(algorithm => algorithm is not null && SignatureAlgorithms.IsSymmetric(algorithm));
        if (o.Scopes.Contains(ScopeList.OpenId) && o.TokenEndpoint is not null && (o.Issuer is null || (o.JwksUri is null && !secretIsKey)))
            failures.Add(
                "Scopes holds openid and TokenEndpoint is set; then set Issuer and JwksUri too, so that the ID Token can be validated."
            );
    }

    private static void FindRedirectFailures(List<string> failures, string name, Uri redirect)
    {
        if (!redirect.IsAbsoluteUri)
            failures.Add($"{name} must be an absolute address such as https://client.example.com/callback.");
        else if (redirect.OriginalString.Contains('#', StringComparison.Ordinal))
            failures.Add($"{name} must have no fragment (RFC 6749 §3.1.2).");
        else if (redirect.Scheme == Uri.UriSchemeHttp && !EndpointSecurity.IsLoopback(redirect))
            failures.Add($"{name} must use https; plain http is allowed for loopback addresses only (RFC 8252 §7.3).");
        else if (redirect.Scheme is "javascript" or "data" or "file" or "vbscript")
            failures.Add($"{name} cannot use the scheme '{redirect.Scheme}'.");
    }

    private static void FindAlgorithmFailures(List<string> failures, OAuthClientOptions o, string? algorithm)
    {
        if (algorithm is null || !SignatureAlgorithms.Supported.Contains(algorithm))
            failures.Add(
                $"IdTokenSigningAlgorithms holds '{algorithm}'; these are supported: {string.Join(", ", SignatureAlgorithms.Supported)}."
            );
        else if (
            SignatureAlgorithms.IsSymmetric(algorithm)
            && o.DynamicRegistration is null
            && Encoding.UTF8.GetByteCount(o.ClientSecret ?? "") * 8 < SignatureAlgorithms.HashLength(algorithm)
        )
            failures.Add(
                $"IdTokenSigningAlgorithms holds {algorithm}, for which the client secret is the key: ClientSecret must have at least "
                    + $"{SignatureAlgorithms.HashLength(algorithm) / 8} bytes (RFC 7518 §3.2). Use RS256, or a longer secret."
            );
    }

    private static void FindKeyFailures(List<string> failures, int index, string? decryptionKey)
    {
        try
        {
            DecryptionKey.Read(decryptionKey);
        }
        catch (FormatException exception)
        {
            failures.Add($"DecryptionKeys[{index.ToString(CultureInfo.InvariantCulture)}] {exception.Message}.");
        }
    }

    private static void FindDurationFailures(List<string> failures, OAuthClientOptions o)
    {
        if (o.PendingAuthorizationLifetime <= TimeSpan.Zero || o.PendingAuthorizationLifetime > TimeSpan.FromHours(1))
            failures.Add("PendingAuthorizationLifetime must be greater than zero and at most one hour.");
        if (o.SignInLifetime <= TimeSpan.Zero || o.SignInLifetime > TimeSpan.FromDays(365))
            failures.Add("SignInLifetime must be greater than zero and at most 365 days.");
        if (o.DefaultAccessTokenLifetime <= TimeSpan.Zero || o.DefaultAccessTokenLifetime > TimeSpan.FromDays(365))
            failures.Add("DefaultAccessTokenLifetime must be greater than zero and at most 365 days.");
        if (o.BackChannelDeadline <= TimeSpan.Zero || o.BackChannelDeadline > TimeSpan.FromMinutes(5))
            failures.Add("BackChannelDeadline must be greater than zero and at most five minutes.");
        else if (o.BackChannelAttemptTimeout <= TimeSpan.Zero || o.BackChannelAttemptTimeout >= o.BackChannelDeadline)
            failures.Add(
                "BackChannelAttemptTimeout must be greater than zero and less than BackChannelDeadline; leave it out for a third of that."
            );
        if (o.RefreshTokenGracePeriod <= TimeSpan.Zero)
            failures.Add("RefreshTokenGracePeriod must be greater than zero; leave it out if the server accepts no rotated refresh token.");
        if (o.RefreshLease <= o.BackChannelDeadline)
            failures.Add(
                "RefreshLease must be longer than BackChannelDeadline, or a second node would present a refresh token while the first "
                    + "still waits for the response; lower BackChannelDeadline, or leave RefreshLease out."
            );
        if (o.RefreshLease >= o.RefreshTokenGracePeriod)
            failures.Add(
                "RefreshLease must be shorter than RefreshTokenGracePeriod, or another node could not repeat the refresh of a stopped node "
                    + "in time; lower RefreshLease, or leave it out."
            );
        if (o.RefreshLease > TimeSpan.FromMinutes(10))
            failures.Add(
                "RefreshLease must be at most ten minutes, because other nodes wait for this long if a node stops without releasing it."
            );
    }
}
