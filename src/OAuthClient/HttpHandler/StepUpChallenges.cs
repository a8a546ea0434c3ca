using System.Globalization;

namespace OAuthClient;

/// <summary>
/// Turns challenges that only the resource owner can meet into the exception that begins an authorization: another authentication (RFC
/// 9470 §3), more scopes (RFC 6750 §3.1), or further claims. It limits how often, because a server that cannot meet a challenge would have
/// the owner authorize again and again.
/// </summary>
/// <param name="scopes">The scopes that the API may require in addition to those of the access token.</param>
internal sealed class StepUpChallenges(IReadOnlyCollection<string> scopes)
{
    private const int Capacity = 10_000;

    // Of the tokens of one owner that the same address answered by the same challenge. The second one shows that an authorization has not
    // met it; the third one is returned to the caller.
    private const int MaximumTokens = 2;

    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private readonly BoundedCache<string, Challenged> challenged = new(Capacity);
    private readonly Lock changes = new();

    /// <summary>Gets the scopes that the API may require in addition to those of the access token.</summary>
    public IReadOnlyCollection<string> Scopes => scopes;

    /// <summary>Finds the challenge of a response that only the resource owner can meet.</summary>
    /// <returns>The challenge; <see langword="null"/> if there is none.</returns>
    public BearerChallenge? Find(HttpResponseMessage response) =>
        BearerChallenge
            .FindAll(response)
            .FirstOrDefault(challenge =>
                challenge.Error switch
                {
                    "insufficient_user_authentication" => true,
                    "insufficient_scope" => AllowedScopes(challenge).Length > 0
                        || (challenge.AcrValues ?? challenge.Claims) is not null
                        || challenge.MaxAge is not null,
                    "insufficient_claims" => challenge.Claims is not null,
                    _ => false,
                }
            );

    /// <summary>Creates the exception for a challenge.</summary>
    /// <param name="challenge">The challenge.</param>
    /// <param name="clientName">The name of the client.</param>
    /// <param name="owner">The owner of the token.</param>
    /// <param name="address">The address of the request.</param>
    /// <param name="token">The token of the request.</param>
    /// <param name="now">The current time.</param>
    /// <returns>
    /// The exception; <see langword="null"/> if the owner has already authorized twice because of the same challenge, without success.
    /// </returns>
    public ReauthorizationRequiredException? Create(
        BearerChallenge challenge,
        string clientName,
        GrantOwner owner,
        Uri address,
        AccessToken token,
        DateTimeOffset now
    )
    {
        if (!TryRecord(KeyOf(owner, address), TextOf(challenge), token.Hash, now))
            return null;
        return new(
            clientName,
            $"The user must authorize {ClientDisplayName.Of(clientName)}: the API requires another authorization ({challenge.Error}). "
                + "Begin one with the AcrValues, MaxAge, Scopes and Claims of this exception."
        )
        {
            AcrValues = challenge.AcrValues is { } values ? ScopeList.Split(values) : [],
            MaxAge = challenge.MaxAge,
            // The new token must also do what the present one does.
            Scopes = AllowedScopes(challenge) is { Length: > 0 } allowed ? [.. token.Scopes.Union(allowed)] : [],
            Claims = challenge.Claims,
            IsFromApi = true,
        };
    }

    /// <summary>Records that an address accepted a token of an owner, so that a later challenge is a new one.</summary>
    public void Clear(GrantOwner owner, Uri address)
    {
        if (challenged.Size > 0)
            challenged.TryRemove(KeyOf(owner, address), out _);
    }

    private bool TryRecord(string key, string challenge, string token, DateTimeOffset now)
    {
        lock (changes)
        {
            var tokens = challenged.TryGet(key, now, out var known) && known.Challenge == challenge ? known.Tokens : [];
            if (!tokens.Contains(token))
            {
                if (tokens.Count == MaximumTokens)
                    return false;
                challenged.Set(key, new(challenge, [.. tokens, token]), now + Memory, now);
            }
            return true;
        }
    }

    private static string KeyOf(GrantOwner owner, Uri address) =>
        AccessTokenKey.LengthPrefixed([owner.ToString(), address.GetLeftPart(UriPartial.Path)]);

    // Any other scope would widen the token, which the API receives, to other APIs.
    private string[] AllowedScopes(BearerChallenge challenge) => [.. challenge.Scopes.Where(scopes.Contains)];

    private string TextOf(BearerChallenge challenge) =>
        AccessTokenKey.LengthPrefixed([
            challenge.Error ?? "",
            challenge.AcrValues ?? "",
            challenge.MaxAge?.TotalSeconds.ToString(CultureInfo.InvariantCulture) ?? "",
            ScopeList.Join(AllowedScopes(challenge)),
            challenge.Claims ?? "",
        ]);

    private sealed record Challenged(string Challenge, IReadOnlyList<string> Tokens);
}
