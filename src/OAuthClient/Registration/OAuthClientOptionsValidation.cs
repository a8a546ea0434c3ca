using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>Says at start what would fail later, in sentences that say what to write.</summary>
internal sealed class OAuthClientOptionsValidation(RegisteredClients clients, SharedRedirectUris shared)
    : IValidateOptions<OAuthClientOptions>
{
    public ValidateOptionsResult Validate(string? name, OAuthClientOptions options)
    {
        name ??= Options.DefaultName;
        if (!clients.Names.Contains(name))
            return ValidateOptionsResult.Fail($"There is no OAuth client '{name}': register it with AddOAuthClient(\"{name}\", …).");
        string subject = name.Length == 0 ? "OAuth client" : $"OAuth client '{name}'";
        var nulls = Nulls(options).Select(sentence => $"{subject}: {sentence}").ToList();
        if (nulls.Count > 0)
            return ValidateOptionsResult.Fail(nulls);
        var failures = Failures(options).Concat(shared.Failures(name, options)).Select(sentence => $"{subject}: {sentence}").ToList();
        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    // A null in a configuration file reaches the lists, and everything else reads them.
    private static IEnumerable<string> Nulls(OAuthClientOptions o)
    {
        if (o.Scopes is null)
            yield return "Scopes is null; leave it out, or write an empty list.";
        if (o.Resources is null)
            yield return "Resources is null; leave it out, or write an empty list.";
        if (o.IdTokenSigningAlgorithms is null)
            yield return "IdTokenSigningAlgorithms is null; leave it out for RS256, or name the algorithms.";
        if (o.DecryptionKeys is null)
            yield return "DecryptionKeys is null; leave it out, or write an empty list.";
        if (o.AllowedTenants is null)
            yield return "AllowedTenants is null; leave it out, or write an empty list.";
    }

    private static IEnumerable<string> Failures(OAuthClientOptions o) =>
        ClientFailures(o).Concat(o.DynamicRegistration is { } dynamic ? DynamicRegistrationValidation.Failures(o, dynamic) : []).Concat(EndpointFailures(o)).Concat(TenantFailures(o)).Concat(RequestFailures(o)).Concat(DurationFailures(o));

    private static IEnumerable<string> ClientFailures(OAuthClientOptions o)
    {
        if (o.DynamicRegistration is null && string.IsNullOrWhiteSpace(o.ClientId))
            yield return "set ClientId to the identifier the server gave this client.";
        if (o.ClientSecret is not null && string.IsNullOrWhiteSpace(o.ClientSecret))
            yield return "ClientSecret is empty; write the secret, or leave it null for a public client.";
        if (o.ClientAuthentication is ClientAuthenticationMethod.Basic or ClientAuthenticationMethod.Body && o.ClientSecret is null && o.DynamicRegistration is null)
            yield return $"ClientAuthentication is {o.ClientAuthentication}, which needs a ClientSecret; set it, or choose None for a public client.";
        if (o.ClientAuthentication is ClientAuthenticationMethod.None && o.ClientSecret is not null)
            yield return "ClientAuthentication is None but there is a ClientSecret, which would never be sent; remove one of the two.";
        if (o.ClientAuthentication is { } method && !Enum.IsDefined(method))
            yield return "ClientAuthentication must be None, Basic, Body or Certificate.";
        if (o.ClientAuthentication is ClientAuthenticationMethod.Certificate && o.ClientCertificate is null)
            yield return "ClientAuthentication is Certificate, but there is none; give it with AddOAuthClient(…).UseClientCertificate(…).";
        if (o.ClientAuthentication is ClientAuthenticationMethod.Certificate && o.ClientSecret is not null)
            yield return "ClientAuthentication is Certificate but there is a ClientSecret, which would never be sent; remove one of the two.";
    }

    private static IEnumerable<string> EndpointFailures(OAuthClientOptions o)
    {
        if (o.Issuer is null && o.TokenEndpoint is null)
            yield return "set Issuer to the server's address, so that its endpoints are discovered, or spell out TokenEndpoint (and AuthorizationEndpoint).";
        foreach (var (name, uri) in new[]
        {
            (nameof(o.Issuer), o.Issuer),
            (nameof(o.AuthorizationEndpoint), o.AuthorizationEndpoint),
            (nameof(o.TokenEndpoint), o.TokenEndpoint),
            (nameof(o.RevocationEndpoint), o.RevocationEndpoint),
            (nameof(o.IntrospectionEndpoint), o.IntrospectionEndpoint),
            (nameof(o.RegistrationEndpoint), o.RegistrationEndpoint),
            (nameof(o.UserInfoEndpoint), o.UserInfoEndpoint),
            (nameof(o.JwksUri), o.JwksUri),
            (nameof(o.EndSessionEndpoint), o.EndSessionEndpoint),
        })
        {
            if (uri is null)
                continue;
            if (!Transport.IsSafe(uri, o.DangerouslyAllowHttpOnLoopback))
            {
                yield return !uri.IsAbsoluteUri ? $"{name} must be an absolute address such as https://accounts.example.com."
                    : uri.Scheme == Uri.UriSchemeHttp && Transport.IsLoopback(uri)
                        ? $"{name} uses http; use https, or for a server on this machine set DangerouslyAllowHttpOnLoopback."
                        : $"{name} must use https.";
            }
            else if (uri.Fragment.Length > 0 || uri.UserInfo.Length > 0)
            {
                yield return $"{name} must have neither a fragment nor a user name.";
            }
        }
        if (o.Issuer is { IsAbsoluteUri: true } issuer && issuer.AbsolutePath.Contains("/.well-known/", StringComparison.Ordinal))
            yield return "Issuer is the address of the metadata; write only what stands before /.well-known/, exactly as the metadata's issuer member has it.";
        if (o.Issuer is { IsAbsoluteUri: true, Query.Length: > 0 })
            yield return "Issuer must have no query (RFC 8414 §2).";
    }

    private static IEnumerable<string> TenantFailures(OAuthClientOptions o)
    {
        if (o.Issuer is { } issuer && issuer.OriginalString.AsSpan().ContainsAny('{', '}'))
            yield return $"Issuer holds a brace; write the address that all tenants share there, and what the metadata call their issuer in IssuerTemplate.";
        if (o.IssuerTemplate is { } template)
        {
            string[] parts = template.Split(IssuerTemplate.Placeholder);
            // In a segment of its own a tenant can be neither a host nor a part of another one's name.
            if (parts.Length != 2 || !parts[0].EndsWith('/') || (parts[1].Length > 0 && !parts[1].StartsWith('/'))
                || !Uri.TryCreate(string.Join("tenant", parts), UriKind.Absolute, out var example) || !Transport.IsSafe(example, o.DangerouslyAllowHttpOnLoopback)
                || !example.AbsolutePath.Contains("/tenant", StringComparison.Ordinal) || example.Query.Length + example.Fragment.Length + example.UserInfo.Length > 0)
            {
                yield return "IssuerTemplate must be an https address with {tenantid} as one segment of its path, exactly as the metadata's issuer member has it, such as https://login.example.com/{tenantid}/v2.0.";
            }
            if (o.Issuer is null)
                yield return "IssuerTemplate needs Issuer, the address that all tenants share and where the metadata are found.";
        }
        else if (o.AllowedTenants.Count > 0)
        {
            yield return "AllowedTenants has no effect without IssuerTemplate; set that, or leave the tenants out.";
        }
        foreach (string tenant in o.AllowedTenants)
        {
            if (!IssuerTemplate.IsTenant(tenant))
                yield return $"AllowedTenants holds '{tenant}', which is no tenant: letters, digits, '-', '_' and '.' only.";
        }
    }

    private static IEnumerable<string> RequestFailures(OAuthClientOptions o)
    {
        foreach (var (name, redirect) in new[] { (nameof(o.RedirectUri), o.RedirectUri), (nameof(o.PostLogoutRedirectUri), o.PostLogoutRedirectUri) })
        {
            if (redirect is null)
                continue;
            if (!redirect.IsAbsoluteUri)
                yield return $"{name} must be an absolute address such as https://client.example.com/callback.";
            else if (redirect.OriginalString.Contains('#', StringComparison.Ordinal))
                yield return $"{name} must have no fragment (RFC 6749 §3.1.2).";
            else if (redirect.Scheme == Uri.UriSchemeHttp && !Transport.IsLoopback(redirect))
                yield return $"{name} must use https; plain http is for loopback addresses only (RFC 8252 §7.3).";
            else if (redirect.Scheme is "javascript" or "data" or "file" or "vbscript")
                yield return $"{name} cannot use the scheme '{redirect.Scheme}'.";
        }
        if (o.Scopes.FirstOrDefault(scope => scope is null || !ScopeText.IsToken(scope)) is { } bad)
            yield return $"the scope '{bad}' holds a space or another character that no scope may have; write each scope as an item of its own.";
        if (o.Scopes.Contains(null!))
            yield return "Scopes holds a null.";
        foreach (var resource in o.Resources)
        {
            if (resource is null || !resource.IsAbsoluteUri || resource.OriginalString.Contains('#', StringComparison.Ordinal))
                yield return $"the resource '{resource}' must be an absolute URI without a fragment (RFC 8707 §2).";
        }
        if (o.ResponseMode is not (null or "query" or "form_post"))
            yield return "ResponseMode must be query or form_post; other modes bring tokens through the browser.";
        foreach (string? algorithm in o.IdTokenSigningAlgorithms)
        {
            if (algorithm is null || !SignatureAlgorithms.Supported.Contains(algorithm))
                yield return $"IdTokenSigningAlgorithms holds '{algorithm}'; these are supported: {string.Join(", ", SignatureAlgorithms.Supported)}.";
            else if (SignatureAlgorithms.IsSymmetric(algorithm) && o.DynamicRegistration is null && Encoding.UTF8.GetByteCount(o.ClientSecret ?? "") * 8 < SignatureAlgorithms.HashLength(algorithm))
                yield return $"IdTokenSigningAlgorithms holds {algorithm}, for which the client secret is the key: ClientSecret must have at least {SignatureAlgorithms.HashLength(algorithm) / 8} bytes (RFC 7518 §3.2). Use RS256, or a longer secret.";
        }
        for (int i = 0; i < o.DecryptionKeys.Count; i++)
        {
            if (Fault(o.DecryptionKeys[i]) is { } fault)
                yield return $"DecryptionKeys[{i.ToString(CultureInfo.InvariantCulture)}] {fault}.";
        }
        bool secretIsKey = o.IdTokenSigningAlgorithms.Count > 0 && o.IdTokenSigningAlgorithms.All(algorithm => algorithm is not null && SignatureAlgorithms.IsSymmetric(algorithm));
        if (o.Scopes.Contains(ScopeText.OpenId) && o.TokenEndpoint is not null && (o.Issuer is null || (o.JwksUri is null && !secretIsKey)))
            yield return "Scopes asks for openid while the endpoints are spelled out; then set Issuer and JwksUri too, so that the ID Token can be checked.";
    }

    private static string? Fault(string? decryptionKey)
    {
        try
        {
            DecryptionKey.Read(decryptionKey);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }

    private static IEnumerable<string> DurationFailures(OAuthClientOptions o)
    {
        if (o.PendingAuthorizationLifetime <= TimeSpan.Zero || o.PendingAuthorizationLifetime > TimeSpan.FromHours(1))
            yield return "PendingAuthorizationLifetime must lie between zero and one hour.";
        if (o.SignInLifetime <= TimeSpan.Zero || o.SignInLifetime > TimeSpan.FromDays(365))
            yield return "SignInLifetime must lie between zero and a year.";
        if (o.AccessTokenLifetimeWhenUnstated <= TimeSpan.Zero || o.AccessTokenLifetimeWhenUnstated > TimeSpan.FromDays(365))
            yield return "AccessTokenLifetimeWhenUnstated must lie between zero and a year.";
        if (o.BackChannelDeadline <= TimeSpan.Zero || o.BackChannelDeadline > TimeSpan.FromMinutes(5))
            yield return "BackChannelDeadline must lie between zero and five minutes.";
        else if (o.BackChannelAttemptTimeout <= TimeSpan.Zero || o.BackChannelAttemptTimeout >= o.BackChannelDeadline)
            yield return "BackChannelAttemptTimeout must be more than zero and less than BackChannelDeadline; leave it out for a third of that.";
        if (o.RefreshTokenGracePeriod <= TimeSpan.Zero)
            yield return "RefreshTokenGracePeriod must be longer than zero; leave it out when the server takes no rotated refresh token.";
        if (o.RefreshLease <= o.BackChannelDeadline)
            yield return "RefreshLease must be longer than BackChannelDeadline, or a second node would present a refresh token while the first still waits for the answer; lower BackChannelDeadline, or leave RefreshLease out.";
        if (o.RefreshLease >= o.RefreshTokenGracePeriod)
            yield return "RefreshLease must be shorter than RefreshTokenGracePeriod, or a node that dies would be noticed too late to save the grant.";
        if (o.RefreshLease > TimeSpan.FromMinutes(10))
            yield return "RefreshLease must be no longer than ten minutes: for as long nobody gets a token when a node stops without a word.";
    }
}
