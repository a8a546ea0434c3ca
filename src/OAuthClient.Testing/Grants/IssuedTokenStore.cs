namespace OAuthClient.Testing;

/// <summary>Every grant, code and token ever given. One lock makes each spending atomic: of parallel replays exactly one succeeds.</summary>
internal sealed class IssuedTokenStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, IssuedCode> _codes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IssuedRefreshToken> _refreshTokens = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IssuedAccessToken> _accessTokens = new(StringComparer.Ordinal);

    public IssuedCode AddCode(IssuedGrant grant, ReceivedAuthorizationRequest request, DateTimeOffset expiresAt)
    {
        IssuedCode code = new(grant, request, expiresAt);
        lock (_gate)
            _codes.Add(code.Value, code);
        return code;
    }

    public IssuedAccessToken AddAccessToken(
        IssuedGrant grant,
        IReadOnlyList<string> scopes,
        IReadOnlyList<string> resources,
        DateTimeOffset now,
        TimeSpan lifetime
    )
    {
        IssuedAccessToken token = new(grant, scopes, resources, now, now + lifetime);
        lock (_gate)
            _accessTokens.Add(token.Value, token);
        return token;
    }

    public IssuedRefreshToken AddRefreshToken(IssuedGrant grant, DateTimeOffset now, TimeSpan lifetime)
    {
        IssuedRefreshToken token = new(grant, now, now + lifetime);
        lock (_gate)
            _refreshTokens.Add(token.Value, token);
        return token;
    }

    /// <summary>Spends a code, also when <paramref name="check"/> then refuses: a client that errs does not get a second guess. A replay revokes what the code gave (RFC 6749 §4.1.2).</summary>
    public IssuedCode SpendCode(string value, TestClient client, DateTimeOffset now, Action<IssuedCode> check)
    {
        lock (_gate)
        {
            if (!_codes.TryGetValue(value, out IssuedCode? code))
                throw OAuthErrorException.InvalidGrant("The code is unknown.");
            if (code.Grant.Client.ClientId != client.ClientId)
                throw OAuthErrorException.InvalidGrant("The code was issued to another client.");
            if (code.Spent)
            {
                code.Grant.Revoke();
                throw OAuthErrorException.InvalidGrant("The code was used before; what it gave is revoked.");
            }

            code.Spent = true;
            if (now >= code.ExpiresAt)
                throw OAuthErrorException.InvalidGrant("The code has expired.");
            if (code.Grant.Revoked)
                throw OAuthErrorException.InvalidGrant("The grant has been revoked.");
            check(code);
            return code;
        }
    }

    /// <summary>Spends a refresh token unless <paramref name="check"/> refuses the request. Reuse outside of the grace period revokes the family (RFC 9700 §4.14.2).</summary>
    public IssuedRefreshToken SpendRefreshToken(
        string value,
        TestClient client,
        DateTimeOffset now,
        bool rotate,
        TimeSpan grace,
        Action<IssuedRefreshToken> check
    )
    {
        lock (_gate)
        {
            if (!_refreshTokens.TryGetValue(value, out IssuedRefreshToken? token))
                throw OAuthErrorException.InvalidGrant("The refresh token is unknown.");
            if (token.Grant.Client.ClientId != client.ClientId)
                throw OAuthErrorException.InvalidGrant("The refresh token was issued to another client.");
            if (token.Grant.Revoked)
                throw OAuthErrorException.InvalidGrant("The grant has been revoked.");
            if (token.SpentAt is { } spentAt && now - spentAt >= grace)
            {
                token.Grant.Revoke();
                throw OAuthErrorException.InvalidGrant("The refresh token was used before; the grant is revoked.");
            }

            if (now >= token.ExpiresAt)
                throw OAuthErrorException.InvalidGrant("The refresh token has expired.");
            check(token);
            if (rotate)
                token.SpentAt ??= now;
            return token;
        }
    }

    public IssuedAccessToken? FindAccessToken(string value)
    {
        lock (_gate)
            return _accessTokens.GetValueOrDefault(value);
    }

    public IssuedRefreshToken? FindRefreshToken(string value)
    {
        lock (_gate)
            return _refreshTokens.GetValueOrDefault(value);
    }

    /// <summary>Kills one access token, or with a refresh token the whole grant (RFC 7009 §2.1). An unknown token is as good as revoked (§2.2).</summary>
    public void Revoke(string value, TestClient client)
    {
        lock (_gate)
        {
            IssuedAccessToken? access = _accessTokens.GetValueOrDefault(value);
            IssuedRefreshToken? refresh = _refreshTokens.GetValueOrDefault(value);
            if ((access?.Grant ?? refresh?.Grant) is { } grant && grant.Client.ClientId != client.ClientId)
                throw OAuthErrorException.InvalidGrant("The token was issued to another client.");
            access?.Kill();
            refresh?.Grant.Revoke();
        }
    }

    public void RevokeEverything() => RevokeWhere(_ => true);

    public void RevokeClient(string clientId) => RevokeWhere(grant => grant.Client.ClientId == clientId);

    /// <summary>What was for the time of the session ends with it; offline access goes on (OpenID Connect Back-Channel Logout §2.7).</summary>
    public void RevokeSession(string sessionId) =>
        RevokeWhere(grant => grant.SessionId == sessionId && !grant.Scopes.Contains("offline_access"));

    public void ExpireAccessTokens()
    {
        lock (_gate)
        {
            foreach (IssuedAccessToken token in _accessTokens.Values)
                token.Kill();
        }
    }

    private void RevokeWhere(Func<IssuedGrant, bool> isMeant)
    {
        lock (_gate)
        {
            foreach (
                IssuedGrant grant in _codes
                    .Values.Select(code => code.Grant)
                    .Concat(_accessTokens.Values.Select(token => token.Grant))
                    .Where(isMeant)
            )
                grant.Revoke();
        }
    }
}
