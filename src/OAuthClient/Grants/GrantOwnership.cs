namespace OAuthClient;

/// <summary>Decides which grants belong to an owner and a client, and which of them may be used.</summary>
internal static class GrantOwnership
{
    /// <summary>Ensures that grants of an owner can be stored: the client itself has none.</summary>
    /// <exception cref="ArgumentException">The owner is the client itself.</exception>
    public static void EnsureResourceOwner(this GrantOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.IsClient)
            throw new ArgumentException("The client itself has no grant; pass the resource owner.", nameof(owner));
    }

    /// <summary>
    /// Determines whether a grant belongs to the owner and the client. Names are compared case-sensitively here, because a store may ignore
    /// case: it would return the grant of <c>Alice</c> for <c>alice</c>.
    /// </summary>
    /// <param name="grant">The grant.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="owner">The owner.</param>
    /// <returns><see langword="true"/> if the grant belongs to both; otherwise, <see langword="false"/>.</returns>
    public static bool BelongsTo(Grant grant, ClientConfiguration configuration, GrantOwner owner) =>
        grant.Owner.Equals(owner) && BelongsTo(grant, configuration);

    /// <summary>Determines whether a grant was issued to the client, under its identifier and at its server.</summary>
    public static bool BelongsTo(Grant grant, ClientConfiguration configuration) =>
        grant.ClientName == configuration.Name && grant.ClientId == configuration.ClientId && grant.Server == configuration.ServerId;

    /// <summary>
    /// Determines whether a grant may be used: it belongs to the owner and the client, and its tenant is allowed. This is checked at each
    /// use, because <see cref="OAuthClientOptions.AllowedTenants"/> may be reloaded. A grant that may not be used can still be revoked.
    /// </summary>
    /// <param name="grant">The grant.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <param name="owner">The owner.</param>
    /// <returns><see langword="true"/> if the grant may be used; otherwise, <see langword="false"/>.</returns>
    public static bool IsUsable(Grant grant, ClientConfiguration configuration, GrantOwner owner) =>
        BelongsTo(grant, configuration, owner) && (configuration.IssuerTemplate is not { } template || grant.IsAllowedBy(template));
}
