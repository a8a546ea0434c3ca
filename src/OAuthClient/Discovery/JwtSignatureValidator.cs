namespace OAuthClient;

/// <summary>Requires that a JWT was signed by the authorization server, in a way that was agreed on.</summary>
internal sealed class JwtSignatureValidator(JwksCache keys)
{
    /// <summary>Opens it where it is encrypted, takes it apart and requires its signature. What it claims is for the caller to check.</summary>
    /// <exception cref="OAuthProtocolException">It is not to be believed; the message says why.</exception>
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
            configuration.IdTokenSigningAlgorithms
        );
        await ValidateAsync(token, configuration, server, cancellationToken).ConfigureAwait(false);
        return token;
    }

    /// <summary>Requires the signature of one that was taken apart before.</summary>
    /// <exception cref="OAuthProtocolException">It does not verify.</exception>
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
            server.JwksUri
                ?? throw new OAuthProtocolException(
                    $"The {token.Kind.Name} is signed by {token.Algorithm}, but where the server's keys are is not known, so it cannot be checked. Set JwksUri."
                ),
            server.IssuerTemplate is not null,
            cancellationToken
        );
    }

    /// <summary>Has the keys at hand by the time a token comes. That they cannot be had just now is for that time to say.</summary>
    public Task PrefetchKeysAsync(AuthorizationServerMetadata server) =>
        server.JwksUri is { } jwksUri ? keys.PrefetchAsync(jwksUri) : Task.CompletedTask;
}
