namespace OAuthClient;

/// <summary>Validates a logout token (OpenID Connect Back-Channel Logout §2.6).</summary>
internal sealed class LogoutTokenValidation(JwtVerification signatures, TimeProvider time)
{
    /// <exception cref="ProtocolViolationException">It is not to be believed; the message says why.</exception>
    public async Task<LogoutToken> RequireAsync(
        string compact, ClientRegistration registration, AuthorizationServerMetadata server, CancellationToken cancellationToken)
    {
        if (server.Issuer is null)
            throw new ProtocolViolationException("A logout token came, but the server's issuer is not known, so it cannot be checked. Set Issuer.");
        var token = await signatures.ReadAsync(compact, JwtKind.LogoutToken, registration, server, cancellationToken).ConfigureAwait(false);
        return LogoutToken.Require(token.Claims, server.RequiredIssuer(token.Claims, JwtKind.LogoutToken.Name)!, registration.ClientId, time.GetUtcNow());
    }
}
