using System.Text;

namespace OAuthClient;

/// <summary>
/// Reads the claims of a <see cref="ClaimSource"/> (OpenID Connect Core §5.6.2). Registered beside <see cref="IOAuthClient"/>, by the client's
/// name as a keyed service. Safe for use by many threads at once.
/// </summary>
public sealed class ClaimSourceReader
{
    private readonly BackChannelClient backChannel;
    private readonly JwtSignatureValidator signatures;
    private readonly ClientConfigurationProvider configuration;
    private readonly ServerMetadataCache metadata;
    private readonly TimeProvider time;

    internal ClaimSourceReader(
        BackChannelClient backChannel,
        JwtSignatureValidator signatures,
        ClientConfigurationProvider configuration,
        ServerMetadataCache metadata,
        TimeProvider time
    ) =>
        (this.backChannel, this.signatures, this.configuration, this.metadata, this.time) = (
            backChannel,
            signatures,
            configuration,
            metadata,
            time
        );

    /// <summary>
    /// The claims of the source: those that came along, or fetched from its endpoint, over https, with the source's own access token and no
    /// other. Only a signature of the client's own authorization server can be checked; for any other issuer look at <see cref="ClaimSourceResult.IsVerified"/>.
    /// </summary>
    /// <param name="source">Which source, from <see cref="UserInfo.ClaimSources"/> or the grant's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EndpointException">The endpoint refused, or answered with something else than a JWT.</exception>
    /// <exception cref="OAuthProtocolException">What it holds is no signed JWT, or does not verify.</exception>
    public async Task<ClaimSourceResult> ReadAsync(ClaimSource source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        var current = configuration.Current;
        string compact = source.Jwt ?? await FetchAsync(source, cancellationToken).ConfigureAwait(false);
        var token = UnverifiedJwt.Parse(
            JweDecryptor.Decrypt(compact, JwtType.ClaimSourceResult, current.DecryptionKeys),
            JwtType.ClaimSourceResult,
            SignatureAlgorithms.Asymmetric
        );
        string? issuer = token.Claims.TextIfAny(ParameterNames.Issuer);
        bool isVerified = false;
        if (current.ConfiguredMetadata.IsIssuer(issuer))
        {
            var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
            await signatures.ValidateAsync(token, current, server, cancellationToken).ConfigureAwait(false);
            isVerified = IsMeant(token, source, current, server);
        }
        return new ClaimSourceResult(source, issuer, isVerified, token.Claims);
    }

    // A source that ever saw a token of the same server could answer with that: another user's, another client's, one of long ago.
    private bool IsMeant(UnverifiedJwt token, ClaimSource source, ClientConfiguration current, AuthorizationServerMetadata server)
    {
        try
        {
            IdTokenClaimsValidator.ValidateIfPresent(token, server, current.ClientId, time.GetUtcNow());
        }
        catch (OAuthProtocolException)
        {
            return false;
        }
        string? subject = token.Claims.TextIfAny("sub");
        return subject is null || string.Equals(subject, source.Subject, StringComparison.Ordinal);
    }

    private async Task<string> FetchAsync(ClaimSource source, CancellationToken cancellationToken)
    {
        var request = new BackChannelRequest("claim source", source.Endpoint!)
        {
            Accept = "application/jwt",
            Authorization = source.AccessToken?.AuthorizationHeader,
            Secrets = source.AccessToken is { } token ? [token.Reveal()] : [],
        };
        var response = await backChannel.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var json = response.Json();
        return response.IsSuccess && json is null && response.Body.Length > 0
            ? Encoding.UTF8.GetString(response.Body.Span).Trim()
            : throw new EndpointException(response.Failure(json));
    }
}
