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
            return ValidateOptionsResult.Fail(
                name.Length == 0
                    ? "There is no OAuth client without a name: register it with AddOAuthClient(…)."
                    : $"There is no OAuth client '{name}': register it with AddOAuthClient(\"{name}\", …)."
            );
        ClientDisplayName subject = name;
        List<string> failures = [.. FindNulls(options)];
        if (failures.Count == 0)
            failures = [.. FindFailures(name, options)];
        if (failures.Count > 0)
            return ValidateOptionsResult.Fail(failures.Select(sentence => $"{subject}: {sentence}"));
        dangerous.LogOnce(name, options);
        return ValidateOptionsResult.Success;
    }

    private IEnumerable<string> FindFailures(string name, OAuthClientOptions o) =>
        [
            .. FindClientFailures(o),
            .. FindAssertionFailures(o),
            .. FindCredentialFailures(o),
            .. FindDPoPFailures(o),
            .. FindFapi2Failures(o),
            .. FindRedirectUriFailures(o),
            .. FindParameterFailures(o),
            .. FindAdaptationFailures(o),
            .. o.DynamicRegistration is { } dynamic ? DynamicRegistrationOptionsValidator.Find(o, dynamic) : [],
            .. FindEndpointFailures(o),
            .. FindTenantFailures(o),
            .. FindRequestFailures(o),
            .. FindIdTokenFailures(o),
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
        if (o.AuthorizationDetails is { } details && AuthorizationDetails.FindFailure(details, out _) is { } detailsFailure)
            yield return $"AuthorizationDetails cannot be sent. {detailsFailure}.";
        if (o.ResponseMode is not (null or "query" or "form_post" or "jwt" or "query.jwt" or "form_post.jwt"))
            yield return "ResponseMode must be query, form_post, jwt, query.jwt or form_post.jwt; no other response mode is supported.";
    }

    private static string? FindRedirectFailure(Uri? redirect) =>
        redirect is null ? null
        : !redirect.IsAbsoluteUri ? "must be an absolute address such as https://client.example.com/callback"
        : redirect.OriginalString.Contains('#', StringComparison.Ordinal) ? "must have no fragment (RFC 6749 §3.1.2)"
        : redirect.Scheme == Uri.UriSchemeHttp && !EndpointSecurity.IsLoopback(redirect)
            ? "must use https; plain http is allowed for loopback addresses only (RFC 8252 §7.3)"
        : redirect.Scheme is "javascript" or "data" or "file" or "vbscript" ? $"cannot use the scheme '{redirect.Scheme}'"
        : null;

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
