namespace OAuthClient;

/// <summary>Validates a logout token (OpenID Connect Back-Channel Logout §2.6).</summary>
internal sealed class LogoutTokenValidator(JwtSignatureValidator signatures, TimeProvider time)
{
    /// <summary>
    /// Parses a logout token and validates its size, format, algorithm, type and issuer. Any client on the network can post a token, so
    /// these checks run before any request to the server or the store.
    /// </summary>
    /// <param name="compact">The token as it was posted.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <returns>The token, whose signature is not verified yet.</returns>
    /// <exception cref="OAuthProtocolException">The token is not a logout token of the client's server.</exception>
    public static UnverifiedJwt Parse(string compact, ClientConfiguration configuration)
    {
        if (configuration.ConfiguredMetadata.Issuer is null)
            throw new OAuthProtocolException(
                "A logout token was received, but the server's issuer is not known, so the token cannot be validated. Set Issuer."
            );
        string opened = JweDecryptor.Decrypt(compact, JwtType.LogoutToken, configuration.DecryptionKeys);
        var token = UnverifiedJwt.Parse(opened, JwtType.LogoutToken, configuration.IdTokenSigningAlgorithms);
        LogoutToken.ValidateIssuer(token.Claims, Issuer(token, configuration));
        return token;
    }

    /// <summary>Validates the claims of a token whose signature is not verified yet (§2.4, §2.6).</summary>
    /// <param name="token">The token that <see cref="Parse"/> returned.</param>
    /// <param name="configuration">The client's registration.</param>
    /// <returns>The claims, which the caller must not use before <see cref="ValidateSignatureAsync"/> has succeeded.</returns>
    /// <exception cref="OAuthProtocolException">A claim is missing or not valid.</exception>
    public LogoutToken ValidateClaims(UnverifiedJwt token, ClientConfiguration configuration) =>
        LogoutToken.Validate(token.Claims, Issuer(token, configuration), configuration.ClientId, time.GetUtcNow());

    /// <summary>Validates the signature. The server's keys are fetched if they are not cached.</summary>
    /// <param name="token">The token that <see cref="Parse"/> returned.</param>
    /// <param name="configuration">The client's registration.</param>
    /// <param name="server">The server's metadata.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the signature has been verified.</returns>
    /// <exception cref="OAuthProtocolException">The signature is not valid.</exception>
    public Task ValidateSignatureAsync(
        UnverifiedJwt token,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    ) => signatures.ValidateAsync(token, configuration, server, cancellationToken);

    // Accepts a tenant that was removed from AllowedTenants: otherwise its sessions would be valid again if it were allowed again.
    private static string Issuer(UnverifiedJwt token, ClientConfiguration configuration) =>
        configuration.ConfiguredMetadata.RequiredIssuer(token.Claims, JwtType.LogoutToken.Name, mayBeOfAnyTenant: true)!;
}
