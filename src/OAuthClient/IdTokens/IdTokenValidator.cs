namespace OAuthClient;

/// <summary>Validates an ID Token before anything that came with it is used (OpenID Connect Core §3.1.3.7).</summary>
internal sealed class IdTokenValidator(JwtSignatureValidator signatures, TimeProvider time)
{
    /// <summary>Whether it is known what an ID Token of this server must look like. One that nobody asked for and nobody can check is left alone.</summary>
    public static bool CanValidate(AuthorizationServerMetadata server, ClientConfiguration configuration) =>
        server.Issuer is not null
        && (server.JwksUri is not null || configuration.IdTokenSigningAlgorithms.All(SignatureAlgorithms.IsSymmetric));

    /// <summary>Has the keys at hand by the time a token comes. That they cannot be had just now is for that time to say.</summary>
    public Task PrefetchKeysAsync(AuthorizationServerMetadata server, ClientConfiguration configuration) =>
        CanValidate(server, configuration) ? signatures.PrefetchKeysAsync(server) : Task.CompletedTask;

    /// <summary>The signed token inside an encrypted one, which is also what the server expects to get back as a hint (OpenID Connect Core §3.1.2.1).</summary>
    /// <exception cref="OAuthProtocolException">None of the client's keys opens it.</exception>
    public static IdToken Decrypt(IdToken token, ClientConfiguration configuration)
    {
        string inside = JweDecryptor.Decrypt(token.Reveal(), JwtType.IdToken, configuration.DecryptionKeys);
        return ReferenceEquals(inside, token.Reveal()) ? token : new IdToken(inside);
    }

    /// <param name="token">What <see cref="Decrypt"/> gave.</param>
    /// <param name="accessToken">What came with it.</param>
    /// <param name="configuration">Whom it must be for.</param>
    /// <param name="server">Whom it must be from.</param>
    /// <param name="nonce">That of the authorization request, when this answers one.</param>
    /// <param name="cancellationToken">Stops waiting for the server's keys.</param>
    /// <exception cref="OAuthProtocolException">It is not to be believed; the message says why.</exception>
    public async Task<ValidatedIdToken> ValidateAsync(
        IdToken token,
        AccessToken accessToken,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        string? nonce,
        CancellationToken cancellationToken
    )
    {
        if (!CanValidate(server, configuration))
        {
            throw new OAuthProtocolException(
                "The server sent an ID Token, but its issuer or its keys are not known, so it cannot be checked. Set Issuer (and JwksUri, when the endpoints are spelled out)."
            );
        }
        var unverified = UnverifiedJwt.Parse(token.Reveal(), JwtType.IdToken, configuration.IdTokenSigningAlgorithms);
        await signatures.ValidateAsync(unverified, configuration, server, cancellationToken).ConfigureAwait(false);
        string issuer = server.RequiredIssuer(unverified.Claims, JwtType.IdToken.Name)!;
        string subject = IdTokenClaimsValidator.Validate(unverified.Claims, issuer, configuration.ClientId, nonce, time.GetUtcNow());
        IdTokenClaimsValidator.ValidateAccessTokenHash(unverified.Claims, unverified.Algorithm, accessToken);
        return new ValidatedIdToken(token, issuer, subject, unverified.Claims);
    }
}
