namespace OAuthClient;

/// <summary>Requests the claims of a grant's owner with the owner's access token, and relates them to the owner.</summary>
internal sealed class UserInfoClient(
    ClientConfigurationProvider configuration,
    ServerMetadataCache metadata,
    AccessTokenProvider tokens,
    UserInfoEndpointClient endpoint,
    IGrantStore store
)
{
    /// <inheritdoc cref="IOAuthClient.GetUserInfoAsync"/>
    public async Task<UserInfo> GetAsync(GrantOwner owner, CancellationToken cancellationToken)
    {
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var token = await tokens.GetAsync(owner, AccessTokenKey.Default, rejected: null, cancellationToken).ConfigureAwait(false);
        var grants = await store.FindAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        var usable = grants.Where(grant => GrantOwnership.IsUsable(grant, current, owner)).ToList();
        // The grant with this token, because another grant of the owner may name another account; or the newest grant, if a refresh has
        // just replaced the token.
        var grant = usable.Find(grant => token.Equals(grant.AccessToken)) ?? usable.FirstOrDefault();
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        if (grant is null)
            throw current.CreateReauthorizationRequired("the grant was ended or replaced meanwhile");
        var info = await endpoint.GetAsync(token, grant.Subject, current, server, cancellationToken).ConfigureAwait(false);
        // Not the owner of the grant, because a user of the application may have connected accounts of several subjects.
        info.OwnerClaims = UserInfoOwner(grant, info, server)?.ToClaims(info.Issuer);
        return info;
    }

    // All tenants share the issuer of the metadata, but the same subject at two tenants is two users (OpenID Connect Core §5.7).
    private static GrantOwner? UserInfoOwner(Grant grant, UserInfo info, AuthorizationServerMetadata server) =>
        server.IssuerTemplate is not { } template || grant.IdToken is not null ? GrantOwner.Subject(grant.Issuer, info.Subject)
        : grant.OwnerIssuerOf(template) is not null && string.Equals(grant.Owner.Id, info.Subject, StringComparison.Ordinal) ? grant.Owner
        : null;
}
