namespace OAuthClient;

/// <summary>The parameters of a refresh, or of another renewal of an access token.</summary>
/// <param name="Configuration">The client's configuration when the refresh started.</param>
/// <param name="Owner">The owner of the grant, or the client itself.</param>
/// <param name="Selection">The scopes and resources of the access token.</param>
/// <param name="Rejection">The rejection of the access token by an API, if that is the reason for the refresh.</param>
internal sealed record RefreshContext(
    ClientConfiguration Configuration,
    GrantOwner Owner,
    AccessTokenKey Selection,
    AccessTokenRejection? Rejection
)
{
    public AccessToken? Rejected => Rejection?.Token;

    public bool Concerns(Grant grant) => GrantOwnership.IsUsable(grant, Configuration, Owner);

    /// <summary>Finds the grant's token of the selection.</summary>
    /// <returns>The token, which may have expired; <see langword="null"/> if there is none, or an API rejected it.</returns>
    public AccessToken? Find(Grant grant) => grant.Find(Selection.Key) is { } token && !token.Equals(Rejected) ? token : null;

    /// <summary>Determines the state of a token.</summary>
    /// <param name="token">The token; <see langword="null"/> if there is none.</param>
    /// <param name="renewable">Whether another token can be requested without the resource owner.</param>
    /// <param name="now">The current time.</param>
    public AccessTokenState StateOf(AccessToken? token, bool renewable, DateTimeOffset now) =>
        token is null
            ? AccessTokenState.Expired
            : AccessTokenExpiry.StateAt(token, renewable, Configuration.DefaultAccessTokenLifetime, now);

    /// <summary>
    /// Determines whether the rejected token is used further, because the API stated no reason and a token of the grant was replaced for
    /// such a rejection recently.
    /// </summary>
    /// <param name="current">The current token of the selection; <see langword="null"/> if there is none.</param>
    /// <param name="last">The last replacement for such a rejection; <see langword="null"/> if there was none.</param>
    /// <param name="now">The current time.</param>
    public bool KeepsRejected(AccessToken? current, UnexplainedRejection? last, DateTimeOffset now) =>
        Rejection is { IsUnexplained: true } && Rejection.Token.Equals(current) && last?.AllowsReplacement(now) == false;

    /// <summary>Records why a new token replaces another one, before requests share it.</summary>
    /// <param name="token">The new token.</param>
    /// <param name="last">The newest record of the grant; <see langword="null"/> if it has none.</param>
    /// <param name="now">The current time.</param>
    public void RecordReason(AccessToken token, UnexplainedRejection? last, DateTimeOffset now)
    {
        token.ReplacesRejected = Rejection is not null;
        token.UnexplainedRejection = Rejection is { IsUnexplained: true } ? UnexplainedRejection.After(last, now) : last;
    }

    /// <summary>Finds a fresh token of the grant, which another refresh may have stored.</summary>
    public AccessToken? GrantedBy(Grant grant, DateTimeOffset now) =>
        Find(grant) is { } known && StateOf(known, renewable: true, now) == AccessTokenState.Fresh ? known : null;
}
