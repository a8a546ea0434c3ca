namespace OAuthClient;

/// <summary>Validates a logout token (OpenID Connect Back-Channel Logout §2.6).</summary>
internal sealed class LogoutTokenValidator(JwtSignatureValidator signatures, TimeProvider time)
{
    /// <summary>
    /// Reads a logout token and requires all that can be told without the server: its size and shape, the algorithm, the type and the
    /// issuer. Anyone can post one, so this comes before any request to the server or the store.
    /// </summary>
    /// <param name="compact">The token as it was posted.</param>
    /// <param name="configuration">The client's configuration.</param>
    /// <returns>The token, whose signature is not verified yet.</returns>
    /// <exception cref="OAuthProtocolException">It is no logout token of the client's server.</exception>
    public static UnverifiedJwt Parse(string compact, ClientConfiguration configuration)
    {
        if (configuration.ConfiguredMetadata.Issuer is null)
            throw new OAuthProtocolException(
                "A logout token came, but the server's issuer is not known, so it cannot be checked. Set Issuer."
            );
        string opened = JweDecryptor.Decrypt(compact, JwtType.LogoutToken, configuration.DecryptionKeys);
        var token = UnverifiedJwt.Parse(opened, JwtType.LogoutToken, configuration.IdTokenSigningAlgorithms);
        LogoutToken.ValidateIssuer(token.Claims, Issuer(token, configuration));
        return token;
    }

    /// <summary>Requires the claims of a token whose signature is not verified yet (§2.4, §2.6).</summary>
    /// <param name="token">The token that <see cref="Parse"/> returned.</param>
    /// <param name="configuration">The client's registration.</param>
    /// <returns>What the token says, to be used after <see cref="ValidateSignatureAsync"/> only.</returns>
    /// <exception cref="OAuthProtocolException">A claim is missing or wrong.</exception>
    public LogoutToken ValidateClaims(UnverifiedJwt token, ClientConfiguration configuration) =>
        LogoutToken.Validate(token.Claims, Issuer(token, configuration), configuration.ClientId, time.GetUtcNow());

    /// <summary>Requires the signature; the server's keys are fetched if they are not known.</summary>
    /// <param name="token">The token that <see cref="Parse"/> returned.</param>
    /// <param name="configuration">The client's registration.</param>
    /// <param name="server">The server's metadata.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the signature was verified.</returns>
    /// <exception cref="OAuthProtocolException">The signature does not verify.</exception>
    public Task ValidateSignatureAsync(
        UnverifiedJwt token,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    ) => signatures.ValidateAsync(token, configuration, server, cancellationToken);

    // Also of a tenant that was removed from AllowedTenants: its sessions would come back if it were allowed again.
    private static string Issuer(UnverifiedJwt token, ClientConfiguration configuration) =>
        configuration.ConfiguredMetadata.RequiredIssuer(token.Claims, JwtType.LogoutToken.Name, mayBeOfAnyTenant: true)!;
}
