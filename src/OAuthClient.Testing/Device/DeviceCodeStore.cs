namespace OAuthClient.Testing;

/// <summary>Stores the device codes. One lock makes each poll atomic: exactly one of several concurrent polls returns the tokens.</summary>
internal sealed class DeviceCodeStore
{
    private static readonly TimeSpan SlowDownStep = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, IssuedDeviceCode> _codes = new(StringComparer.Ordinal);

    public IssuedDeviceCode Add(IssuedDeviceCode code)
    {
        lock (_lock)
            _codes.Add(code.Value, code);
        return code;
    }

    /// <summary>Finds a code that waits for a user. Case and punctuation are ignored (RFC 8628 §6.1).</summary>
    public IssuedDeviceCode? FindPending(string userCode, DateTimeOffset now)
    {
        string normalized = Normalize(userCode);
        lock (_lock)
            return _codes.Values.FirstOrDefault(code =>
                Normalize(code.UserCode) == normalized && now < code.ExpiresAt && code is { Grant: null, IsDenied: false }
            );
    }

    /// <summary>Records the decision of the user.</summary>
    /// <param name="code">The code.</param>
    /// <param name="grant">The grant; null if the user denies.</param>
    /// <returns><see langword="true"/>; <see langword="false"/> if another user has decided already.</returns>
    public bool Decide(IssuedDeviceCode code, IssuedGrant? grant)
    {
        lock (_lock)
        {
            if (code.Grant is not null || code.IsDenied)
                return false;
            (code.Grant, code.IsDenied) = (grant, grant is null);
            return true;
        }
    }

    public void Expire(DateTimeOffset now)
    {
        lock (_lock)
        {
            foreach (IssuedDeviceCode code in _codes.Values)
                code.ExpiresAt = now;
        }
    }

    /// <summary>Returns the grant of an approved code, which is redeemed unless <paramref name="check"/> throws (RFC 8628 §3.5).</summary>
    /// <exception cref="OAuthErrorException">The client must wait, or the code cannot be redeemed.</exception>
    public IssuedGrant Poll(string value, TestClient client, DateTimeOffset now, Action<IssuedGrant> check)
    {
        lock (_lock)
        {
            if (!_codes.TryGetValue(value, out IssuedDeviceCode? code))
                throw OAuthErrorException.InvalidGrant("The device code is unknown.");
            if (code.Client.ClientId != client.ClientId)
                throw OAuthErrorException.InvalidGrant("The device code was issued to another client.");
            if (code.IsRedeemed)
            {
                code.Grant?.Revoke();
                throw OAuthErrorException.InvalidGrant("The device code was already redeemed; its grant is revoked.");
            }

            DateTimeOffset? polledAt = code.PolledAt;
            code.PolledAt = now;
            if (now >= code.ExpiresAt)
                throw new OAuthErrorException("expired_token", "The device code has expired.");
            if (now - polledAt < code.Interval)
            {
                code.Interval += SlowDownStep;
                throw new OAuthErrorException("slow_down", "The client polled before the interval had passed.");
            }

            if (code.IsDenied)
                throw new OAuthErrorException("access_denied", "The user denied the request.");
            if (code.Grant is not { } grant)
                throw new OAuthErrorException("authorization_pending", "The user has not decided yet.");
            if (grant.Revoked)
                throw OAuthErrorException.InvalidGrant("The grant has been revoked.");
            check(grant);
            code.IsRedeemed = true;
            return grant;
        }
    }

    private static string Normalize(string userCode) => string.Concat(userCode.Where(char.IsAsciiLetter)).ToUpperInvariant();
}
