namespace OAuthClient;

/// <summary>Access tokens that work, for whoever is named: the one place where owner and client part ways, and never meet again.</summary>
internal sealed class AccessTokenSource(OwnerTokens owners, ClientTokens client, TimeProvider time)
{
    // A token that came because its predecessor was refused, and is refused itself at once, is not refused for its age.
    private static readonly TimeSpan FruitlessPause = TimeSpan.FromMinutes(1);

    public ValueTask<AccessToken> GetAsync(GrantOwner owner, TokenSelection selection, AccessToken? rejected, CancellationToken cancellationToken) =>
        owner.Id is null
            ? client.GetAsync(selection, rejected, cancellationToken)
            : owners.GetAsync(owner, selection, rejected, cancellationToken);

    /// <summary>Whether another token could fare better than this one, which an API refused.</summary>
    public bool IsWorthReplacing(AccessToken rejected) =>
        !rejected.ReplacesRejected || time.GetUtcNow() - rejected.IssuedAt >= FruitlessPause;
}
