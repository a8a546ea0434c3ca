namespace OAuthClient;

/// <summary>What a refresh is for.</summary>
/// <param name="Registration">The registration as it stood when the refresh began.</param>
/// <param name="Owner">Whose token.</param>
/// <param name="Selection">Which one.</param>
/// <param name="Rejected">The one that an API refused, if that is the reason.</param>
internal sealed record RefreshContext(ClientConfiguration Registration, GrantOwner Owner, AccessTokenKey Selection, AccessToken? Rejected)
{
    public bool Concerns(Grant grant) => GrantOwnership.IsUsable(grant, Registration, Owner);

    /// <summary>A token of the grant that is as good as a new one: somebody else's refresh may have brought it.</summary>
    public AccessToken? GrantedBy(Grant grant, DateTimeOffset now) =>
        grant.Find(Selection.Key) is { } known
        && !known.Equals(Rejected)
        && AccessTokenExpiry.StateAt(known, renewable: true, Registration.DefaultAccessTokenLifetime, now) == AccessTokenState.Fresh
            ? known
            : null;
}
