using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;

namespace OAuthClient;

/// <summary>Validates the options of a client when the host starts. Each message states what to change.</summary>
internal sealed partial class OAuthClientOptionsValidator(
    OAuthClientRegistry clients,
    RedirectUriConflictDetector conflicts,
    DangerousOptions dangerous
) : IValidateOptions<OAuthClientOptions>
{
    public ValidateOptionsResult Validate(string? name, OAuthClientOptions options)
    {
        name ??= Options.DefaultName;
        if (!clients.Names.Contains(name))
            return ValidateOptionsResult.Fail($"There is no OAuth client '{name}': register it with AddOAuthClient(\"{name}\", …).");
        string subject = name.Length == 0 ? "OAuth client" : $"OAuth client '{name}'";
        List<string> failures = [.. FindNulls(options), .. FindNullRequestOptions(options)];
        if (failures.Count == 0)
            failures = [.. FindFailures(name, options)];
        if (failures.Count > 0)
            return ValidateOptionsResult.Fail(failures.Select(sentence => $"{subject}: {sentence}"));
        dangerous.LogOnce(name, options);
        return ValidateOptionsResult.Success;
    }

    // A null in a configuration file reaches the lists, which the other checks enumerate.
    private static IEnumerable<string> FindNulls(OAuthClientOptions o)
    {
        if (o.Scopes is null)
            yield return "Scopes is null; leave it out, or set an empty list.";
        if (o.Resources is null)
            yield return "Resources is null; leave it out, or set an empty list.";
        if (o.IdTokenSigningAlgorithms is null)
            yield return "IdTokenSigningAlgorithms is null; leave it out for RS256, or name the algorithms.";
        if (o.DecryptionKeys is null)
            yield return "DecryptionKeys is null; leave it out, or set an empty list.";
        if (o.ClientAssertion is null)
            yield return "ClientAssertion is null; leave it out for a client that makes no assertions.";
        if (o.Adaptation is null)
            yield return "Adaptation is null; leave it out for a server that conforms to the specifications.";
        if (o.AllowedTenants is null)
            yield return "AllowedTenants is null; leave it out, or set an empty list.";
    }

    private IEnumerable<string> FindFailures(string name, OAuthClientOptions o) =>
        [
            .. FindClientFailures(o),
            .. FindAssertionFailures(o),
            .. FindCredentialFailures(o),
            .. FindRedirectUriFailures(o),
            .. FindParameterFailures(o),
            .. FindAdaptationFailures(o),
            .. o.DynamicRegistration is { } dynamic ? DynamicRegistrationOptionsValidator.Find(o, dynamic) : [],
            .. FindEndpointFailures(o),
            .. FindTenantFailures(o),
            .. FindRequestFailures(o),
            .. FindDurationFailures(o),
            .. conflicts.Find(name, o),
        ];

    private static IEnumerable<string> FindClientFailures(OAuthClientOptions o)
    {
        if (o.DynamicRegistration is null && string.IsNullOrWhiteSpace(o.ClientId))
            yield return "set ClientId to the identifier that the server issued to this client.";
        if (o.ClientSecret is not null && string.IsNullOrWhiteSpace(o.ClientSecret))
            yield return "ClientSecret is empty; set the secret, or leave it null for a public client.";
        if (
            o.ClientAuthentication
                is ClientAuthenticationMethod.ClientSecretBasic
                    or ClientAuthenticationMethod.ClientSecretPost
                    or ClientAuthenticationMethod.ClientSecretJwt
            && o.ClientSecret is null
            && o.ClientSecretProvider is null
            && o.DynamicRegistration is null
        )
            yield return $"ClientAuthentication is {o.ClientAuthentication}, which needs a ClientSecret; set it, or choose None "
                + "for a public client.";
        if (
            o.ClientAuthentication is ClientAuthenticationMethod.None or ClientAuthenticationMethod.TlsClientAuth
            && o.ClientSecret is not null
        )
            yield return $"ClientAuthentication is {o.ClientAuthentication} but there is a ClientSecret, which would never be sent; "
                + "remove one of the two.";
        if (o.ClientAuthentication is { } method && !Enum.IsDefined(method))
            yield return $"ClientAuthentication must be one of {string.Join(", ", Enum.GetNames<ClientAuthenticationMethod>())}.";
        if (o.ClientAuthentication is ClientAuthenticationMethod.TlsClientAuth && o.ClientCertificate is null)
            yield return "ClientAuthentication is TlsClientAuth, but there is no certificate; set it with "
                + "AddOAuthClient(…).UseClientCertificate(…).";
    }

    private static IEnumerable<string> FindEndpointFailures(OAuthClientOptions o)
    {
        if (o.Issuer is null && o.TokenEndpoint is null)
            yield return "set Issuer to the server's address, so that its endpoints are discovered, or set TokenEndpoint and "
                + "AuthorizationEndpoint.";
        foreach (var (name, uri) in ServerEndpoint.All.Select(e => (e.OptionName, e.ConfiguredIn(o))).Prepend((nameof(o.Issuer), o.Issuer)))
        {
            if (uri is null)
                continue;
            if (!EndpointSecurity.IsSafe(uri, o.DangerouslyAllowHttpOnLoopback))
            {
                yield return !uri.IsAbsoluteUri ? $"{name} must be an absolute address such as https://accounts.example.com."
                : uri.Scheme == Uri.UriSchemeHttp && EndpointSecurity.IsLoopback(uri)
                    ? $"{name} uses http; use https, or set DangerouslyAllowHttpOnLoopback for a server on this machine."
                : $"{name} must use https.";
            }
            else if (!ServerEndpoint.IsSafe(uri, o.DangerouslyAllowHttpOnLoopback))
            {
                yield return $"{name} must have neither a fragment nor a user name.";
            }
        }
        if (o is { RevokeSupersededGrants: true, TokenEndpoint: not null, RevocationEndpoint: null })
            yield return "RevokeSupersededGrants needs RevocationEndpoint, because no endpoint is discovered when TokenEndpoint is set.";
        if (o.Issuer is { IsAbsoluteUri: true } issuer && issuer.AbsolutePath.Contains("/.well-known/", StringComparison.Ordinal))
            yield return "Issuer is the address of the metadata; set it to the issuer member of the metadata, which is usually "
                + "the part before /.well-known/.";
        if (o.Issuer is { IsAbsoluteUri: true, Query.Length: > 0 })
            yield return "Issuer must have no query (RFC 8414 §2).";
    }

    private static IEnumerable<string> FindTenantFailures(OAuthClientOptions o)
    {
        if (o.Issuer is { } issuer && issuer.OriginalString.AsSpan().ContainsAny('{', '}'))
            yield return "Issuer holds a brace; set it to the address that all tenants share, and IssuerTemplate to the "
                + "metadata's issuer member.";
        if (o.IssuerTemplate is { } template)
        {
            if (!IsTemplate(template, o.DangerouslyAllowHttpOnLoopback))
                yield return "IssuerTemplate must be an https address with {tenantid} as one segment of its path, exactly as the "
                    + "metadata's issuer member has it, such as https://login.example.com/{tenantid}/v2.0.";
            if (o.Issuer is null)
                yield return "IssuerTemplate needs Issuer, the address that all tenants share and from which the metadata are discovered.";
        }
        else if (o.AllowedTenants.Count > 0)
            yield return "AllowedTenants has no effect without IssuerTemplate; set IssuerTemplate, or remove the tenants.";
        foreach (string tenant in o.AllowedTenants)
        {
            if (!IssuerTemplate.IsTenant(tenant))
                yield return $"AllowedTenants holds '{tenant}', which is no tenant: use letters, digits, '-', '_' and '.' only.";
        }
    }

    // The tenant is a path segment of its own, so that it is neither a host nor part of another tenant's name.
    private static bool IsTemplate(string template, bool allowHttpOnLoopback) =>
        template.Split(IssuerTemplate.Placeholder) is [var before, var after]
        && before.EndsWith('/')
        && (after.Length == 0 || after.StartsWith('/'))
        && Uri.TryCreate(before + "tenant" + after, UriKind.Absolute, out var example)
        && EndpointSecurity.IsSafe(example, allowHttpOnLoopback)
        && example.AbsolutePath.Contains("/tenant", StringComparison.Ordinal)
        && example.Query.Length + example.Fragment.Length + example.UserInfo.Length == 0;

    private static IEnumerable<string> FindRequestFailures(OAuthClientOptions o)
    {
        if (o.Scopes.FirstOrDefault(scope => scope is null || !ScopeList.IsToken(scope)) is { } bad)
            yield return $"the scope '{bad}' holds a space or another character that is invalid in a scope; set each scope as an "
                + "item of its own.";
        if (o.Scopes.Contains(null!))
            yield return "Scopes holds a null.";
        foreach (var resource in o.Resources)
        {
            if (resource is null || !resource.IsAbsoluteUri || resource.OriginalString.Contains('#', StringComparison.Ordinal))
                yield return $"the resource '{resource}' must be an absolute URI without a fragment (RFC 8707 §2).";
        }
        if (o.ResponseMode is not (null or "query" or "form_post" or "jwt" or "query.jwt" or "form_post.jwt"))
            yield return "ResponseMode must be query, form_post, jwt, query.jwt or form_post.jwt; no other response mode is supported.";
        foreach (string? algorithm in o.IdTokenSigningAlgorithms)
        {
            if (FindAlgorithmFailure(o, algorithm) is { } failure)
                yield return $"IdTokenSigningAlgorithms holds {failure}.";
        }
        foreach (var (index, key) in o.DecryptionKeys.Index())
        {
            if (FindKeyFailure(key) is { } failure)
                yield return string.Create(CultureInfo.InvariantCulture, $"DecryptionKeys[{index}] {failure}.");
        }
        bool secretIsKey =
            o.IdTokenSigningAlgorithms.Count > 0
            && o.IdTokenSigningAlgorithms.All(algorithm => algorithm is not null && SignatureAlgorithms.IsSymmetric(algorithm));
        if (o.Scopes.Contains(ScopeList.OpenId) && o.TokenEndpoint is not null && (o.Issuer is null || (o.JwksUri is null && !secretIsKey)))
            yield return "Scopes holds openid and TokenEndpoint is set; then set Issuer and JwksUri too, so that the ID Token can "
                + "be validated.";
    }

    private static string? FindRedirectFailure(Uri? redirect) =>
        redirect is null ? null
        : !redirect.IsAbsoluteUri ? "must be an absolute address such as https://client.example.com/callback"
        : redirect.OriginalString.Contains('#', StringComparison.Ordinal) ? "must have no fragment (RFC 6749 §3.1.2)"
        : redirect.Scheme == Uri.UriSchemeHttp && !EndpointSecurity.IsLoopback(redirect)
            ? "must use https; plain http is allowed for loopback addresses only (RFC 8252 §7.3)"
        : redirect.Scheme is "javascript" or "data" or "file" or "vbscript" ? $"cannot use the scheme '{redirect.Scheme}'"
        : null;

    private static string? FindAlgorithmFailure(OAuthClientOptions o, string? algorithm)
    {
        if (algorithm is null || !SignatureAlgorithms.Supported.Contains(algorithm))
            return $"'{algorithm}'; these are supported: {string.Join(", ", SignatureAlgorithms.Supported)}";
        return
            SignatureAlgorithms.IsSymmetric(algorithm)
            && o.DynamicRegistration is null
            && Encoding.UTF8.GetByteCount(o.ClientSecret ?? "") * 8 < SignatureAlgorithms.HashLength(algorithm)
            ? $"{algorithm}, for which the client secret is the key: ClientSecret must have at least "
                + $"{SignatureAlgorithms.HashLength(algorithm) / 8} bytes (RFC 7518 §3.2). Use RS256, or a longer secret"
            : null;
    }

    private static string? FindKeyFailure(string? decryptionKey)
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

    private static IEnumerable<string> FindDurationFailures(OAuthClientOptions o)
    {
        if (o.PendingAuthorizationLifetime <= TimeSpan.Zero || o.PendingAuthorizationLifetime > TimeSpan.FromHours(1))
            yield return "PendingAuthorizationLifetime must be greater than zero and at most one hour.";
        if (o.SignInLifetime <= TimeSpan.Zero || o.SignInLifetime > TimeSpan.FromDays(365))
            yield return "SignInLifetime must be greater than zero and at most 365 days.";
        if (o.DefaultAccessTokenLifetime <= TimeSpan.Zero || o.DefaultAccessTokenLifetime > TimeSpan.FromDays(365))
            yield return "DefaultAccessTokenLifetime must be greater than zero and at most 365 days.";
        if (o.BackChannelDeadline <= TimeSpan.Zero || o.BackChannelDeadline > TimeSpan.FromMinutes(5))
            yield return "BackChannelDeadline must be greater than zero and at most five minutes.";
        else if (o.BackChannelAttemptTimeout <= TimeSpan.Zero || o.BackChannelAttemptTimeout >= o.BackChannelDeadline)
            yield return "BackChannelAttemptTimeout must be greater than zero and less than BackChannelDeadline; leave it out for "
                + "a third of that.";
        if (o.RefreshTokenGracePeriod <= TimeSpan.Zero)
            yield return "RefreshTokenGracePeriod must be greater than zero; leave it out if the server accepts no rotated refresh token.";
        if (o.RefreshLease <= o.BackChannelDeadline)
            yield return "RefreshLease must be longer than BackChannelDeadline, or a second node would present a refresh token "
                + "while the first still waits for the response; lower BackChannelDeadline, or leave RefreshLease out.";
        if (o.RefreshLease >= o.RefreshTokenGracePeriod)
            yield return "RefreshLease must be shorter than RefreshTokenGracePeriod, or another node could not repeat the refresh "
                + "of a stopped node in time; lower RefreshLease, or leave it out.";
        if (o.RefreshLease > TimeSpan.FromMinutes(10))
            yield return "RefreshLease must be at most ten minutes, because other nodes wait for this long if a node stops "
                + "without releasing it.";
    }
}
