using System.Text.Json;

namespace OAuthClient;

/// <summary>Validates an ID Token before the response that contains it is used (OpenID Connect Core §3.1.3.7).</summary>
internal sealed class IdTokenValidator(JwtSignatureValidator signatures, TimeProvider time)
{
    /// <summary>
    /// Determines whether ID Tokens of this server can be validated. An unrequested ID Token that cannot be validated is ignored.
    /// </summary>
    public static bool CanValidate(AuthorizationServerMetadata server, ClientConfiguration configuration) =>
        server.Issuer is not null && (server.Find(ServerEndpoint.Keys) is not null || !UsesKeys(configuration));

    /// <summary>Throws if the metadata states an address of the keys that cannot be used, before a token is requested.</summary>
    /// <exception cref="OAuthProtocolException">The keys are needed, and their address cannot be used.</exception>
    public static void ValidateKeyAddress(AuthorizationServerMetadata server, ClientConfiguration configuration)
    {
        if (UsesKeys(configuration))
            server.FindValid(ServerEndpoint.Keys);
    }

    /// <summary>Fetches the server's keys before a token arrives. A failure is ignored: it is reported when a token is validated.</summary>
    public Task PrefetchKeysAsync(AuthorizationServerMetadata server, ClientConfiguration configuration) =>
        CanValidate(server, configuration) ? signatures.PrefetchKeysAsync(server, configuration) : Task.CompletedTask;

    /// <summary>
    /// Decrypts an encrypted ID Token. The result is the signed token, which is also the value of <c>id_token_hint</c> (OpenID Connect Core
    /// §3.1.2.1).
    /// </summary>
    /// <exception cref="OAuthProtocolException">None of the client's keys decrypts the token.</exception>
    public static IdToken Decrypt(IdToken token, ClientConfiguration configuration)
    {
        string inside = JweDecryptor.Decrypt(token.Reveal(), JwtType.IdToken, configuration.DecryptionKeys);
        return ReferenceEquals(inside, token.Reveal()) ? token : new IdToken(inside);
    }

    /// <summary>Reads the claims of an ID Token without validating them.</summary>
    /// <returns>The claims; <see langword="null"/> if the token cannot be decrypted or is malformed.</returns>
    public static JsonElement? TryReadClaims(IdToken token, ClientConfiguration configuration)
    {
        try
        {
            return UnverifiedJwt.TryReadClaims(Decrypt(token, configuration));
        }
        catch (OAuthProtocolException)
        {
            return null;
        }
    }

    /// <summary>Decrypts and validates the ID Token of a token response to a request of the user.</summary>
    /// <param name="response">The token response.</param>
    /// <param name="requirements">What the request requires of the token.</param>
    /// <param name="configuration">The client that must be the audience.</param>
    /// <param name="server">The server that must be the issuer.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>
    /// The validated ID Token; <see langword="null"/> if none is required, and there is none or it was not requested and cannot be
    /// validated.
    /// </returns>
    /// <exception cref="OAuthProtocolException">A required token is missing, or the token is not valid.</exception>
    public async Task<ValidatedIdToken?> ValidateAsync(
        TokenResponse response,
        IdTokenRequirements requirements,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        if (response.IdToken is { } idToken && (requirements.IsRequested || CanValidate(server, configuration)))
        {
            var identity = await ValidateAsync(
                    Decrypt(idToken, configuration),
                    response.AccessToken,
                    configuration,
                    server,
                    requirements.Nonce,
                    mayLackNonce: configuration.Adaptation.MayLackNonce(requirements.UsesPkce),
                    cancellationToken
                )
                .ConfigureAwait(false);
            if (requirements is { MaxAge: { } maxAge, IsRequested: true })
                IdTokenClaimsValidator.ValidateMaxAge(identity.Claims, maxAge, configuration.Read(time));
            IdTokenClaimsValidator.ValidateAcr(identity.Claims, requirements.AcrValues);
            return identity;
        }
        if (response.IdToken is null && requirements.IsRequested && response.AccessToken.Scopes.Contains(ScopeList.OpenId))
            throw new OAuthProtocolException(
                "The scope openid was granted, but the token response has no ID Token (OpenID Connect Core §3.1.3.3)."
            );
        // An attacker who can remove nonce from the address can also remove openid, and then nothing binds the code to this browser.
        if (!configuration.Adaptation.MayLackIdToken(requirements.UsesPkce))
            throw new OAuthProtocolException(
                "The authorization used no PKCE, and no ID Token states its nonce, so the code could be that of another person (RFC 9700 "
                    + "§4.5.3); remove Adaptation.DangerouslyDisablePkce, or set Adaptation.DangerouslyAllowCodeInjection."
            );
        // An attacker who can remove max_age or acr_values from the address can also remove openid.
        if (requirements.AcrValues.Count > 0)
            throw new OAuthProtocolException(
                "RequiredAcrValues are set, but no ID Token states how the user was authenticated (OpenID Connect Core §3.1.3.7)."
            );
        if (requirements is { MaxAge: not null, IsRequested: true })
            throw new OAuthProtocolException(
                "max_age and openid were requested, but no ID Token states when the user signed in (OpenID Connect Core §3.1.3.7)."
            );
        return null;
    }

    /// <summary>Validates the signature and the claims of an ID Token.</summary>
    /// <param name="token">The token that <see cref="Decrypt"/> returned.</param>
    /// <param name="accessToken">The access token of the same response.</param>
    /// <param name="configuration">The client that must be the audience.</param>
    /// <param name="server">The server that must be the issuer.</param>
    /// <param name="nonce">The nonce of the authorization request, or <see langword="null"/> when there is none.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The validated ID Token.</returns>
    /// <exception cref="OAuthProtocolException">The token is malformed, or its signature or a claim is not valid.</exception>
    public Task<ValidatedIdToken> ValidateAsync(
        IdToken token,
        AccessToken accessToken,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        string? nonce,
        CancellationToken cancellationToken
    ) => ValidateAsync(token, accessToken, configuration, server, nonce, mayLackNonce: false, cancellationToken);

    private async Task<ValidatedIdToken> ValidateAsync(
        IdToken token,
        AccessToken accessToken,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        string? nonce,
        bool mayLackNonce,
        CancellationToken cancellationToken
    )
    {
        if (!CanValidate(server, configuration))
        {
            ValidateKeyAddress(server, configuration);
            throw new OAuthProtocolException(
                "The server sent an ID Token, but the server's issuer or keys are not known, so the token cannot be validated. Set Issuer, "
                    + "and JwksUri if the endpoints are configured."
            );
        }
        var unverified = UnverifiedJwt.Parse(token.Reveal(), JwtType.IdToken, configuration.Algorithms.IdToken);
        await signatures.ValidateAsync(unverified, configuration, server, cancellationToken).ConfigureAwait(false);
        string issuer = server.RequiredIssuer(unverified.Claims, JwtType.IdToken.Name)!;
        string subject = IdTokenClaimsValidator.Validate(
            unverified.Claims,
            issuer,
            configuration,
            nonce,
            configuration.Read(time),
            mayLackNonce
        );
        IdTokenClaimsValidator.ValidateAccessTokenHash(unverified.Claims, unverified.Algorithm, accessToken);
        return new ValidatedIdToken(token, issuer, subject, unverified.Claims);
    }

    private static bool UsesKeys(ClientConfiguration configuration) =>
        !configuration.Algorithms.IdToken.All(SignatureAlgorithms.IsSymmetric);
}
