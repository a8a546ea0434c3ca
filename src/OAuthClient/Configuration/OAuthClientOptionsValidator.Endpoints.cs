namespace OAuthClient;

internal sealed partial class OAuthClientOptionsValidator
{
    private static IEnumerable<string> FindEndpointFailures(OAuthClientOptions o)
    {
        foreach (var origin in o.DangerouslyAllowHttpInTrustedNetwork)
        {
            if (
                origin is not { IsAbsoluteUri: true }
                || origin.Scheme != Uri.UriSchemeHttp
                || EndpointSecurity.HostOf(origin) is null or ""
                || origin.PathAndQuery != "/"
                || origin.Fragment.Length + origin.UserInfo.Length > 0
            )
                yield return $"DangerouslyAllowHttpInTrustedNetwork holds '{origin}', which is no origin; write scheme, host and port, "
                    + "such as http://keycloak:8080.";
        }
        var cleartext = Cleartext(o);
        if (o.Issuer is null && o.TokenEndpoint is null)
            yield return "set Issuer to the server's address, so that its endpoints are discovered, or set TokenEndpoint and "
                + "AuthorizationEndpoint.";
        foreach (var (name, uri) in Addresses(o))
        {
            if (uri is null)
                continue;
            if (!cleartext.IsSafe(uri))
            {
                yield return !uri.IsAbsoluteUri ? $"{name} must be an absolute address such as https://accounts.example.com."
                : uri.Scheme != Uri.UriSchemeHttp ? $"{name} must use https."
                : EndpointSecurity.IsLoopback(uri)
                    ? $"{name} uses http; use https, or set DangerouslyAllowHttpOnLoopback for a server on this machine."
                : PublicAddress.IsInternal(uri)
                    ? $"{name} uses http; use https, or add {EndpointSecurity.OriginOf(uri)} to DangerouslyAllowHttpInTrustedNetwork if "
                        + "that network is trusted."
                : $"{name} must use https; inside a trusted network, DangerouslyAllowHttpInTrustedNetwork allows http to listed origins.";
            }
            else if (!ServerEndpoint.IsSafe(uri, cleartext))
            {
                yield return $"{name} must have neither a fragment nor a user name.";
            }
        }
        if (o is { MetadataAddress: not null, Issuer: null })
            yield return "MetadataAddress needs Issuer: set it to the issuer member of that document, which must equal it (RFC 8414 §3.3).";
        if (o is { RevokeSupersededGrants: true, RevocationEndpoint: null } && IsDiscoveryOff(o))
            yield return "RevokeSupersededGrants needs RevocationEndpoint, because no endpoint is discovered when TokenEndpoint is set.";
        if (o.Issuer is { IsAbsoluteUri: true } issuer && issuer.AbsolutePath.Contains("/.well-known/", StringComparison.Ordinal))
            yield return "Issuer is the address of the metadata; set it to the issuer member of the metadata, which is usually "
                + "the part before /.well-known/. If the metadata is elsewhere, set MetadataAddress to its address.";
        if (o.Issuer is { IsAbsoluteUri: true, Query.Length: > 0 })
            yield return "Issuer must have no query (RFC 8414 §2).";
    }

    private static IEnumerable<(string Name, Uri? Address)> Addresses(OAuthClientOptions o) =>
        [
            (nameof(o.Issuer), o.Issuer),
            (nameof(o.MetadataAddress), o.MetadataAddress),
            .. ServerEndpoint.All.Select(endpoint => (endpoint.OptionName, endpoint.ConfiguredIn(o))),
        ];

    private static bool IsDiscoveryOff(OAuthClientOptions o) => o is { TokenEndpoint: not null, MetadataAddress: null };

    // A relative address, which another sentence reports, cannot be compared.
    private static CleartextPolicy Cleartext(OAuthClientOptions o) =>
        new(
            o.DangerouslyAllowHttpOnLoopback,
            [.. o.DangerouslyAllowHttpInTrustedNetwork.Where(origin => origin is { IsAbsoluteUri: true })]
        );

    private static IEnumerable<string> FindTenantFailures(OAuthClientOptions o)
    {
        if (o.Issuer is { } issuer && issuer.OriginalString.AsSpan().ContainsAny('{', '}'))
            yield return "Issuer holds a brace; set it to the address that all tenants share, and IssuerTemplate to the "
                + "metadata's issuer member.";
        if (o.IssuerTemplate is { } template)
        {
            if (!IsTemplate(template, Cleartext(o)))
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
    private static bool IsTemplate(string template, CleartextPolicy cleartext) =>
        template.Split(IssuerTemplate.Placeholder) is [var before, var after]
        && before.EndsWith('/')
        && (after.Length == 0 || after.StartsWith('/'))
        && Uri.TryCreate(before + "tenant" + after, UriKind.Absolute, out var example)
        && cleartext.IsSafe(example)
        && example.AbsolutePath.Contains("/tenant", StringComparison.Ordinal)
        && example.Query.Length + example.Fragment.Length + example.UserInfo.Length == 0;
}
