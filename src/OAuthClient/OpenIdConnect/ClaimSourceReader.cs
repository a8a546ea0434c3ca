using System.Text;

namespace OAuthClient;

/// <summary>
/// Reads the claims of a <see cref="ClaimSource"/> (OpenID Connect Core §5.6.2). <c>AddOAuthClient</c> registers it together with
/// <see cref="IOAuthClient"/>, as a keyed service by the client's name. Instances are safe for concurrent use.
/// </summary>
public sealed class ClaimSourceReader
{
    private readonly EndpointClient endpoints;
    private readonly JwtSignatureValidator signatures;
    private readonly ClientConfigurationProvider configuration;
    private readonly ServerMetadataCache metadata;
    private readonly TimeProvider time;

    internal ClaimSourceReader(
        EndpointClient endpoints,
        JwtSignatureValidator signatures,
        ClientConfigurationProvider configuration,
        ServerMetadataCache metadata,
        TimeProvider time
    ) =>
        (this.endpoints, this.signatures, this.configuration, this.metadata, this.time) = (
            endpoints,
            signatures,
            configuration,
            metadata,
            time
        );

    /// <summary>
    /// Reads the claims of the source. Distributed claims are fetched from its endpoint over https, only with the access token that the
    /// source states. Only a signature of the client's authorization server is verified; for any other issuer
    /// <see cref="ClaimSourceResult.IsVerified"/> is <see langword="false"/>.
    /// </summary>
    /// <param name="source">The source, from <see cref="UserInfo.ClaimSources"/> or the grant.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The claims.</returns>
    /// <exception cref="EndpointException">The endpoint refused the request, or its response is not a JWT.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The claims are not a signed JWT, or the signature of the client's authorization server is not valid.
    /// </exception>
    public async Task<ClaimSourceResult> ReadAsync(ClaimSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        var current = configuration.Current;
        string compact = source.Jwt ?? await FetchAsync(source, current, cancellationToken).ConfigureAwait(false);
        var token = UnverifiedJwt.Parse(
            JweDecryptor.Decrypt(compact, JwtType.ClaimSourceResult, current.DecryptionKeys),
            JwtType.ClaimSourceResult,
            SignatureAlgorithms.AsymmetricWith(current.Ed25519)
        );
        string? issuer = token.Claims.TextIfAny(ParameterNames.Issuer);
        bool isVerified = false;
        if (current.ConfiguredMetadata.IsIssuer(issuer))
        {
            var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
            await signatures.ValidateAsync(token, current, server, cancellationToken).ConfigureAwait(false);
            isVerified = MatchesRequest(token, source, current, server);
        }
        return new ClaimSourceResult(source, issuer, isVerified, token.Claims);
    }

    // A source could replay a token of the same server that was issued for another user, for another client, or that has expired.
    private bool MatchesRequest(UnverifiedJwt token, ClaimSource source, ClientConfiguration current, AuthorizationServerMetadata server)
    {
        try
        {
            IdTokenClaimsValidator.ValidateIfPresent(token, server, current.ClientId, current.Read(time));
        }
        catch (OAuthProtocolException)
        {
            return false;
        }
        string? subject = token.Claims.TextIfAny("sub");
        return subject is null || subject == source.Subject;
    }

    private async Task<string> FetchAsync(ClaimSource source, ClientConfiguration current, CancellationToken cancellationToken)
    {
        var request = new BackChannelRequest("claim source", source.Endpoint!) { Accept = "application/jwt" };
        var response = await endpoints
            .SendWithTokenAsync(request, source.AccessToken?.Reveal(), current, cancellationToken)
            .ConfigureAwait(false);
        var json = response.Json();
        return response.IsSuccess && json is null && response.Body.Length > 0
            ? Encoding.UTF8.GetString(response.Body.Span).Trim()
            : throw new EndpointException(response.Failure(json));
    }
}
