using System.Collections.Concurrent;

namespace OAuthClient.Testing;

/// <summary>Maps the access tokens for the claims endpoint to the claims (OpenID Connect Core §5.6.2.2).</summary>
internal sealed class DistributedClaims
{
    private readonly ConcurrentDictionary<string, (TestClient Client, TestUser User, TestClaimSource Source)> _tokens = new(
        StringComparer.Ordinal
    );

    public string Add(TestClient client, TestUser user, TestClaimSource source)
    {
        string token = Randomness.Token("ct");
        _tokens[token] = (client, user, source);
        return token;
    }

    public (TestClient Client, TestUser User, TestClaimSource Source)? Find(string token) =>
        _tokens.TryGetValue(token, out var found) ? found : null;
}
