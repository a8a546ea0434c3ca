namespace OAuthClient;

/// <summary>Validates that the authorization server signed a JWT, with an algorithm that the client's configuration allows.</summary>
internal sealed class JwtSignatureValidator(JwksCache keys)
{
    /// <summary>Decrypts the JWT if it is encrypted, parses it and validates its signature. The caller validates the claims.</summary>
    /// <exception cref="OAuthProtocolException">
    /// The JWT cannot be decrypted, is malformed, or its algorithm or signature is not valid.
    /// </exception>
    public async Task<UnverifiedJwt> ReadAsync(
        string compact,
        JwtType kind,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var token = UnverifiedJwt.Parse(
            JweDecryptor.Decrypt(compact, kind, configuration.DecryptionKeys),
            kind,
            configuration.Algorithms.Of(kind)
        );
        await ValidateAsync(token, configuration, server, cancellationToken).ConfigureAwait(false);
        return token;
    }

    /// <summary>Validates the signature of a parsed JWT.</summary>
    /// <exception cref="OAuthProtocolException">The signature is not valid, or no key is known to verify it with.</exception>
    public Task ValidateAsync(
        UnverifiedJwt token,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        if (SignatureAlgorithms.IsSymmetric(token.Algorithm))
        {
            HmacSignatureValidator.Validate(token, configuration.ClientSecret);
            return Task.CompletedTask;
        }
        return keys.ValidateSignatureAsync(
            token,
            server.FindValid(ServerEndpoint.Keys)
                ?? throw new OAuthProtocolException(
                    $"The {token.Kind.Name} is signed with {token.Algorithm}, but the address of the server's keys is not known, so the "
                        + "signature cannot be validated. Set JwksUri."
                ),
            configuration,
            server.IssuerTemplate is not null,
            cancellationToken
        );
    }

    /// <summary>Fetches the server's keys before a token arrives. A failure is ignored: it is reported when a token is validated.</summary>
    public Task PrefetchKeysAsync(AuthorizationServerMetadata server, ClientConfiguration configuration) =>
        server.Find(ServerEndpoint.Keys) is { } jwksUri ? keys.PrefetchAsync(jwksUri, configuration) : Task.CompletedTask;
}
