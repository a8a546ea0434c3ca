using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>
/// Stores the issued codes and tokens. One lock makes each redemption atomic: exactly one of several concurrent redemptions succeeds.
/// </summary>
internal sealed class IssuedTokenStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, IssuedCode> _codes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IssuedRefreshToken> _refreshTokens = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IssuedAccessToken> _accessTokens = new(StringComparer.Ordinal);

    public IssuedCode AddCode(IssuedGrant grant, ReceivedAuthorizationRequest request, DateTimeOffset expiresAt)
    {
        IssuedCode code = new(grant, request, expiresAt);
        lock (_lock)
            _codes.Add(code.Value, code);
        return code;
    }

    public IssuedAccessToken AddAccessToken(
        IssuedGrant grant,
        IReadOnlyList<string> scopes,
        IReadOnlyList<string> resources,
        JsonArray? authorizationDetails,
        DateTimeOffset now,
        TimeSpan lifetime,
        Confirmation? confirmation
    )
    {
        IssuedAccessToken token = new(grant, scopes, resources, authorizationDetails, now, now + lifetime) { Confirmation = confirmation };
        lock (_lock)
            _accessTokens.Add(token.Value, token);
        return token;
    }

    public IssuedRefreshToken AddRefreshToken(IssuedGrant grant, DateTimeOffset now, TimeSpan lifetime, Confirmation? confirmation)
    {
        IssuedRefreshToken token = new(grant, now, now + lifetime) { Confirmation = confirmation };
        lock (_lock)
            _refreshTokens.Add(token.Value, token);
        return token;
    }

    /// <summary>
    /// Redeems a code. The code is invalid afterwards, also if <paramref name="check"/> throws. A second redemption revokes the grant (RFC
    /// 6749 §4.1.2).
    /// </summary>
    public IssuedCode RedeemCode(string value, TestClient client, DateTimeOffset now, Action<IssuedCode> check)
    {
        lock (_lock)
        {
            if (!_codes.TryGetValue(value, out IssuedCode? code))
                throw OAuthErrorException.InvalidGrant("The code is unknown.");
            if (code.Grant.Client.ClientId != client.ClientId)
                throw OAuthErrorException.InvalidGrant("The code was issued to another client.");
            if (code.IsRedeemed)
            {
                code.Grant.Revoke();
                throw OAuthErrorException.InvalidGrant("The code was already redeemed; its grant is revoked.");
            }

            code.IsRedeemed = true;
            if (now >= code.ExpiresAt)
                throw OAuthErrorException.InvalidGrant("The code has expired.");
            if (code.Grant.Revoked)
                throw OAuthErrorException.InvalidGrant("The grant has been revoked.");
            check(code);
            return code;
        }
    }

    /// <summary>
    /// Redeems a refresh token unless <paramref name="check"/> throws. Reuse after the grace period revokes the grant (RFC 9700 §4.14.2).
    /// </summary>
    public IssuedRefreshToken RedeemRefreshToken(
        string value,
        TestClient client,
        DateTimeOffset now,
        bool rotate,
        TimeSpan gracePeriod,
        Action<IssuedRefreshToken> check
    )
    {
        lock (_lock)
        {
            if (!_refreshTokens.TryGetValue(value, out IssuedRefreshToken? token))
                throw OAuthErrorException.InvalidGrant("The refresh token is unknown.");
            if (token.Grant.Client.ClientId != client.ClientId)
                throw OAuthErrorException.InvalidGrant("The refresh token was issued to another client.");
            if (token.Grant.Revoked)
                throw OAuthErrorException.InvalidGrant("The grant has been revoked.");
            if (token.RedeemedAt is { } redeemedAt && now - redeemedAt >= gracePeriod)
            {
                token.Grant.Revoke();
                throw OAuthErrorException.InvalidGrant("The refresh token was already redeemed; the grant is revoked.");
            }

            if (now >= token.ExpiresAt)
                throw OAuthErrorException.InvalidGrant("The refresh token has expired.");
            check(token);
            if (rotate)
                token.RedeemedAt ??= now;
            return token;
        }
    }

    public IssuedAccessToken? FindAccessToken(string value)
    {
        lock (_lock)
            return _accessTokens.GetValueOrDefault(value);
    }

    public IssuedRefreshToken? FindRefreshToken(string value)
    {
        lock (_lock)
            return _refreshTokens.GetValueOrDefault(value);
    }

    /// <summary>
    /// Invalidates an access token, or revokes the grant of a refresh token (RFC 7009 §2.1). An unknown token is not an error (§2.2).
    /// </summary>
    public void Revoke(string value, TestClient client)
    {
        lock (_lock)
        {
            IssuedAccessToken? access = _accessTokens.GetValueOrDefault(value);
            IssuedRefreshToken? refresh = _refreshTokens.GetValueOrDefault(value);
            if ((access?.Grant ?? refresh?.Grant) is { } grant && grant.Client.ClientId != client.ClientId)
                throw OAuthErrorException.InvalidGrant("The token was issued to another client.");
            access?.Invalidate();
            refresh?.Grant.Revoke();
        }
    }

    public void RevokeEverything() => RevokeWhere(_ => true);

    public void RevokeClient(string clientId) => RevokeWhere(grant => grant.Client.ClientId == clientId);

    /// <summary>Revokes the grants of a session, except those with offline access (OpenID Connect Back-Channel Logout §2.7).</summary>
    public void RevokeSession(string sessionId) =>
        RevokeWhere(grant => grant.SessionId == sessionId && !grant.Scopes.Contains("offline_access"));

    public void ExpireAccessTokens()
    {
        lock (_lock)
        {
            foreach (IssuedAccessToken token in _accessTokens.Values)
                token.Invalidate();
        }
    }

    private void RevokeWhere(Func<IssuedGrant, bool> predicate)
    {
        lock (_lock)
        {
            foreach (
                IssuedGrant grant in _codes
                    .Values.Select(code => code.Grant)
                    .Concat(_accessTokens.Values.Select(token => token.Grant))
                    .Where(predicate)
            )
                grant.Revoke();
        }
    }
}
