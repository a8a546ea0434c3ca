namespace OAuthClient;

/// <summary>The parameters of a refresh.</summary>
/// <param name="Registration">The client's configuration when the refresh started.</param>
/// <param name="Owner">The owner of the grant.</param>
/// <param name="Selection">The scopes and resources of the access token.</param>
/// <param name="Rejected">The access token that an API rejected, if that is the reason for the refresh.</param>
internal sealed record RefreshContext(ClientConfiguration Registration, GrantOwner Owner, AccessTokenKey Selection, AccessToken? Rejected)
{
    public bool Concerns(Grant grant) => GrantOwnership.IsUsable(grant, Registration, Owner);

    /// <summary>Finds a fresh token of the grant, which another refresh may have stored.</summary>
    public AccessToken? GrantedBy(Grant grant, DateTimeOffset now) =>
        grant.Find(Selection.Key) is { } known
        && !known.Equals(Rejected)
        && AccessTokenExpiry.StateAt(known, renewable: true, Registration.DefaultAccessTokenLifetime, now) == AccessTokenState.Fresh
            ? known
            : null;
}
